# SPDX-License-Identifier: GPL-3.0-or-later
"""Alien4Cloud 1.1.0 migrated to 1.2.0 on a real Elasticsearch server: natively and by the vendor's
tool (a stand-in: the real one cannot be had), every document held against what an independent program
makes of it, taken back again; what cannot be migrated stops it before anything changes; kill -9 of the
runner at journal events (LIFEBOAT_TEST_FULL=1: every one) and of the cluster in the import."""

import json
import random
import shutil
import subprocess

from cloud import NAME, SAMPLES, SEED, Scene, asked, compare, dies, no_canary, start, words
from admin_tool import AdminTool
from compare import all_files, difference, index_states, scroll
from lifeboat import FULL, PROGRAM, Home, main, until
from migrated import migrated, parse
from test_kill_points import killed_at, runner_lives


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


def is_known(scene):
    """The system is known by the indices that are there now, though all of them were made anew."""
    state = scene.server.call("GET", "/_cluster/state/metadata")["metadata"]["indices"]
    there = {f"{name} {state[name]['settings']['index']['uuid']}" for name in scene.known()}
    shown = scene.home.json("systems", "show", NAME)
    pinned = shown["identity"]["pinned"]["facts"].get("indices", [])
    assert there <= set(pinned), (sorted(there)[:3], sorted(pinned)[:3])


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
            is_known(scene)
            titles = [one["title"] for one in home.json("obligations", "list")["obligations"]]
            assert any("orchestrator" in title for title in titles), titles
            # And back again.
            home.cli("runs", "undo", run, "--yes", "--confirm", scene.text, expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            compare(state, scene.state(), "after undo")
            assert "suggestion" not in index_states(server)
            is_known(scene)
            scene.save(expect=0)


def is_migrated(scene, old, what, but=()):
    """Every document is there in the form of 1.2.0, and no other; `but`: indices that Alien itself
    writes to when it is asked."""
    new = {key: source for key, source in sources(scene.server).items() if key[0] not in but}
    for (index, kind, identifier), source in old.items():
        if index in but:
            continue
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

            # So does a document that the new indices refuse, in the middle of the import.
            scene.rest.fault(does_not_make=[], takes_nothing_new=["location"])
            done = migrate(scene, expect=1)
            said = done.stdout + done.stderr
            assert "Cannot import documents into location: location/location/" in said, said[-2000:]
            assert "strict" in said and "runs undo" in said, said[-2000:]
            assert not scene.rest.is_running()
            home.cli("runs", "undo", home.runs()[-1], "--yes", "--confirm", scene.text,
                     expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            compare(state, scene.state(), "a document that was refused")

            # Without a verified backup it does not begin.
            scene.save(expect=0)
            subprocess.run(scene.rest.command("stop"), check=True)
            done = migrate(scene, "--restore-point", "latest", expect=1)
            assert "Nobody has verified" in done.stdout + done.stderr, done
            assert not any(e["event"] == "step_intended"
                                      for e in home.events(home.runs()[-1]))


if __name__ == "__main__":
    main(globals())
