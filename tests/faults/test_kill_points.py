# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of the runner at every journal event of save, restore and undo (sampled by a seed;
LIFEBOAT_TEST_FULL=1: every event, whole and torn), then `runs resume`: the end is that of an
undisturbed run, no step ran twice or beside itself, older restore points are untouched, no
half-made one is visible, the service is up again. Faults F1, F2, F12, F34."""

import os
import random
import shutil
import subprocess
from pathlib import Path

import shop
from lifeboat import FULL, KILL_AT, PROGRAM, Home, Skip, digest, main, until

SEED = 20261121
SAMPLES = 6

# The service's switch: says when it begins and ends, notices when it runs beside itself.
SWITCH = """#!/bin/sh
exec 9>"$1/busy"; flock -n 9 || echo "beside itself: $2" >> "$1/log"
echo "begin $2" >> "$1/log"
sleep 0.1
echo "$2" > "$1/state"
echo "end $2" >> "$1/log"
"""


class Scene(shop.Scene):
    """The shop with more and smaller files, and what its one older restore point is like."""

    def __init__(self, home):
        super().__init__(home, switch=SWITCH)
        self.point_digest = digest(home.store() / "shop" / self.point)

    def fill(self, size):
        (self.tree / "a/b").mkdir(parents=True)
        for i in range(40):
            (self.tree / f"a/file{i}").write_bytes(os.urandom(200 + 137 * i))
        (self.tree / "a/b/link").symlink_to("../file1")

    def undo(self, run, **more):
        return self.home.cli("runs", "undo", run, "--yes", "--confirm", self.text, **more)


def killed_at(place):
    return {"LD_PRELOAD": KILL_AT, "LIFEBOAT_KILL_AT": place}


def places(events):
    """Where to kill: after and within each line, and after each sync; sampled unless FULL."""
    every = [f"{kind}:{n}" for n in range(1, events + 1) for kind in ("line", "half", "sync")]
    if FULL:
        return every
    chosen = random.Random(SEED).sample(every, SAMPLES)
    return sorted(set(chosen), key=every.index)


def resumed(home, run, before):
    """Resumes until the run has ended; a run that never got its first line has done nothing."""
    until(lambda: not runner_lives(home, run), 20, "the killed runner's processes to end")
    done = home.cli("runs", "resume", run, expect=(0, 1, 3))
    if done.returncode == 1 and "was never begun" in done.stderr:
        journal = home.data / "runs" / run / "journal.jsonl"
        assert not journal.exists() or b"\n" not in journal.read_bytes(), done.stderr
        return False
    assert done.returncode == 0, f"{run} after {before}: {done.stdout}\n{done.stderr}"
    shown = home.json("runs", "show", run)
    assert shown["state"] == "succeeded", f"{before}: {shown['state']} {shown['warnings']}"
    return True


def runner_lives(home, run):
    for pid in home.processes():
        try:
            words = open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0")
        except OSError:
            continue
        if b"--runner" in words or b"--guard" in words:
            return True
    return False


def unseen_ends(home, run, step):
    """Attempts that were cut off while the guard ended them: whether the last line of the switch was
    its last deed nobody can know, so it is done again."""
    log = home.data / "runs" / run / "log"

    def has_end(attempt):
        file = log / f"{step}.{attempt}.end"
        return file.exists() and file.read_text().strip().isdigit()

    return len([e for e in home.events(run) if e["event"] == "step_unknown" and e["step"] == step
                and e.get("attempt", 0) > 0 and not has_end(e["attempt"])])


def check_service(scene, place, run):
    """Each switch ended exactly once, none beside itself; it is on."""
    assert (scene.service / "state").read_text() == "on\n", f"{place}: the service is off"
    lines = (scene.service / "log").read_text().splitlines()
    assert not [l for l in lines if "beside" in l], f"{place}: {lines}"
    for what, step in (("off", "quiesce"), ("on", "resume")):
        ended = lines.count(f"end {what}")
        most = 1 + unseen_ends(scene.home, run, step)
        assert 1 <= ended <= most, f"{place}: {what} ended {ended} times: {lines}"


def check_points(scene, place):
    assert digest(scene.home.store() / "shop" / scene.point) == scene.point_digest, place
    left = [p.name for p in (scene.home.store() / "shop").iterdir() if ".partial" in p.name]
    assert not left, f"{place}: {left}"


def count_events(home, run):
    return len(home.events(run))


def reset_service(scene):
    """Forgets what a killed switch left, as a reboot would."""
    shutil.rmtree(scene.service)
    scene.service.mkdir()


def attempts_are_sane(home, run, place):
    """Never two outcomes of one attempt, never an attempt begun while another is open."""
    open_attempt = {}
    for event in home.events(run):
        step = event.get("step")
        if event["event"] == "step_intended":
            assert step not in open_attempt, f"{place}: {step} began beside itself"
            open_attempt[step] = event.get("attempt")
        elif event["event"] in ("step_succeeded", "step_warned", "step_failed", "step_cancelled",
                                "step_unknown"):
            open_attempt.pop(step, None)
    assert not open_attempt, f"{place}: {open_attempt} never ended"


def test_save():
    with Home(PROGRAM) as home:
        scene = Scene(home)
        events = count_events(home, home.runs()[0])
        for place in places(events):
            reset_service(scene)
            known = {p["id"] for p in home.points()}
            before = set(home.runs())
            scene.save(environment=killed_at(place))
            new = [r for r in home.runs() if r not in before]
            if not new:
                continue
            run = new[0]
            # A killed switch has its own begin without end; the resumed run does it again.
            if not resumed(home, run, place):
                continue
            attempts_are_sane(home, run, place)
            check_service(scene, place, run)
            check_points(scene, place)
            made = {p["id"]: p for p in home.points()}
            assert set(made) - known == {"p" + run[1:]}, f"{place}: {set(made) - known}"
            assert made["p" + run[1:]]["proof"]["level"] == "read", place
            assert digest(scene.tree) == scene.good, place


def test_restore():
    with Home(PROGRAM) as home:
        scene = Scene(home)
        scene.damage()
        reset_service(scene)
        scene.restore(expect=0)
        events = count_events(home, home.runs()[-1])
        for place in places(events):
            damaged = scene.damage()
            reset_service(scene)
            before = set(home.runs())
            scene.restore(environment=killed_at(place))
            new = [r for r in home.runs() if r not in before]
            if not new or not resumed(home, new[0], place):
                assert digest(scene.tree) == damaged, place
                continue
            attempts_are_sane(home, new[0], place)
            check_service(scene, place, new[0])
            assert digest(scene.tree) == scene.good, f"{place}: the tree differs"
            check_points(scene, place)
            aside = [o for o in home.json("obligations", "list")["obligations"]
                     if o["run"] == new[0]]
            assert [o["id"] for o in aside] == ["aside:restore[shop]"], f"{place}: {aside}"
            assert digest(aside[0]["detail"]["folder"]) == damaged, f"{place}: the old copy"
            home.cli("obligations", "discharge", new[0], aside[0]["id"], expect=0)
            assert not os.path.exists(aside[0]["detail"]["folder"]), place


def test_undo():
    with Home(PROGRAM) as home:
        scene = Scene(home)
        damaged = scene.damage()
        scene.restore(expect=0)
        run = home.runs()[-1]
        scene.undo(run, expect=0)
        assert digest(scene.tree) == damaged
        events = count_events(home, home.runs()[-1])
        for place in places(events):
            reset_service(scene)
            scene.restore(expect=0)
            run = home.json("runs", "list")["runs"][0]["id"]
            reset_service(scene)
            before = set(home.runs())
            scene.undo(run, environment=killed_at(place))
            new = [r for r in home.runs() if r not in before]
            if not new or not resumed(home, new[0], place):
                scene.undo(run, expect=0)
            assert digest(scene.tree) == damaged, f"{place}: undo did not bring the old tree back"
            open_ = [o for o in home.json("obligations", "list")["obligations"]
                     if o["run"] == run]
            assert not open_, f"{place}: {open_}"


def test_front_end_dies():
    """kill -9 of the command line while a run goes on: the run ends by itself."""
    with Home(PROGRAM) as home:
        scene = Scene(home)
        before = set(home.runs())
        child = subprocess.Popen([PROGRAM, "run", "files.save", "--system", "shop", "--yes"],
                                 env=home.environment, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        run = until(lambda: [r for r in home.runs() if r not in before], 20, "the run")[0]
        child.kill()
        child.wait()
        shown = lambda: home.cli("runs", "show", run, "--json")
        until(lambda: '"state":"succeeded"' in shown().stdout.replace(" ", ""), 30,
              "the run to end without its front end")


def test_window_dies():
    """kill -9 of the window while it follows a run: the run ends by itself."""
    window = Path(PROGRAM).with_name("lifeboat")
    if not window.exists():
        raise Skip("this build has no window")
    with Home(PROGRAM) as home:
        scene = shop.Scene(home)
        run = scene.hold()
        child = subprocess.Popen([window, "--run", run], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL,
                                 env=home.environment | {"QT_QPA_PLATFORM": "offscreen"})
        until(lambda: is_connected(child.pid), 60, "the window to follow the run")
        child.kill()
        child.wait()
        scene.release()
        shop.ends(home, run, "succeeded")
        assert scene.is_on()


def is_connected(pid):
    """Whether it holds a socket; without desktop services only a runner's can be it."""
    try:
        return any(os.readlink(fd).startswith("socket:") for fd in Path(f"/proc/{pid}/fd").iterdir())
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    main(globals())
