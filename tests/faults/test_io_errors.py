# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that fails once, anywhere in a save or a restore (F6): EIO from the N-th read, write or sync
of a file of the tree or of Lifeboat's own (sampled by a seed; LIFEBOAT_TEST_FULL=1: every N). The run
says which file, or goes on and is right; what is called a restore point is one, and the live folder
is as it was or as it was saved."""

import random
from pathlib import Path

from lifeboat import FULL, KILL_AT, PROGRAM, Home, digest, main, until
from shop import Scene

SEED = 20261122
SAMPLES = 5
ENDED = ("succeeded", "warned", "failed", "cancelled", "interrupted")


def preload(kind, n, below):
    return {"LD_PRELOAD": str(Path(KILL_AT).with_name("lb_io_error.so")),
            "LIFEBOAT_IO_ERROR": f"{kind}:{n}", "LIFEBOAT_IO_ERROR_BELOW": str(below)}


def counts(most):
    every = range(1, most + 1)
    return every if FULL else sorted(random.Random(SEED).sample(every, min(SAMPLES, most)))


def state(home, run):
    shown = until(lambda: (lambda s: s["state"] in ENDED and s)(home.json("runs", "show", run)), 60,
                  "the end of " + run)
    return shown["state"], str(shown)


def begun(home, known, done):
    """The run of `done`; none when it met the error before its journal's first line, and said so."""
    new = [run for run in home.runs() if run not in known and home.begun(run)]
    assert new or (done.returncode and "nput/output error" in done.stderr), done
    return new[-1] if new else None


def whole(home, points):
    """Every point that is listed can be read in full."""
    for point in home.points():
        if point["id"] not in points:
            home.cli("backups", "verify", point["id"], expect=0)
            points.add(point["id"])


def saves(kind, below, most):
    with Home(PROGRAM) as home:
        scene = Scene(home)
        good, points = digest(scene.tree), set()
        for n in counts(most):
            before, known = len(home.points()), home.runs()
            done = scene.save(environment=preload(kind, n, below(home, scene)), expect=(0, 1, 3, 6))
            run = begun(home, known, done)
            if not run:
                continue
            if done.returncode == 6:
                home.cli("runs", "resume", run, expect=(0, 1, 3))
            end, shown = state(home, run)
            said = done.stdout + done.stderr + shown
            made = len(home.points()) - before
            published = any(e["event"] == "point_published" for e in home.events(run))
            # A folder whose sync failed after the rename shows a point that is not called one yet.
            assert made == published or end == "failed", (kind, n, end, said[-1500:])
            assert published or end not in ("succeeded", "warned"), (kind, n, end)
            if end == "failed":
                assert "nput/output error" in said, (kind, n, said[-1500:])
            assert digest(scene.tree) == good, (kind, n)
            whole(home, points)
            if end != "succeeded":
                home.cli("runs", "undo", run, "--yes", "--confirm", scene.text, expect=(0, 1, 2, 3))
        scene.save(expect=0)


def restores(kind, below, most):
    with Home(PROGRAM) as home:
        scene = Scene(home)
        points = set()
        for n in counts(most):
            damaged, known = scene.damage(), home.runs()
            done = scene.restore(environment=preload(kind, n, below(home, scene)),
                                 expect=(0, 1, 3, 6))
            run = begun(home, known, done)
            if not run:
                assert digest(scene.tree) == damaged, (kind, n, done)
                continue
            if done.returncode == 6:
                home.cli("runs", "resume", run, expect=(0, 1, 3))
            end, shown = state(home, run)
            now = digest(scene.tree)
            if end in ("succeeded", "warned"):
                assert now == scene.good, (kind, n, end)
            else:
                assert now in (damaged, scene.good), (kind, n, end)
                said = done.stdout + done.stderr + shown
                assert "nput/output error" in said, (kind, n, said[-1500:])
                home.cli("runs", "undo", run, "--yes", "--confirm", scene.text, expect=(0, 1, 2, 3))
            whole(home, points)
        scene.restore(expect=(0, 3))
        assert digest(scene.tree) == scene.good


def store(home, _):
    return home.store()


def runs(home, _):
    return home.data / "runs"


def tree(_, scene):
    return scene.tree.parent


def test_save_reads():
    saves("read", tree, 20)


def test_save_writes():
    saves("write", store, 30)


def test_save_syncs():
    saves("sync", store, 20)


def test_restore_reads():
    restores("read", store, 40)


def test_restore_writes():
    restores("write", tree, 12)


def test_restore_syncs():
    restores("sync", tree, 8)


def test_journal_writes():
    saves("write", runs, 40)


def test_journal_syncs():
    saves("sync", runs, 40)


main(globals())
