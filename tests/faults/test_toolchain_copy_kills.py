#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9, cancel and faults while copies of toolchains get their secrets, their triggers and their
runs: at journal events (sampled by a seed; LIFEBOAT_TEST_FULL=1: at every one), while a request is
under way, and with every kind of bad answer. Judged by what the services have: the end is that of
an undisturbed run, nothing is there twice, and what is half done is named."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from copies import (AUTOMATIC, Copies, answer_asks, digest, provide, slots,  # noqa: E402
                    value, words)
from lifeboat import FULL, PROGRAM, main, until  # noqa: E402
from test_kill_points import attempts_are_sane, killed_at, runner_lives  # noqa: E402
from toolchains import RecordedHome  # noqa: E402

SEED = 20261122
# Two Tekton pipelines with every kind of trigger and of place for a secret.
NAMES = ("berth-planner",)
GOOD = ("succeeded", "warned")
# Those of the copies: one was off when they were saved, and has to stay so.
ON = {"plan-ci/on-request", "plan-ci/from-port", "plan-cd/on-merge"}
OFF = {"plan-ci/nightly"}


class Book:
    """One runbook on the copies: what is to be so before it, and what is right at its end."""

    def __init__(self, copies):
        self.copies, self.scene, self.home = copies, copies.scene, copies.home

    def run(self, **how):
        return self.home.cli(*words(self.name, names=NAMES), **how)

    def begin(self):
        return subprocess.Popen([PROGRAM, *words(self.name, names=NAMES)],
                                env=self.home.environment, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def ends_well(self, run, what):
        """A person answers what it asks."""
        asked, state = answer_asks(self.home, run)
        assert state in GOOD, (what, self.home.json("runs", "show", run))
        attempts_are_sane(self.home, run, what)
        self.check(what)
        return asked


class Secrets(Book):
    """Each time with other values."""

    name = "secrets"
    changes = [("PUT", "/properties/"), ("PATCH", "/triggers/")]

    def prepare(self, number):
        self.slots = slots(self.home, NAMES)
        assert len(self.slots) == 4, self.slots
        provide(self.home, self.slots, number)
        self.wanted = {(slot["service"], slot["scope"], slot["name"]): digest(value(name, number))
                       for name, slot in self.slots.items()}

    def check(self, what):
        kept = self.copies.secrets()
        wrong = [place for place, wanted in self.wanted.items() if kept[place] != wanted]
        assert not wrong, (what, wrong)

    def half_done_is_named(self, what, shown):
        kept, steps = self.copies.secrets(), {one["id"]: one for one in shown["steps"]}
        for name, slot in self.slots.items():
            place = (slot["service"], slot["scope"], slot["name"])
            is_told = steps[f"set[{name}]"]["state"] in GOOD
            assert (kept[place] == self.wanted[place]) == is_told, (what, place, steps)


class Triggers(Book):
    def check(self, what):
        found = self.copies.triggers()
        assert found == self.wanted, (what, found, self.wanted)
        assert not self.copies.runs(), (what, self.copies.runs())

    def half_done_is_named(self, what, shown):
        (step,) = [one for one in shown["steps"] if one["id"].startswith("switch[")]
        if step["state"] in GOOD:
            return self.check(what)
        told = step["reason"]
        for name, one in self.copies.triggers().items():
            before = self.before.get(name, {"enabled": False})
            assert (one["enabled"] != before["enabled"]) == (name in told), (what, name, told)


class TriggersOn(Triggers):
    name = "triggers-on"
    changes = [("POST", "/triggers"), ("POST", "/properties"), ("PATCH", "/triggers/")]

    def prepare(self, number):
        self.copies.forget_triggers()
        self.before = self.copies.triggers()


class TriggersOff(Triggers):
    name = "triggers-off"
    changes = [("PATCH", "/triggers/")]

    def prepare(self, number):
        self.copies.switch_all_on()
        self.before = self.copies.triggers()


class Prove(Book):
    name = "prove"
    changes = [("POST", "/pipeline_runs")]

    def prepare(self, number):
        self.known = {one["id"] for one in self.copies.runs()}

    def fresh(self):
        return [one for one in self.copies.runs() if one["id"] not in self.known]

    def check(self, what):
        ended = sorted((one["pipeline"], one["status"]) for one in self.fresh())
        assert ended == [("plan-ci", "succeeded")], (what, ended)

    def half_done_is_named(self, what, shown):
        told = json.dumps(shown["steps"])
        for one in self.fresh():
            assert one["status"] == "succeeded" or one["id"] in told, (what, one, told)


KINDS = (Secrets, TriggersOn, TriggersOff, Prove)


def stories(home):
    """Each runbook once undisturbed, one after the other as they are needed; each with the events
    of its run. Between them the copies are as the next one needs them."""
    copies = Copies(home, *NAMES)
    home.cli(*words("triggers-on", names=NAMES), expect=3)
    # Its callers would need no secret.
    assert not copies.triggers()["plan-ci/from-port"]["enabled"], copies.triggers()
    provide(home, slots(home, NAMES))
    for kind in KINDS:
        book = kind(copies)
        if kind is Prove:
            home.cli(*words("secrets", names=NAMES), expect=4)
            assert answer_asks(home, home.runs()[-1])[1] in GOOD
        book.prepare(0)
        book.run(expect=(0, 3, 4))
        run = home.runs()[-1]
        state = answer_asks(home, run)
        if isinstance(book, Triggers):
            book.wanted = copies.triggers()
            on = {name for name, one in book.wanted.items()
                  if one["enabled"] and one["type"] in AUTOMATIC}
            off = {name for name, one in book.wanted.items() if not one["enabled"]}
            assert (on, off) == ((ON, OFF) if kind is TriggersOn else (set(), ON | OFF)), (on, off)
        assert state[1] in GOOD, home.json("runs", "show", run)
        book.check("undisturbed")
        yield book, home.whole_events(run)


def goes_on(book, run, what):
    home = book.home
    until(lambda: not runner_lives(home, run), 20, "the killed runner's processes to end")
    home.cli("runs", "resume", run, expect=(0, 3, 4))
    book.ends_well(run, what)


def places(events, name):
    """After and within each line, and after each sync. By default: where a step has put on record
    what it does."""
    every = [f"{kind}:{n}" for n in range(1, len(events) + 1) for kind in ("line", "half", "sync")]
    if FULL:
        return every
    acts = [n for n, event in enumerate(events, 1)
            if event["event"] in ("step_observed", "step_succeeded")]
    return [f"half:{random.Random(f'{SEED}/{name}').choice(acts)}"]


def killed_at_events(book, events, numbers):
    for place in places(events, book.name):
        book.prepare(next(numbers))
        known = book.home.begun_runs()
        book.run(environment=killed_at(place))
        fresh = [one for one in book.home.begun_runs() if one not in known]
        if fresh:
            # Some places come only after a person's answer.
            answer_asks(book.home, fresh[0], lambda: not runner_lives(book.home, fresh[0]))
            goes_on(book, fresh[0], f"{book.name} {place}")


def begun_until(book, method, path):
    """A run that goes on while the service works on that request: the process and the run."""
    home, scene = book.home, book.scene
    known, asked = home.begun_runs(), len(scene.requests())
    book.scene.faults(latency=300 if FULL else 50)
    going = book.begin()

    def is_under_way():
        return [one for one in scene.requests()[asked:] if one["method"] == method and
                path in one["target"] and one["status"] == 0]
    until(is_under_way, 60, f"{method} {path}")
    (run,) = [one for one in home.begun_runs() if one not in known]
    return going, run


def comes_to_rest(book, going):
    going.wait(timeout=60)
    book.scene.faults()
    until(lambda: all(one["end_ms"] for one in book.scene.requests()), 20,
          "the service to end what it was asked for")


def killed_under_way(book, method, path):
    going, run = begun_until(book, method, path)
    for pid in book.home.runners():
        os.kill(pid, signal.SIGKILL)
    comes_to_rest(book, going)
    goes_on(book, run, f"killed at {book.name} {method} {path}")


def cancelled_under_way(book, method, path, number):
    """What is then so is told; the same runbook ends the work."""
    what = f"cancelled at {book.name} {method} {path}"
    going, run = begun_until(book, method, path)
    book.home.cli("runs", "cancel", run, expect=0)
    comes_to_rest(book, going)
    shown = book.home.json("runs", "show", run)
    assert shown["state"] == "cancelled", (what, shown)
    book.half_done_is_named(what, shown)
    if isinstance(book, Prove):
        book.prepare(number)  # what goes on is no run of the next one
    book.run(expect=(0, 3, 4))
    book.ends_well(book.home.runs()[-1], what)


# Overcome within the run, and how many answers are bad; 0: all.
GOT_OVER = [("api-cut-after", 1), ("api-429", 1), ("api-401", 1), ("api-cut-before", 1),
            ("api-html", 1), ("api-empty", 1), ("api-drip", 1)]
# What is said of the place when the service refuses, and what is then so.
SAID = {
    (Secrets, "/properties/"): ["REGISTRY_PASS of plan-ci", "set"],
    (Secrets, "/triggers/"): ["secret of plan-ci, from-port", "set"],
    (TriggersOn, "/triggers"): ["Trigger on-request of pipeline plan-ci cannot be made", "by then"],
    (TriggersOn, "/properties"): ["SCAN_TOKEN of trigger on-request of pipeline plan-ci",
                                  "by then"],
    (TriggersOn, "/triggers/"): ["Trigger from-port of pipeline plan-ci", "by then"],
    (TriggersOff, "/triggers/"): ["Trigger from-port of pipeline plan-ci", "by then"],
    (Prove, "/pipeline_runs"): ["ipeline plan-ci", "was"],
}
REFUSED = [("api-500", "500"), ("api-401", "401")]


def got_over(book, fault, aim, number):
    book.prepare(number)
    book.scene.faults(fault, aim=aim)
    book.run(expect=(0, 3, 4))
    book.scene.faults()
    book.ends_well(book.home.runs()[-1], (book.name, fault, aim))


def refused(book, fault, word, aim, number):
    """What is wrong is said, and where; once it is mended the same runbook ends the work."""
    book.prepare(number)
    book.scene.faults(fault, aim=aim)
    done = book.run(expect=1)
    book.scene.faults()
    said = done.stdout + done.stderr
    missing = [one for one in [word, *SAID[(type(book), aim["path"])]] if one not in said]
    assert not missing, (book.name, fault, aim, missing, said)
    book.run(expect=(0, 3, 4))
    book.ends_well(book.home.runs()[-1], (book.name, fault, aim))


# What is said when this cannot be read; so many of its kind are read before.
UNREAD = {
    Secrets: ("/tools", 0, ["of plan-ci in the copy berth-planner cannot be set",
                            "It was not set"]),
    TriggersOn: ("/triggers", 4, ["The triggers of pipeline plan-ci cannot be read", "by then"]),
    TriggersOff: ("/triggers", 0, ["The triggers of pipeline plan-ci cannot be read", "by then"]),
    Prove: ("/pipeline_runs/", 0, ["of pipeline plan-ci was begun and goes on", "by then"]),
}


def unread(book, fault, number):
    path, skip, words_said = UNREAD[type(book)]
    book.prepare(number)
    book.scene.faults(fault, aim={"method": "GET", "path": path, "skip": skip})
    done = book.run(expect=1)
    book.scene.faults()
    said = done.stdout + done.stderr
    why = {"api-html": "a web page", "api-empty": "said nothing", "api-500": "500"}[fault]
    missing = [one for one in [why, *words_said] if one not in said]
    assert not missing, (book.name, fault, missing, said)
    book.prepare(number)
    book.run(expect=(0, 3, 4))
    book.ends_well(book.home.runs()[-1], (book.name, fault, path))


def killed_and_cancelled(book, events, numbers):
    killed_at_events(book, events, numbers)
    for method, path in book.changes if FULL else book.changes[:1]:
        book.prepare(next(numbers))
        killed_under_way(book, method, path)
    for method, path in book.changes if FULL else book.changes[-1:]:
        number = next(numbers)
        book.prepare(number)
        cancelled_under_way(book, method, path, number)


def answered_badly(book, numbers):
    for method, path in book.changes if FULL else book.changes[-1:]:
        aim = {"method": method, "path": path}
        for fault, times in GOT_OVER if FULL else GOT_OVER[:1]:
            got_over(book, fault, {**aim, "times": times}, next(numbers))
        # What may have been started is looked for, which takes its time.
        for fault, word in REFUSED if FULL else REFUSED[:0 if isinstance(book, Prove) else 1]:
            refused(book, fault, word, aim, next(numbers))
    for fault in ("api-html", "api-empty", "api-500") if FULL else ():
        unread(book, fault, next(numbers))


def tried(*kinds):
    with RecordedHome() as home:
        numbers = iter(range(1, 10000))
        for book, events in stories(home):
            if type(book) in kinds:
                killed_and_cancelled(book, events, numbers)
                answered_badly(book, numbers)


def test_kill_cancel_and_faults():
    """At one go, for the story takes as long as what is tried in it; or each with its own."""
    for kinds in [(kind,) for kind in KINDS] if FULL else [KINDS]:
        tried(*kinds)


if __name__ == "__main__":
    main(globals())
