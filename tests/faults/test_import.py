#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups that others have made become restore points: what the documented script of Alien4Cloud
1.1.0 leaves behind, made here by the same calls and copies on a real Elasticsearch 1.7.6."""

import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cloud import NAME, Scene, all_documents, all_files, compare, start  # noqa: E402
from lifeboat import PROGRAM, Home, main  # noqa: E402

OLD, NEW = "14_03_2016_02_00", "15_03_2016_02_00"


def script_backup(scene, backups):
    """As documentation/1.1.0/admin_guide/backup_restore.html has it: everything in the cluster, and
    three folders copied into folders that are there already."""
    server, data = scene.server, scene.alien.data
    server.call("PUT", "/_snapshot/alien_backup", {"type": "fs", "settings": {
        "location": str(backups / "elasticsearch"), "compress": True}})
    for name in (OLD, NEW):
        done = server.call("PUT", f"/_snapshot/alien_backup/{name}?wait_for_completion=true", {})
        assert done["snapshot"]["state"] == "SUCCESS", done
    files = backups / "filesystem" / NEW
    for name in ("artifacts", "csar", "plugins"):
        (files / name).mkdir(parents=True)
        subprocess.run(["cp", "-rp", data / name, files / name], check=True)
    assert (files / "csar/csar").is_dir()
    # One that was broken off, as its failed status test never told: a shard has no node.
    server.call("PUT", "/lost", {"settings": {
        "number_of_shards": 1, "number_of_replicas": 0, "index.routing.allocation.require.x": "y"}})
    broken = server.call("PUT", "/_snapshot/alien_backup/16_03_2016_02_00?wait_for_completion=true",
                         {"partial": True})
    assert broken["snapshot"]["state"] == "PARTIAL", broken
    server.call("DELETE", "/lost")
    server.call("DELETE", "/_snapshot/alien_backup")
    return backups / "elasticsearch", files


def test_import_and_restore():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = Scene(home, server, share, documents=1_000, size=2_000_000)
            before = scene.state()
            repository, files = script_backup(scene, share / "by-script")
            theirs = all_files(share / "by-script")
            whole = home.path / "whole"
            shutil.copytree(scene.alien.data, whole, symlinks=True, copy_function=shutil.copy2)
            foreign = all_documents(server, [scene.foreign])

            def bring(*more, of=repository, expect):
                return home.cli("run", "alien4cloud.import", "--system", NAME, "--yes", "--set",
                                f"repository_dir={of}", "--set", f"files_dir={files}",
                                *more, expect=expect)

            # What it lacks is named, and must be accepted by name.
            refused = bring(expect=4)
            home.cli("runs", "cancel", home.runs()[-1], expect=(0, 5))
            said = refused.stdout + refused.stderr
            assert "lacks images, work" in said and "missing_from" in said, said
            assert "a level too deep, which is put right: csar, artifacts, plugins" in said, said
            assert not home.points()
            named = bring("--set", "snapshot=17_03_2016_02_00", "--accept", "script_files=known",
                          expect=1)
            said = named.stdout + named.stderr
            assert "There is no snapshot 17_03_2016_02_00" in said and OLD in said, said
            elsewhere = home.path / "elsewhere"
            shutil.copytree(repository, elsewhere)
            outside = bring("--accept", "script_files=known", of=elsewhere, expect=1)
            said = outside.stdout + outside.stderr
            assert str(elsewhere) in said and "path.repo" in said, said
            assert not home.points() and scene.own_traces() == ["by-script"], scene.own_traces()

            told = bring("--accept", "script_files=known", expect=3)
            assert "16_03_2016_02_00 (PARTIAL)" in told.stdout + told.stderr, told.stdout
            lacking = home.points()[0]
            limits = " ".join(home.json("backups", "show", lacking["id"])["limits"])
            assert "images is not in it" in limits and "work is not in it" in limits, limits

            bring("--set", f"missing_from={whole}", expect=3)
            point = home.points()[0]
            assert {part["id"]: part["kind"] for part in point["parts"]} == {
                "indices": "elasticsearch", "data": "tree"}, point
            shown = home.json("backups", "show", point["id"])
            indices = next(part for part in shown["parts"] if part["id"] == "indices")
            assert indices["details"]["snapshot"] == NEW, indices
            assert scene.foreign not in indices["details"]["indices"], indices
            assert indices["taken_to"] < point["made_at"], (indices, point)
            assert all_files(share / "by-script") == theirs, "somebody else's backup was changed"
            assert scene.own_traces() == ["by-script"], scene.own_traces()

            scene.alien.damage()
            done = scene.restore(expect=3)
            assert "does not say how many documents" in done.stdout + done.stderr, done.stdout
            subprocess.run(scene.rest.command("stop"), check=True)
            compare(before, scene.state(), "restored")
            assert all_documents(server, [scene.foreign]) == foreign
            assert all_files(share / "by-script") == theirs, "somebody else's backup was changed"


def test_indices_alone():
    """A repository with no files beside it, of an older snapshot that is named."""
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = Scene(home, server, share, documents=600, size=1_000_000)
            before = all_documents(server, expiring=False)
            repository, _ = script_backup(scene, share / "by-script")
            home.cli("run", "alien4cloud.import", "--system", NAME, "--yes", "--set",
                     f"repository_dir={repository}", "--set", f"snapshot={OLD}", expect=(0, 3))
            point = home.points()[0]
            assert [part["id"] for part in point["parts"]] == ["indices"], point
            server.call("DELETE", "/csar")
            scene.restore("--only", "indices", expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            assert all_documents(server, expiring=False) == before


if __name__ == "__main__":
    main(globals())
