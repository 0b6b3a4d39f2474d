# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks that jump in the middle of a run (F8): a day forth, two back, to 1970, and over the end of
summer time. Durations stay what they were, the order stays that of the journal, nothing idle times
out, and no restore point goes."""

import os
import time
from pathlib import Path

from lifeboat import IDENTITY, PROGRAM, Home, Skip, main, until
from shop import Scene

LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
DAY = 86400
RUNBOOK = """\
lifeboat: 1
id: slow.change
system: slow
purpose: change
title: Three slow steps
inputs:
  folder: {type: path, required: true, title: Folder}
""" + IDENTITY + """\
steps:
""" + "".join(f"""\
  - id: step{n}
    run: {{program: "{{{{ inputs.folder }}}}/wait", args: ["{n}"]}}
    effect: read
""" for n in (1, 2, 3))
# Says that it has begun, and ends one second after it was let go.
WAIT = """#!/bin/sh
touch "${0%/*}/begun$1"
while [ ! -e "${0%/*}/go$1" ]; do sleep 0.02; done
sleep 1
"""


class Clock:
    """The clock of what is started in its environment; monotonic time is the machine's."""

    def __init__(self, home):
        found = LIBRARY if LIBRARY.exists() else next(
            Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
        if not found:
            raise Skip("faketime is not installed")
        self.file = home.path / "clock"
        self.set(0)
        self.environment = {"LD_PRELOAD": str(found), "FAKETIME_TIMESTAMP_FILE": str(self.file),
                            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def set(self, seconds):
        whole = self.file.with_name("clock.new")
        whole.write_text(f"{seconds:+d}")
        whole.rename(self.file)


def times(home, run):
    return {(e["event"], e.get("step")): e["time"] for e in home.events(run)}


def seconds(text):
    whole, fraction = text.rstrip("Z").split(".")
    return time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + fraction)


def jumps(zone, first, *offsets):
    """Three steps of one second, with a jump in the middle of each."""
    with Home(PROGRAM) as home:
        clock = Clock(home)
        clock.set(first)
        environment = {**clock.environment, "TZ": zone}
        folder = home.path / "slow"
        folder.mkdir()
        (folder / "wait").write_text(WAIT)
        (folder / "wait").chmod(0o755)
        books = home.path / "config/lifeboat/runbooks"
        books.mkdir(parents=True)
        (books / "slow.change.yaml").write_text(RUNBOOK)
        home.cli("systems", "add", "slow", "--type", "slow", "--set", f"folder={folder}", expect=0)
        begun = time.monotonic()
        home.cli("run", "slow.change", "--system", "slow", "--yes", "--detach",
                 environment=environment, expect=0)
        run = home.runs()[-1]
        took = {}
        for n, offset in enumerate(offsets, 1):
            until(lambda n=n: (folder / f"begun{n}").exists(), 20, f"step {n}")
            clock.set(offset)
            time.sleep(0.2)  # the jump is inside of the step, whoever looks first
            (folder / f"go{n}").touch()
        until(lambda: home.json("runs", "show", run)["state"] == "succeeded", 30, "the run")
        whole = time.monotonic() - begun
        events = home.events(run)
        assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
        at = times(home, run)
        for n in (1, 2, 3):
            took[n] = seconds(at["step_succeeded", f"step{n}"]) - seconds(at["step_intended", f"step{n}"])
            assert 1.0 <= took[n] < 2.0, took
        lasted = seconds(events[-1]["time"]) - seconds(events[0]["time"])
        assert abs(lasted - whole) < 1.0, (lasted, whole)
        # What the computer's clock said stands beside it.
        shown = [e["clock"] for e in events if "clock" in e]
        assert shown and abs(seconds(shown[-1]) - time.mktime(time.gmtime()) - offsets[-1]) < 60, shown
        # An ordinary terminal shows the same.
        log = home.cli("runs", "show", run, expect=0).stdout
        assert " day" not in log and "hour" not in log, log


def test_a_day_forth_and_back():
    jumps("UTC", 0, DAY, -DAY, 0 + 3600)


def test_1970():
    jumps("UTC", 0, -int(time.time()) + 60, 0, -int(time.time()) + 60)


def test_end_of_summer_time():
    """2026-10-25 00:59:58 UTC: two seconds later 02:59:59 CEST is followed by 02:00:00 CET."""
    there = 1792889998 - int(time.time())
    jumps("Europe/Berlin", there, there - 3600, there + 3600, there - 2 * 3600)


def test_ready_waits_and_points_stay():
    with Home(PROGRAM) as home:
        clock = Clock(home)
        scene = Scene(home, save=False)
        # Waits for a go, as the front end was told not to give one.
        home.cli("run", "files.save", "--system", "shop", "--detach",
                 environment=clock.environment, expect=(0, 4))
        run = home.runs()[-1]
        until(lambda: home.json("runs", "show", run)["state"] == "ready", 20, "ready")
        clock.set(DAY)
        time.sleep(1.5)
        assert home.json("runs", "show", run)["state"] == "ready", "half an hour has not passed"
        sha = [e for e in home.events(run) if e["event"] == "plan_frozen"][-1]["plan_sha256"]
        home.cli("runs", "go", run, "--plan-sha256", sha, environment=clock.environment, expect=0)
        clock.set(-DAY)
        scene.save(environment=clock.environment, expect=0)
        clock.set(0)
        scene.save(environment=clock.environment, expect=0)
        points = home.points()
        assert len(points) == 3, points
        for point in points:
            home.cli("backups", "verify", point["id"], expect=0)
        # The lease of what ended under another clock is nobody's.
        assert not home.json("leases", "list")["leases"]
        text = home.json("systems", "show", "shop")["identity"]["pinned"]["text"]
        scene.damage()
        home.cli("run", "files.restore", "--system", "shop", "--restore-point", points[0]["id"],
                 "--yes", "--confirm", text, expect=(0, 3), environment=clock.environment)


os.environ["TZ"] = "UTC"
time.tzset()
if __name__ == "__main__":
    main(globals())
