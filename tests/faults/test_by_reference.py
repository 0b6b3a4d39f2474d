#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot of Alien4Cloud that stays in the share: saved without a copy on a real Elasticsearch,
verified, restored and rehearsed from there, by hand too; damaged and taken away; kill -9 of the
runner at journal events of the save (sampled by a seed; LIFEBOAT_TEST_FULL=1: every event)."""

import random
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cloud import (NAME, SAMPLES, SEED, Scene, all_documents, all_files, by_hand,  # noqa: E402
                   compare, difference, start)
from lifeboat import FULL, PROGRAM, Home, main  # noqa: E402
from test_kill_points import killed_at, resumed  # noqa: E402


def made(home, server, share):
    return Scene(home, server, share, documents=600, size=1_000_000, copy_snapshot="no")


def kept(share):
    """The folders that restore points refer to."""
    return sorted(share.glob(".lifeboat-saved-*"))


def shown(home, point):
    parts = home.json("backups", "show", point)["parts"]
    return next(part for part in parts if part["id"] == "indices")


def test_save_and_restore():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = made(home, server, share)
            before = scene.state()
            scene.save(expect=0)
            point = home.points()[0]["id"]
            stored = home.store() / NAME / point
            names = sorted(path.name for path in (stored / "parts").iterdir())
            assert "indices.sha256" in names and "indices.tar.zst" not in names, names
            (folder,) = kept(share)
            assert scene.own_traces() == [folder.name], scene.own_traces()
            files = {path for path, facts in all_files(folder).items() if (folder / path).is_file()}
            part = shown(home, point)
            assert part["details"]["reference"] == str(folder), part
            assert part["details"]["state"] == "SUCCESS" and part["entries"] == len(files), part
            # Another program reads the list and finds every file.
            checked = subprocess.run(["sha256sum", "-c", stored / "parts/indices.sha256"],
                                     cwd=folder, capture_output=True, text=True, check=False)
            assert checked.returncode == 0, checked.stdout
            assert len(checked.stdout.splitlines()) == len(files), checked.stdout
            limits = " ".join(home.json("backups", "show", point)["limits"])
            assert "by reference" in limits and str(folder) in limits, limits
            home.cli("backups", "verify", point, "--open", expect=0)
            assert home.points()[0]["proof"]["level"] == "read", home.points()

            scene.alien.damage()
            saved = all_files(folder)
            scene.restore(expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            compare(before, scene.state(), "restored")
            assert all_files(folder) == saved, "the snapshot was changed by its restore"
            scratch = home.path / "scratch"
            scratch.mkdir()
            home.cli("run", "alien4cloud.rehearse", "--system", NAME, "--restore-point", "latest",
                     "--set", f"into_folder={scratch}", "--yes", expect=(0, 3))
            assert all_files(folder) == saved, "the snapshot was changed by its rehearsal"

            scene.alien.damage()
            by_hand(scene, stored)
            assert not difference(before[0], all_documents(server, expiring=False))
            assert all_files(folder) == saved, "the snapshot was changed by hand"

            home.cli("backups", "remove", point, "--yes", expect=0)
            assert not kept(share), "removed, and its snapshot stays in the share"


def test_what_became_of_the_share():
    """A file is missing, or is another one: told before anything is stopped or changed."""
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = made(home, server, share)
            scene.save(expect=0)
            point = home.points()[0]["id"]
            before = scene.state()
            (folder,) = kept(share)
            file = max((path for path in folder.rglob("*") if path.is_file()),
                       key=lambda path: path.stat().st_size)
            whole = file.read_bytes()

            file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
            told = scene.restore("--only", "indices", expect=1)
            assert f"{file} is not what was saved" in told.stdout + told.stderr, told.stderr
            home.cli("runs", "undo", home.runs()[-1], "--yes", "--confirm", scene.text,
                     expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            compare(before, scene.state(), "a restore that found damage")
            subprocess.run(scene.rest.command("start"), check=True)

            file.unlink()
            told = scene.restore("--only", "indices", expect=1)
            said = told.stdout + told.stderr
            assert "restorable" in said and f"{file} is missing" in said, said
            assert scene.rest.is_running(), "stopped for a restore that cannot be"
            away = share / "away"
            folder.rename(away)
            told = scene.restore("--only", "indices", expect=1)
            assert f"{folder} is not there" in told.stdout + told.stderr, told.stderr

            away.rename(folder)
            told = home.cli("backups", "verify", point, "--open", expect=1)
            assert f"{file} is missing" in told.stdout + told.stderr, told.stderr
            file.write_bytes(whole[:-1])
            told = home.cli("backups", "verify", point, "--open", expect=1)
            assert f"{file} is not what was saved" in told.stdout + told.stderr, told.stderr

            # A folder that no restore point names is half-done work.
            shutil.rmtree(home.store() / NAME / point)
            home.cli("doctor", "--rebuild-inventory", expect=(0, 1, 3))
            told = home.cli("assess", "--system", NAME, expect=(1, 3)).stdout
            assert f"no restore point refers: {folder}" in told, told


def test_kill_while_saving():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = made(home, server, share)
            before = scene.state()
            scene.save(expect=0)
            every = [f"{kind}:{n}" for n in range(1, len(home.events(home.runs()[-1])) + 1)
                     for kind in ("line", "sync")]
            chosen = every if FULL else random.Random(f"{SEED}/reference").sample(every, SAMPLES)
            for place in sorted(chosen, key=every.index):
                known = home.runs()
                scene.save(environment=killed_at(place))
                fresh = [one for one in home.runs() if one not in known]
                if fresh and home.events(fresh[0]):
                    resumed(home, fresh[0], known)
                    run = home.json("runs", "show", fresh[0])
                    assert run["state"] in ("succeeded", "warned"), (place, run)
                assert len(kept(share)) == len(home.points()), (place, kept(share))
                assert not server.call("GET", "/_snapshot/_all"), place
            newest = home.points()[0]["id"]
            home.cli("backups", "verify", newest, "--open", expect=0)
            scene.alien.damage()
            scene.restore(expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            compare(before, scene.state(), newest)


if __name__ == "__main__":
    main(globals())
