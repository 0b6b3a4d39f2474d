#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done with copies of toolchains once they are there, against the simulator: secrets put back
from programs and by hand, one missing and one that the service does not keep; triggers on and off,
never while those of the source are on; pipelines run until they succeed."""

import hashlib
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lifeboat import FULL, main, until  # noqa: E402
from test_kill_points import killed_at  # noqa: E402
from toolchains import (SYSTEM, TARGET, RecordedHome, Scene, files_with_secrets,  # noqa: E402
                        secrets_in)

NAMES = ("harbor-ferry", "berth-planner")
SEED = 20261122
FOR_GOOD = ("--set", "stay=for_good")
LOST = [word for name in NAMES
        for word in ("--accept", f"source_seen[{name}]=its region is closed")]


def words(book, *more):
    only = [word for name in NAMES for word in ("--only", name)]
    return ["run", f"ibm-toolchain.{book}", "--system", SYSTEM, "--restore-point", "latest", "--yes",
            *only, *more]


def of_copies(scene, kind):
    """The properties, triggers or runs of the copies' pipelines."""
    state = scene.state()
    copies = {one["id"] for one in scene.copies()}
    pipelines = {one["id"]: one["name"] for one in state["pipelines"]
                 if one["toolchain_id"] in copies}
    return [(pipelines[one["owner"].split("/")[0]], one) for one in state[kind]
            if one["owner"].split("/")[0] in pipelines]


def automatic(scene):
    return {f"{pipeline}/{one['name']}": one.get("enabled", True)
            for pipeline, one in of_copies(scene, "triggers") if one["type"] in ("scm", "timer")}


def made(home):
    scene = Scene(home)
    scene.save(expect=3)
    scene.restore(*NAMES, expect=3)
    return scene


def slots(home, names=NAMES):
    """Those that a run fills by itself: secret → place."""
    point = home.points()[0]["id"]
    found = {}
    for part in home.json("backups", "show", point)["parts"]:
        for slot in part["details"]["slots"]:
            if part["id"] in names and slot["by_api"] and slot["needed"] and not slot["reference"]:
                found[slot["secret"]] = slot
    return found


def provide(home, secrets):
    """Each from a program; its value holds its name, so that places cannot be mixed up."""
    for name in secrets:
        file = home.path / f"secret-{name}"
        file.write_text(value(name))
        home.cli("secrets", "set", SYSTEM, name, "--program", json.dumps(["cat", str(file)]),
                 expect=0)


def value(name):
    return f"canary-put-back-{name}"


def answer_asks(home, run):
    """A person who does what the list says; how many there were."""
    answered = set()

    def is_over():
        shown = home.json("runs", "show", run)
        waiting = shown["waiting"]
        if waiting and waiting["for"] == "person" and waiting["step"] not in answered:
            assert waiting["step"].startswith("by_hand["), waiting
            home.cli("runs", "answer", run, waiting["step"], "done", "--note",
                     "seen in the console", expect=(0, 3, 4))
            answered.add(waiting["step"])
        return shown["state"] in ("succeeded", "warned", "failed")
    until(is_over, 90, "the run's end")
    return len(answered)


def test_secrets_come_back():
    with RecordedHome() as home:
        scene = made(home)
        wanted = slots(home)
        assert len(wanted) >= 4, wanted
        listed = {one["name"] for one in home.json("secrets", "list", SYSTEM)["secrets"]}
        assert set(wanted) <= listed, (wanted, listed)
        missing = sorted(wanted)[-1]
        provide(home, [name for name in wanted if name != missing])

        told = home.cli(*words("secrets"), expect=4)
        assert missing in told.stdout + told.stderr, told.stdout
        run = home.runs()[-1]
        home.cli("runs", "secret", run, missing, stdin=value(missing), expect=(0, 3, 4))
        assert answer_asks(home, run) >= 1
        shown = home.json("runs", "show", run)
        assert shown["state"] in ("succeeded", "warned"), shown

        kept = {(pipeline, one["name"]): one["value_sha256"]
                for pipeline, one in of_copies(scene, "properties")}
        triggers = {one["name"] for _, one in of_copies(scene, "triggers")}
        put = 0
        for name, slot in wanted.items():
            if slot["scope"] and slot["scope"] not in triggers:
                continue  # its trigger was left out
            if slot["name"] == "secret":
                continue  # a trigger's own, which the state does not show as a property
            digest = hashlib.sha256(value(name).encode()).hexdigest()
            assert kept[(slot["service"], slot["name"])] == digest, (name, slot)
            put += 1
        assert put >= 2, wanted
        # Nowhere but where it belongs: the program's file, and the service.
        own = [home.path / f"secret-{name}" for name in wanted]
        found = [path for path in files_with_secrets(home.path, but=scene.folder.parent)
                 if Path(path) not in own]
        assert not found, found
        assert not [text for text in home.said if secrets_in(text.encode())]
        assert not [one for one in scene.requests() if secrets_in(one["target"].encode())]


