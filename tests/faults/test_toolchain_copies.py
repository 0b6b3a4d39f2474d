#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done with copies of toolchains once they are there, against the simulator: secrets put
back from programs and by hand, one missing and one that the service does not keep; triggers on and
off, never while those of the source are on; pipelines run until they succeed."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from copies import (LOST, NAMES, answer_asks, automatic, digest, of_copies, provide,  # noqa: E402
                    slots, value, words)
from lifeboat import main, until  # noqa: E402
from toolchains import (SYSTEM, TARGET, RecordedHome, Scene, files_with_secrets,  # noqa: E402
                        secrets_in)


def made(home):
    scene = Scene(home)
    scene.save(expect=3)
    scene.restore(*NAMES, expect=3)
    return scene


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
        assert answer_asks(home, run)[0]
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
            assert kept[(slot["service"], slot["name"])] == digest(value(name)), (name, slot)
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
        assert automatic(scene) == {"plan-ci/from-port": False}, automatic(scene)
        refused = home.cli(*words("triggers-on"), expect=1)
        said = refused.stdout + refused.stderr
        assert "source in us-east are on" in said and "ci-run/on-push" in said, said
        assert not any(automatic(scene).values()), "switched on while the source's are"

        home.cli("practice", "damage", "ibm-toolchain", expect=0)
        # A source that nobody can see is no quiet one.
        told = home.cli(*words("triggers-on"), expect=4)
        assert "Nobody can see whether triggers" in told.stdout + told.stderr, told.stdout
        assert "give --accept source_seen=REASON" in told.stderr, told.stderr
        assert not any(automatic(scene).values()), automatic(scene)
        run = home.runs()[-1]
        home.cli("runs", "answer", run, "source_seen", "yes", "--note", "its region is closed",
                 expect=0)
        until(lambda: home.json("runs", "show", run)["state"] == "warned", 60, "the run's end")
        # Written down is each that warned, and not the word that stood for all.
        accepted = [e["accept"] for e in home.events(run) if e["event"] == "go"]
        assert accepted == [{f"source_seen[{name}]": "its region is closed" for name in NAMES}], \
            accepted
        warned = " ".join(home.json("runs", "show", run)["warnings"])
        on = automatic(scene)
        # Its callers would need no secret.
        assert "from-port of pipeline plan-ci was left off: its secret is empty" in warned
        assert on.pop("plan-ci/from-port") is False, on
        assert on.get("ci-run/on-push") is True and all(on.values()), on
        for pipeline, one in of_copies(scene, "triggers"):
            if one["type"] == "scm":
                url = one["source"]["properties"]["url"]
                assert TARGET in url and "us-east" not in url, (pipeline, one)
        home.cli(*words("triggers-on", *LOST), expect=3)
        assert automatic(scene) == {**on, "plan-ci/from-port": False}, "made twice"

        home.cli(*words("triggers-off"), expect=0)
        assert not any(automatic(scene).values()), automatic(scene)
        scene.faults("region-lost", "patch-ignored")
        told = home.cli(*words("triggers-on", *LOST), expect=1)
        assert "is still off" in told.stdout + told.stderr, told.stderr
        home.cli(*words("triggers-off"), expect=0)


def test_a_trigger_that_anybody_can_call():
    """A generic one is off in a copy until its secret is set, whatever the service makes of it."""
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save(expect=3)
        scene.faults("deploy-ignores-disabled")
        told = scene.restore("berth-planner", expect=3).stdout
        assert "Switched off, for the copy was made with it on: plan-ci/from-port" in told, told
        assert automatic(scene) == {"plan-ci/from-port": False}, automatic(scene)

        home.cli("practice", "damage", "ibm-toolchain", expect=0)
        names = ("berth-planner",)
        provide(home, slots(home, names))
        home.cli(*words("triggers-on", *LOST, names=names), expect=3)
        assert not automatic(scene)["plan-ci/from-port"]
        home.cli(*words("secrets", names=names), expect=4)
        answer_asks(home, home.runs()[-1])
        home.cli(*words("triggers-on", *LOST, names=names), expect=3)
        assert all(automatic(scene).values()), automatic(scene)
        home.cli(*words("triggers-off", names=names), expect=0)
        assert not any(automatic(scene).values()), automatic(scene)


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
        asked, state = answer_asks(home, run)
        assert asked == [classic] and state == "warned", (asked, state)
        ended = [one["status"] for _, one in of_copies(scene, "runs")]
        assert ended.count("succeeded") == 2, ended


if __name__ == "__main__":
    main(globals())
