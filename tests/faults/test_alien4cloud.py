# SPDX-License-Identifier: GPL-3.0-or-later
"""Alien4Cloud on real Elasticsearch servers: saved, damaged, restored, taken back and rehearsed,
every document and file compared by programs of their own; checks that must fail; kill -9 of the
runner at journal events and of the cluster in the middle of a snapshot (sampled by a seed;
LIFEBOAT_TEST_FULL=1: every event, 200,000 documents, 2 GB of files)."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "servers"))

from admin_tool import AdminTool  # noqa: E402
from alien4cloud import Alien4Cloud, add_foreign_index  # noqa: E402
from alien_rest import AlienRest  # noqa: E402
from compare import all_documents, all_files, difference, index_states, scroll  # noqa: E402
from elasticsearch import Elasticsearch, why_not  # noqa: E402
from migrated import migrated, parse  # noqa: E402
from lifeboat import FULL, PROGRAM, Home, Skip, main, until  # noqa: E402
from test_encrypted import Key, recipients  # noqa: E402
from test_kill_points import killed_at, resumed, runner_lives  # noqa: E402

SEED = 20261122
SAMPLES = 3
DOCUMENTS = 200_000 if FULL else 2_000
SIZE = 2_000_000_000 if FULL else 20_000_000
HOST = os.uname().nodename
NAME = "cloud"
# Must never be seen outside of what may hold it.
PASSWORD = "-".join(("CANARY", "rest", "94c1"))


def words(command):
    return json.dumps([str(word) for word in command])


class Scene:
    """An installation with its cluster and its share, and a system that knows them."""

    def __init__(self, home, server, share, documents=DOCUMENTS, size=SIZE, **more):
        self.home, self.server, self.share = home, server, share
        self.alien = Alien4Cloud(server, home.path / "alien", documents=documents, size=size)
        self.alien.make()
        self.foreign = add_foreign_index(server)
        self.rest = AlienRest(home.path / "rest", elasticsearch=server.url,
                              alien_dir=self.alien.data, password=PASSWORD)
        daily, recovery = Key(home, "daily"), Key(home, "recovery")
        recipients(home, "--recipient", daily.recipient, "--recovery-recipient", recovery.recipient)
        extra = [name for name in self.alien.indices() if name not in self.known()]
        values = {"elasticsearch_url": server.url, "cluster_name": server.cluster_name,
                  "alien_dir": self.alien.data, "config_dir": self.alien.config,
                  "snapshot_dir": share, "alien_url": self.rest.url,
                  "start_command": words(self.rest.command("start")),
                  "stop_command": words(self.rest.command("stop")), **more}
        sets = [f"{key}={value}" for key, value in values.items()]
        sets += [f"extra_index={name}" for name in extra]
        home.cli("systems", "add", NAME, "--type", "alien4cloud",
                 *[word for one in sets for word in ("--set", one)], expect=0)
        home.cli("secrets", "set", NAME, "age_identity", "--program",
                 f'["cat", "{daily.file}"]', expect=0)
        self.text = f"{NAME}@{HOST}"
        self.accept = [] if server.is_old() else ["--accept", "cluster=a later version"]
        self.good = 0 if server.is_old() else 3

    def known(self):
        """The indices of Alien that Lifeboat knows by itself: those of 1.7."""
        from alien4cloud import layout
        return {name for name, *_ in layout(True)}

    def save(self, *more, **how):
        return self.home.cli("run", "alien4cloud.save", "--system", NAME, "--yes", *self.accept,
                             *more, **how)

    def restore(self, *more, **how):
        return self.home.cli("run", "alien4cloud.restore", "--system", NAME, "--restore-point",
                             "latest", "--confirm", self.text, "--yes", *self.accept, *more, **how)

    def state(self):
        """Every document and file, but for those that go away by themselves or while Alien runs."""
        return (all_documents(self.server, expiring=False), all_files(self.alien.data))

    def own_traces(self):
        """What runs have left in the cluster and in the share."""
        left = [name for name in self.server.call("GET", "/_cluster/state/metadata")
                ["metadata"]["indices"] if name.startswith("rehearse")]
        left += [name for name in self.server.call("GET", "/_snapshot/_all")]
        return left + [path.name for path in self.share.iterdir() if path.name != "tests"]


def compare(before, after, what):
    left = difference(before[0], after[0]) + difference(before[1], after[1])
    # The folder itself is a new one; what an exclusion left out is not there.
    left = [line for line in left if not line.startswith(("upload", "elasticsearch", ".: "))]
    assert not left, (what, left[:10])


def start(version="1.7.6", **how):
    if reason := why_not(version):
        raise Skip(reason)
    return Elasticsearch(version, **how)


def test_save_damage_restore():
    save_damage_restore("1.7.6")


def test_a_later_version():
    save_damage_restore("6.8.23", documents=2_000, size=5_000_000)


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
            gone = scene.alien.damage()[0].split(":")[0]
            point = home.store() / NAME / home.points()[0]["id"]
            part = (point / "RESTORE.md").read_text().split("### Part indices", 1)[1]
            part = part.split("### Part", 1)[0]
            script = "set -e\n" + "".join(re.findall(r"```sh\n(.*?)```", part, re.DOTALL))
            script = script.replace("/path/to/the/share/by-hand", str(share / "by-hand"))
            script = script.replace("http://127.0.0.1:9200", server.url)
            close = next(line for line in script.splitlines() if "_close" in line)
            names = re.search(r"ES/([^/]*)/_close", close)[1].split(",")
            left = ",".join(name for name in names if name != gone)
            script = script.replace(close, close.replace(",".join(names), left))
            done = subprocess.run(["bash", "-c", script], cwd=point, text=True,
                                  capture_output=True, check=False)
            assert done.returncode == 0, (script, done.stdout, done.stderr)
            server.call("GET", "/_cluster/health?wait_for_status=yellow&timeout=60s")
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


def failed_checks(home, *more):
    shown = home.json("check", "alien4cloud.save", "--system", NAME, *more, expect=(0, 1, 3))
    return {check["id"]: check for check in shown["checks"] if check["verdict"] != "passed"}


def test_two_nodes_one_without_the_share():
    with Home(PROGRAM) as home:
        share, other = home.path / "share", home.path / "other"
        with start(nodes=2, path_repo={0: [share], 1: [other]}) as server:
            scene = Scene(home, server, share, documents=1_000, size=2_000_000)
            shown = failed_checks(home)
            assert "share" in shown, shown
            node = server.call("GET", "/_nodes/settings")["nodes"]
            blind = [one["name"] for one in node.values()
                     if str(share) not in json.dumps(one["settings"])]
            assert len(blind) == 1 and blind[0] in json.dumps(shown["share"]), (blind, shown)
            scene.save(expect=1)
            assert not home.points()


def test_checks_that_must_fail():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = Scene(home, server, share, documents=1_000, size=2_000_000)
            assert not {"cluster", "health", "share", "idle", "room", "indices", "references",
                        "config"} & set(failed_checks(home)), failed_checks(home)

            config = scene.alien.config / "alien4cloud-config.yml"
            text = config.read_text()
            config.write_text(text.replace("resetData: false", "resetData: true"))
            assert "resetData" in json.dumps(failed_checks(home)["config"])
            config.write_text(text)

            assert "escluster" in json.dumps(
                failed_checks(home, "--set", "cluster_name=other")["cluster"])
            outside = home.path / "outside"
            outside.mkdir()
            assert "path.repo" in json.dumps(
                failed_checks(home, "--set", f"snapshot_dir={outside}")["share"])
            port = server.transport_ports[0]
            told = home.cli("check", "alien4cloud.save", "--system", NAME, "--set",
                            f"elasticsearch_url=http://127.0.0.1:{port}", expect=1)
            assert "9200" in told.stdout + told.stderr, (told.stdout, told.stderr)

            server.call("POST", "/csar/_close")
            assert "csar" in json.dumps(failed_checks(home)["indices"])
            server.call("POST", "/csar/_open")
            server.call("GET", "/_cluster/health/csar?wait_for_status=green&timeout=30s")

            plugin = scene.alien.data / "work/plugins/content" / \
                scene.alien.documents.plugins[0].path_id
            plugin.rename(home.path / "away")
            assert plugin.name in json.dumps(failed_checks(home)["references"])
            (home.path / "away").rename(plugin)

            slow(server, share)
            assert "held" in json.dumps(failed_checks(home)["idle"])


def slow(server, share):
    """A snapshot of somebody else that takes long."""
    server.call("PUT", "/_snapshot/held", {"type": "fs", "settings": {
        "location": str(share / "held"), "max_snapshot_bytes_per_sec": "20kb"}})
    server.call("PUT", "/_snapshot/held/held?wait_for_completion=false", {"indices": "toscaelement"})


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


def dies(scene, words, mark):
    """Starts a run, kills the cluster when `mark` stands in its journal, and starts it again; the run's
    id when it has ended well."""
    home, server = scene.home, scene.server
    server.call("POST", "/_flush")  # 1.7 syncs what it was told only every five seconds
    known = home.runs()
    going = subprocess.Popen([home.program, "run", *words, "--yes"], env=home.environment,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def is_there():
        journals = [home.data / "runs" / run / "journal.jsonl" for run in home.runs()
                    if run not in known]
        return any(mark in journal.read_bytes() for journal in journals if journal.exists())
    until(is_there, 60, f"{mark} in the journal")
    server.kill9()
    time.sleep(2)
    server.start()
    server.call("GET", "/_cluster/health?wait_for_status=yellow&timeout=60s")
    told, _ = going.communicate(timeout=240)
    run = [one for one in home.runs() if one not in known][-1]
    shown = home.json("runs", "show", run)
    assert shown["state"] in ("succeeded", "warned"), (mark, shown["state"], told[-3000:])
    subprocess.run(scene.rest.command("stop"), check=True)
    return run


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


def migration(home, server, share, **how):
    """A scene whose migration to 1.2 can begin: new program, room, a verified backup of today."""
    new = home.path / "new"
    (new / "config").mkdir(parents=True)
    export = home.path / "export"
    export.mkdir()
    scene = Scene(home, server, share, **how)
    scene.export = export
    values = {"export_dir": export, "new_program_dir": new,
              "new_start_command": words(scene.rest.command("start-1.2"))}
    scene.to_migrate = [word for name, value in values.items()
                        for word in ("--set", f"{name}={value}")]
    shutil.copy(scene.alien.config / "alien4cloud-config.yml", new / "config")
    scene.save(expect=0)
    home.cli("backups", "verify", home.points()[-1]["id"], "--open", expect=0)
    subprocess.run(scene.rest.command("stop"), check=True)
    return scene


def migrate(scene, *more, **how):
    return scene.home.cli("run", "alien4cloud.migrate", "--system", NAME, "--yes", "--confirm",
                          scene.text, *scene.to_migrate, *more, **how)


def sources(server):
    """Every document's source as it is written, of indices whose documents stay."""
    return {(index, hit["_type"], hit["_id"]): hit["_source"]
            for index, state in index_states(server).items() if state == "open"
            for hit in scroll(server, index, 500)}