def test_a_secret_that_is_not_kept():
    with RecordedHome() as home:
        scene = made(home)
        provide(home, slots(home))
        scene.faults("secret-not-kept")
        told = home.cli(*words("secrets"), expect=1)
        said = told.stdout + told.stderr
        assert "cannot be set" in said and "still empty" in said and "console" in said, said


def test_triggers():
    with RecordedHome() as home:
        scene = made(home)
        assert automatic(scene) == {}, automatic(scene)
        refused = home.cli(*words("triggers-on", *FOR_GOOD), expect=1)
        said = refused.stdout + refused.stderr
        assert "source in us-east are on" in said and "ci-run/on-push" in said, said
        assert automatic(scene) == {}, "switched on while the source's are"

        home.cli("practice", "damage", "ibm-toolchain", expect=0)
        # A source that nobody can see is no quiet one.
        told = home.cli(*words("triggers-on", *FOR_GOOD), expect=4)
        assert "Nobody can see whether triggers" in told.stdout + told.stderr, told.stdout
        assert automatic(scene) == {}
        home.cli("runs", "cancel", home.runs()[-1], expect=(0, 5))
        home.cli(*words("triggers-on", *FOR_GOOD, *LOST), expect=3)
        on = automatic(scene)
        assert on.get("ci-run/on-push") is True and all(on.values()), on
        for pipeline, one in of_copies(scene, "triggers"):
            if one["type"] == "scm":
                url = one["source"]["properties"]["url"]
                assert TARGET in url and "us-east" not in url, (pipeline, one)
        home.cli(*words("triggers-on", *FOR_GOOD, *LOST), expect=3)
        assert automatic(scene) == on, "made twice"

        home.cli(*words("triggers-off"), expect=0)
        assert not any(automatic(scene).values()), automatic(scene)
        scene.faults("region-lost", "patch-ignored")
        told = home.cli(*words("triggers-on", *FOR_GOOD, *LOST), expect=1)
        assert "is still off" in told.stdout + told.stderr, told.stderr
        home.cli(*words("triggers-off"), expect=0)


def test_prove():
    with RecordedHome() as home:
        scene = made(home)
        told = home.cli(*words("prove"), expect=1)
        said = told.stdout + told.stderr
        assert "did not succeed" in said and "secret" in said, said
        provide(home, slots(home))
        home.cli(*words("secrets"), expect=4)
        answer_asks(home, home.runs()[-1])
        # A person runs the classic pipelines, and says how it went.
        home.cli(*words("prove"), expect=4)
        run = home.runs()[-1]
        classic = "by_hand[harbor-ferry/build-web]"
        until(lambda: home.json("runs", "show", run)["waiting"], 20, "the question")
        refused = home.cli("runs", "answer", run, classic, "done", expect=2)
        assert "written evidence" in refused.stderr, refused.stderr
        assert answer_asks(home, run) == 1
        ended = [one["status"] for _, one in of_copies(scene, "runs")]
        assert ended.count("succeeded") >= 2, ended

        # Killed anywhere, and resumed: no pipeline runs a second time, for that deploys a second time.
        events = home.events(home.runs()[-1])
        every = [f"{kind}:{n}" for n in range(1, len(events) + 1) for kind in ("line", "half", "sync")]
        # Where it is begun and not on record yet, whatever the seed says.
        begun = [f"half:{n}" for n, event in enumerate(events, 1)
                 if "pipeline_run" in json.dumps(event)]
        assert begun, events
        chosen = every if FULL else {*begun, *random.Random(SEED).sample(every, 2)}
        for place in sorted(chosen, key=every.index):
            known = home.runs()
            home.cli(*words("prove"), environment=killed_at(place))
            fresh = [one for one in home.runs() if one not in known]
            if fresh and home.whole_events(fresh[0]):
                home.cli("runs", "resume", fresh[0], expect=(0, 3, 4))
                answer_asks(home, fresh[0])
        marks = [(pipeline, one["description"]) for pipeline, one in of_copies(scene, "runs")]
        assert len(marks) == len(set(marks)), marks


if __name__ == "__main__":
    main(globals())
