# SPDX-License-Identifier: GPL-3.0-or-later
"""Alien4Cloud on real Elasticsearch servers: saved, damaged, restored, taken back and rehearsed,
every document and file compared by programs of their own; checks that must fail; kill -9 of the
runner at journal events and of the cluster in the middle of a snapshot and a restore (sampled by a
seed; LIFEBOAT_TEST_FULL=1: every event, 200,000 documents, 2 GB of files)."""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

from cloud import NAME, SAMPLES, SEED, Scene, asked, by_hand, compare, dies, no_canary, start
from compare import all_documents, all_files, difference
from lifeboat import FULL, PROGRAM, Home, Skip, main, until
from test_kill_points import killed_at, resumed


def test_save_damage_restore():
    save_damage_restore("1.7.6")


def test_a_later_version():
    save_damage_restore("6.8.23")


def save_damage_restore(version, **how):
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(version, path_repo=share) as server:
            scene = Scene(home, server, share, **how)
            before = scene.state()
            scene.save(expect=scene.good)
            assert scene.own_traces() == [], scene.own_traces()
            point = home.points()[0]
            assert point["completeness"]["verdict"] in ("complete", "incomplete"), point
            kinds = {part["id"]: part["kind"] for part in point["parts"]}
            assert kinds == {"indices": "elasticsearch", "cluster": "file", "data": "tree",
                             "config": "tree"}, kinds
            assert scene.rest.is_running(), "Alien was not started again"
            subprocess.run(scene.rest.command("stop"), check=True)
            foreign = all_documents(server, [scene.foreign])

            scene.alien.damage()
            damaged = scene.state()
            assert difference(before[0], damaged[0]) and difference(before[1], damaged[1])

            scene.restore(expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            compare(before, scene.state(), "restored")
            assert all_documents(server, [scene.foreign]) == foreign
            left = home.json("obligations", "list")["obligations"]
            assert len(left) == 2, left  # the old files, the old indices

            home.cli("runs", "undo", home.runs()[-1], "--yes", "--confirm", scene.text,
                     expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            compare(damaged, scene.state(), "undone")
            assert all_documents(server, [scene.foreign]) == foreign


def test_restore_the_configuration():
    """Only when asked, and what it changes is said before."""
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = Scene(home, server, share, documents=600, size=1_000_000,
                          elasticsearch_config_dir=server.configuration().parent)
            scene.save(expect=0)
            node = next(part for part in home.points()[0]["parts"] if part["id"] == "node")
            assert node["encryption"] == "age", node
            saved = all_files(scene.alien.config)
            file = scene.alien.config / "alien4cloud-config.yml"
            file.write_text(file.read_text() + "# moved to another machine: secret-address\n")
            (scene.alien.config / "new.properties").write_text("a = b\n")
            wanted = ("--set", "restore_config=true", "--only", "config")
            told = scene.restore(*wanted, expect=4)
            said = told.stdout + told.stderr
            size = file.stat().st_size
            assert "changes 2 things in" in said, said
            assert f"alien4cloud-config.yml: {size} bytes instead of" in said, said
            assert "new.properties" in said and "restore_config off" in said, said
            assert "secret-address" not in said, said
            assert "moved" in file.read_text()
            home.cli("runs", "cancel", home.runs()[-1], expect=(0, 5))
            scene.restore(*wanted, "--accept", "saved_config=known", expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            now = all_files(scene.alien.config)
            assert {path: facts for path, facts in now.items() if path != "."} == \
                {path: facts for path, facts in saved.items() if path != "."}, (saved, now)
            # As it was saved now: nothing to accept.
            scene.restore(*wanted, expect=(0, 3))


def test_by_hand():
    """The commands of RESTORE.md bring the indices back, without Lifeboat."""
    if not shutil.which("curl"):
        raise Skip("curl is not installed")
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = Scene(home, server, share, documents=1_000, size=2_000_000)
            before = all_documents(server, expiring=False)
            scene.save(expect=0)
            subprocess.run(scene.rest.command("stop"), check=True)
            scene.alien.damage()
            by_hand(scene, home.store() / NAME / home.points()[0]["id"])
            assert not difference(before, all_documents(server, expiring=False))


def test_rehearse():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = Scene(home, server, share, documents=1_000, size=2_000_000)
            scene.save(expect=0)
            before = scene.state()
            scratch = home.path / "scratch"
            scratch.mkdir()
            home.cli("run", "alien4cloud.rehearse", "--system", NAME, "--restore-point", "latest",
                     "--set", f"into_folder={scratch}", "--yes", expect=(0, 3))
            compare(before, scene.state(), "rehearsed")
            assert scene.own_traces() == [], scene.own_traces()
            assert (scratch / "data/csar").is_dir()


def test_assess():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = Scene(home, server, share, documents=1_000, size=2_000_000)
            scene.save(expect=0)
            told = home.cli("assess", "--system", NAME, expect=3).stdout
            assert "warned" not in told and "failed" not in told, told
            server.call("POST", "/user/_close")
            server.call("PUT", "/rehearse_r20261122-044610-abcdef_user", {})
            (scene.alien.data / "work/plugins/content" / scene.alien.documents.plugins[0].path_id) \
                .rename(home.path / "taken-away")
            told = home.cli("assess", "--system", NAME, expect=3).stdout
            for word in ("user", "rehearse_r20261122-044610-abcdef_user", "work/plugins/content"):
                assert word in told, (word, told)


def test_assess_plugins():
    """What Alien's start does to a plugin without files is found, also when the files are back."""
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = Scene(home, server, share, documents=600, size=1_000_000)
            scene.save(expect=0)
            subprocess.run(scene.rest.command("stop"), check=True)
            plugin = next(one for one in scene.alien.documents.plugins if one.enabled)
            files = scene.alien.data / "work/plugins/content" / plugin.path_id
            files.rename(home.path / "taken-away")
            subprocess.run(scene.rest.command("start"), check=True)
            told = home.cli("assess", "--system", NAME, expect=3).stdout
            assert f"{plugin.id} has no files" in told, told
            (home.path / "taken-away").rename(files)
            told = home.cli("assess", "--system", NAME, expect=3).stdout
            assert f"{plugin.id} was on when {home.points()[0]['id']} was saved" in told, told


def kill_points(book, *words):
    """kill -9 of the runner at journal events of this run, then resume; equal each time."""
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = Scene(home, server, share, documents=600, size=1_000_000)
            before = scene.state()
            scene.save(expect=0)
            run = scene.save if book == "alien4cloud.save" else scene.restore
            run(expect=(0, 3))
            every = [f"{kind}:{n}" for n in range(1, len(home.events(home.runs()[-1])) + 1)
                     for kind in ("line", "sync")]
            chosen = every if FULL else random.Random(f"{SEED}/{book}").sample(every, SAMPLES)
            for place in sorted(chosen, key=every.index):
                subprocess.run(scene.rest.command("stop"), check=True)
                known = home.runs()
                run(environment=killed_at(place))
                fresh = [one for one in home.runs() if one not in known]
                if fresh and home.events(fresh[0]):
                    resumed(home, fresh[0], known)
                    shown = home.json("runs", "show", fresh[0])
                    assert shown["state"] in ("succeeded", "warned"), (place, shown)
                subprocess.run(scene.rest.command("stop"), check=True)
                compare(before, scene.state(), place)
                left = [name for name in server.call("GET", "/_snapshot/_all")
                        if "kept" not in name]
                assert not left, (place, left)


def test_kill_while_saving():
    kill_points("alien4cloud.save")


def test_kill_while_restoring():
    kill_points("alien4cloud.restore")


def test_kill_in_the_restore():
    """The runner dies when the indices are closed, or while the cluster restores them: it finds the
    restore again, or begins the one that never was."""
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = Scene(home, server, share, documents=4_000, size=1_000_000)
            before = scene.state()
            scene.save(expect=0)
            for wait in (0, 0.05, 0.2):
                subprocess.run(scene.rest.command("stop"), check=True)
                known = home.runs()
                going = subprocess.Popen(
                    [home.program, "run", "alien4cloud.restore", "--system", NAME,
                     "--restore-point", "latest", "--confirm", scene.text, "--yes"],
                    env=home.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                    text=True)

                def is_away():
                    assert going.poll() is None, (wait, going.communicate()[0])
                    state = server.call("GET", "/_cluster/state/metadata,routing_table")
                    shards = state["routing_table"]["indices"].get("csar", {}).get("shards", {})
                    return state["metadata"]["indices"]["csar"]["state"] == "close" or any(
                        shard["state"] != "STARTED" for group in shards.values() for shard in group)
                until(is_away, 60, "the index to be closed")
                time.sleep(wait)
                runners = [pid for pid in home.processes() if b"--runner" in
                           Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
                for pid in runners:
                    os.kill(pid, signal.SIGKILL)
                going.communicate(timeout=60)
                run = [one for one in home.runs() if one not in known and b"alien4cloud.restore" in
                       (home.data / "runs" / one / "journal.jsonl").read_bytes()][0]
                resumed(home, run, f"{wait} s after the closing")
                subprocess.run(scene.rest.command("stop"), check=True)
                compare(before, scene.state(), wait)


def test_cluster_dies_in_the_snapshot():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = Scene(home, server, share, documents=4_000, size=1_000_000)
            before = scene.state()
            dies(scene, ["alien4cloud.save", "--system", NAME], b'"what":"snapshot"')
            compare(before, scene.state(), "after the death")


def test_cluster_dies_in_the_restore():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = Scene(home, server, share, documents=4_000, size=1_000_000)
            before = scene.state()
            scene.save(expect=0)
            subprocess.run(scene.rest.command("stop"), check=True)
            scene.alien.damage()
            dies(scene, ["alien4cloud.restore", "--system", NAME, "--restore-point", "latest",
                         "--confirm", scene.text], b'"what":"restore"')
            compare(before, scene.state(), "after the death")


def test_alien_is_asked_after_a_restore():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = Scene(home, server, share, documents=500, size=1_000_000)
            asked(scene)
            scene.save(expect=0)
            subprocess.run(scene.rest.command("stop"), check=True)
            scene.rest.fault(refuse_login=True)
            done = scene.restore(expect=1)
            assert "does not let admin in" in done.stdout + done.stderr, done
            scene.rest.fault(refuse_login=False)
            run = home.runs()[-1]
            done = home.cli("runs", "resume", run, expect=(0, 3))
            assert home.json("runs", "show", run)["state"] in ("succeeded", "warned"), done

            subprocess.run(scene.rest.command("stop"), check=True)
            scene.rest.fault(orchestrator_ends="DISABLED")
            done = scene.restore(expect=1)
            assert "Cloudify production is DISABLED" in done.stdout + done.stderr, done
            scene.rest.fault(orchestrator_ends="CONNECTED")

            subprocess.run(scene.rest.command("stop"), check=True)
            scene.rest.fault(error_in_200={"/plugins": [500, "the tide is out"]})
            done = scene.restore(expect=1)
            assert "the tide is out (code 500)" in done.stdout + done.stderr, done
            no_canary(home)


if __name__ == "__main__":
    main(globals())
