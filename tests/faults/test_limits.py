# SPDX-License-Identifier: GPL-3.0-or-later
"""Too few file descriptors, too little memory, too few threads (F11): whatever gives way, it is said,
journals stay readable, nothing half-made counts as a restore point, and without the limit the next
start goes on. Sampled; LIFEBOAT_TEST_FULL=1: every limit."""

import os
import shutil
import subprocess

from lifeboat import FULL, PROGRAM, Home, Skip, digest, main, until
from shop import Scene, partial

ENDED = ("succeeded", "warned", "failed", "cancelled")
MIB = 1024 * 1024


def settle(home, scene, run):
    """Without the limit: the run's end, by itself or by hand."""
    def look():
        return home.json("runs", "show", run)["state"] in (*ENDED, "interrupted", "ready", "draft",
                                                           "waiting")
    until(look, 60, f"{run} to stand")
    state = home.json("runs", "show", run)["state"]
    if state not in ENDED:
        home.cli("runs", "resume", run, expect=(0, 1, 3, 5))
    state = home.json("runs", "show", run)["state"]
    assert state in ENDED, state
    if home.json("obligations", "list")["obligations"] and state != "succeeded":
        home.cli("runs", "undo", run, "--yes", "--confirm", scene.text, expect=(0, 1, 2, 3))
    return state


def limited(limits):
    """One save and one restore for each limit; what is there before must be there afterwards."""
    if not shutil.which("prlimit"):
        raise Skip("prlimit is not installed")
    with Home(PROGRAM) as home:
        scene = Scene(home)
        seen = set()
        for limit in limits:
            for what in ("save", "restore"):
                before, known = digest(scene.tree), home.runs()
                points = len(home.points())
                words = (["files.save"] if what == "save" else
                         ["files.restore", "--restore-point", scene.point, "--confirm", scene.text])
                done = subprocess.run(
                    ["prlimit", *limit, "--", home.program, "run", *words, "--system", "shop",
                     "--yes"], env=home.environment, cwd=home.path, stdin=subprocess.DEVNULL,
                    capture_output=True, text=True, timeout=120)
                said = done.stdout + done.stderr
                runs = [run for run in home.runs() if run not in known and home.begun(run)]
                # 6: the runner is gone, and it is said how to go on.
                assert (done.returncode == 0 or done.stderr.strip() or done.returncode < 0 or
                        (done.returncode == 6 and "runs resume" in done.stdout)), (limit, what, done)
                # None: it did not even get so far, and has said so.
                state = settle(home, scene, runs[-1]) if runs else "refused"
                seen.add((what, state))
                after = digest(scene.tree)
                assert after in (before, scene.good), (limit, what, said[-2000:])
                assert not partial(home.store()), (limit, what)
                now = len(home.points())
                assert now == points + (what == "save" and state in ("succeeded", "warned")), (
                    limit, what, state, said[-2000:])
                if runs:
                    numbers = [event["seq"] for event in home.events(runs[-1])]
                    assert numbers == list(range(1, len(numbers) + 1)), numbers
                if what == "save":
                    scene.damage()
        # Nobody stands in the way of what comes next.
        assert not home.json("leases", "list")["leases"]
        scene.save(expect=0)
        for point in home.points():
            home.cli("backups", "verify", point["id"], expect=0)
        scene.restore(expect=(0, 3))
        assert digest(scene.tree) == scene.good
        return seen


def test_few_descriptors():
    counts = range(8, 72, 4) if FULL else (12, 20, 28, 40)
    seen = limited([["--nofile=%d" % n] for n in counts])
    assert ("save", "succeeded") not in seen or len(seen) > 1, seen


def test_little_memory():
    """Address space: what is mapped counts, so it ends long before the machine's memory does."""
    sizes = range(60, 460, 20) if FULL else (80, 160, 260)
    limited([["--as=%d" % (n * MIB)] for n in sizes])


def test_few_threads():
    """Of a user of one's own: root has no such limit."""
    if os.getuid() == 0:
        raise Skip("root may have as many threads as it wants")
    already = len([p for p in os.listdir("/proc") if p.isdigit() and
                   os.stat(f"/proc/{p}").st_uid == os.getuid()])
    limited([["--nproc=%d" % (already + n)] for n in ((1, 2, 3, 5, 8, 12) if FULL else (2, 6))])


main(globals())