def asked(scene):
    """From now on Alien itself is asked what it has."""
    scene.home.cli("systems", "set", NAME, "alien_user=admin", expect=0)
    file = scene.home.path / "alien_password"
    file.write_text(PASSWORD)
    scene.home.cli("secrets", "set", NAME, "alien_password", "--program",
                   json.dumps(["cat", str(file)]), expect=0)


def no_canary(home):
    """The password is in no file of Lifeboat's."""
    found = [path for path in home.data.rglob("*") if path.is_file() and
             PASSWORD.encode() in path.read_bytes()]
    assert not found, found


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


def test_migrate_with_a_plugin():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = migration(home, server, share, documents=500, size=1_000_000)
            asked(scene)
            plugin = scene.alien.documents.plugins[0]
            new = scene.alien.plugin_zip(plugin, home.path / "plugin-1.2.0.zip", "1.2.0")
            files = all_files(scene.alien.data)
            place = scene.alien.data / "work/plugins"
            (place / "ui" / plugin.path_id / "only-old.js").write_text("old")
            before = all_files(scene.alien.data)
            assert before != files
            scene.rest.fault(polls=0)  # Alien gives up at once on an orchestrator without settings
            done = migrate(scene, "--set", f"plugin_zip={new}", expect=(0, 3))
            run = home.runs()[-1]
            descriptor = (place / "content" / plugin.path_id / "META-INF/plugin.yml").read_text()
            assert "version: 1.2.0" in descriptor, descriptor
            assert "1.2.0" in (place / "ui" / plugin.path_id / "entry.js").read_text()
            assert not (place / "ui" / plugin.path_id / "only-old.js").exists()
            sent = [one for one in scene.rest.requests() if one["changes"] and
                    "orchestrators" in one["path"]]
            configured = [json.loads(one["body"]) for one in sent if one["method"] == "PUT"]
            assert [one["delayBetweenDeploymentStatusPolling"] for one in configured] == [30], sent
            assert [one["delayBetweenInProgressDeploymentStatusPolling"]
                    for one in configured] == [5], sent
            assert "delayBetweenLogPolling" not in configured[0], configured
            assert [one["path"] for one in sent if one["method"] == "POST"], sent
            no_canary(home)
            home.cli("runs", "undo", run, "--yes", "--confirm", scene.text, expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            left = difference(before, all_files(scene.alien.data))
            left = [line for line in left if "work/plugins: " not in line and
                    not line.startswith(("work/plugins/content: ", "work/plugins/ui: "))]
            assert not left, left[:10]


def test_migrate():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = migration(home, server, share)
            old, state = sources(server), scene.state()
            done = migrate(scene)
            run = home.runs()[-1]
            shown = home.json("runs", "show", run)
            # What the users have to do stays open.
            assert shown["state"] == "warned" and not shown["warnings"], done.stdout[-3000:]
            assert scene.rest.is_running()
            subprocess.run(scene.rest.command("stop"), check=True)
            new = sources(server)
            changed = 0
            for (index, kind, identifier), source in old.items():
                found = new.pop((index, kind, identifier))
                if index == scene.foreign:
                    assert found == source, identifier
                    continue
                wanted = migrated(index, kind, source)
                assert parse(found) == wanted, (index, kind, identifier, found[:500])
                if wanted == parse(source):
                    assert found == source, (index, identifier)  # nothing to change: byte for byte
                else:
                    changed += 1
            assert not new, list(new)[:5]
            assert changed > 100, changed
            # The indices are those that the new version made.
            mappings = server.call("GET", "/_mapping")
            for index in scene.known():
                for kind in mappings[index]["mappings"].values():
                    assert "alienVersion" in kind["properties"], index
            assert not list(scene.export.iterdir()), list(scene.export.iterdir())
            titles = [one["title"] for one in home.json("obligations", "list")["obligations"]]
            assert any("orchestrator" in title for title in titles), titles
            # And back again.
            home.cli("runs", "undo", run, "--yes", "--confirm", scene.text, expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            compare(state, scene.state(), "after undo")
            assert "suggestion" not in index_states(server)


def is_migrated(scene, old, what):
    """Every document is there in the form of 1.2.0, and no other."""
    new = sources(scene.server)
    for (index, kind, identifier), source in old.items():
        found = new.pop((index, kind, identifier))
        wanted = parse(source) if index == scene.foreign else migrated(index, kind, source)
        assert parse(found) == wanted, (what, index, kind, identifier, found[:500])
    assert not new, (what, list(new)[:5])


def test_migrate_with_the_vendors_tool():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = migration(home, server, share, documents=600, size=1_000_000)
            old, state = sources(server), scene.state()
            tool = AdminTool(home.path / "tool", server)
            kept = "exporter.dir: elsewhere\n"
            (tool.folder / "config/admin-tool-config.yml").write_text(kept)
            words = ("--set", f"admin_tool={tool.folder}")
            for fault, told in (("fails", "3"), ("forgets", "cannot read")):
                tool.fault(fault)
                done = migrate(scene, *words, expect=1)
                assert told in done.stdout + done.stderr, done
                assert not scene.rest.is_running(), fault
                home.cli("runs", "undo", home.runs()[-1], "--yes", "--confirm", scene.text,
                         expect=(0, 3))
                subprocess.run(scene.rest.command("stop"), check=True)
                compare(state, scene.state(), fault)
                assert (tool.folder / "config/admin-tool-config.yml").read_text() == kept
            tool.fault("")
            migrate(scene, *words, expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            is_migrated(scene, old, "by the tool")


def test_kill_while_migrating():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = migration(home, server, share, documents=500, size=1_000_000)
            old, state = sources(server), scene.state()
            migrate(scene, expect=(0, 3))
            every = [f"{kind}:{n}" for n in range(1, len(home.events(home.runs()[-1])) + 1)
                     for kind in ("line", "sync")]
            chosen = every if FULL else random.Random(f"{SEED}/migrate").sample(every, SAMPLES)
            for place in sorted(chosen, key=every.index):
                home.cli("runs", "undo", home.runs()[-1], "--yes", "--confirm", scene.text,
                         expect=(0, 3))
                subprocess.run(scene.rest.command("stop"), check=True)
                compare(state, scene.state(), f"before {place}")
                known = home.runs()
                migrate(scene, environment=killed_at(place))
                fresh = [one for one in home.runs() if one not in known]
                if not fresh or not home.events(fresh[0]):
                    migrate(scene, expect=(0, 3))
                    continue
                until(lambda: not runner_lives(home, fresh[0]), 20, "the killed runner to end")
                home.cli("runs", "resume", fresh[0], expect=(0, 3))
                shown = home.json("runs", "show", fresh[0])
                assert shown["state"] in ("succeeded", "warned"), (place, shown)
                subprocess.run(scene.rest.command("stop"), check=True)
                is_migrated(scene, old, place)


def test_cluster_dies_in_the_import():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = migration(home, server, share, documents=2_000, size=1_000_000)
            old = sources(server)
            dies(scene, ["alien4cloud.migrate", "--system", NAME, "--confirm", scene.text,
                         *scene.to_migrate], b'"what":"imported"')
            is_migrated(scene, old, "after the death")


def test_migrate_stops_before_anything_changes():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = migration(home, server, share, documents=500, size=1_000_000)
            server.call("PUT", "/metapropconfiguration/metapropconfiguration/odd?refresh=true",
                        {"id": "odd", "default": ["neither a text", "nor an object"]})
            state = scene.state()
            done = migrate(scene, expect=1)
            said = done.stdout + done.stderr
            assert "metapropconfiguration/metapropconfiguration/odd" in said, said[-2000:]
            assert "/default" in said, said[-2000:]
            assert not scene.rest.is_running()
            compare(state, scene.state(), "a document that cannot be changed")
            home.cli("runs", "undo", home.runs()[-1], "--yes", "--confirm", scene.text,
                     expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            compare(state, scene.state(), "undone")
            assert not list(scene.export.iterdir()), list(scene.export.iterdir())
            server.call("DELETE", "/metapropconfiguration/metapropconfiguration/odd?refresh=true")

            # What the new version does not make stops it too, and everything comes back.
            state = scene.state()
            scene.rest.fault(does_not_make=["csar"])
            done = migrate(scene, expect=1)
            said = done.stdout + done.stderr
            assert "csar" in said, said[-2000:]
            assert not scene.rest.is_running()
            home.cli("runs", "undo", home.runs()[-1], "--yes", "--confirm", scene.text,
                     expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            compare(state, scene.state(), "an index that was not made")

            # Without a verified backup it does not begin.
            scene.save(expect=0)
            subprocess.run(scene.rest.command("stop"), check=True)
            done = migrate(scene, "--restore-point", "latest", expect=1)
            assert "Nobody has verified" in done.stdout + done.stderr, done
            assert not any(e["event"] == "step_intended"
                                      for e in home.events(home.runs()[-1]))


if __name__ == "__main__":
    main(globals())
