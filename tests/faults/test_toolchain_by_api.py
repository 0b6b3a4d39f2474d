#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tekton toolchains copied by the public APIs, against the simulator: the whole story; what the
services refuse, lose and answer twice; kill -9 at journal events (sampled by a seed;
LIFEBOAT_TEST_FULL=1: at every one) and while a request is under way. Judged by what the copy has
beside what its source has."""

import hashlib
import json
import random
import sys
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import copies  # noqa: E402
from copies import LOST, answer_asks, automatic, of_copies, provide, slots, value  # noqa: E402
from lifeboat import FULL, main, until  # noqa: E402
from test_kill_points import killed_at, runner_lives  # noqa: E402
from test_toolchains import (SEED, begun_until, goes_on, kill_places,  # noqa: E402
                             killed_under_way)
from toolchains import SYSTEM, TARGET, TEXT, RecordedHome, Scene  # noqa: E402

NAME = "berth-planner"
BOOK = "restore-by-api"
SECRETS = {"api_token", "role_id", "secret_id", "workerQueueCredentials"}


class Source:
    """The toolchain of Tekton pipelines alone; more is added to it than the practice has."""

    def __init__(self, scene):
        self.scene = scene
        form = urllib.parse.urlencode({"grant_type": "urn:ibm:params:oauth:grant-type:apikey",
                                       "apikey": "canary-api-key"}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{scene.port}/identity/token", form,
                                    timeout=10) as answer:
            self.token = json.loads(answer.read())["access_token"]
        state = scene.state()
        self.id = next(one["id"] for one in state["toolchains"] if one["name"] == NAME)
        self.tools = {one["name"]: one["id"] for one in state["tools"]
                      if one["toolchain_id"] == self.id}
        self.enrich()

    def call(self, method, path, body, kind="application/json"):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.scene.port}/us-east{path}", json.dumps(body).encode(),
            method=method, headers={"Authorization": f"Bearer {self.token}", "Content-Type": kind})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def enrich(self):
        """What names tools, and fields that only some triggers and properties have."""
        worker = self.call("POST", f"/toolchain/v2/toolchains/{self.id}/tools", {
            "tool_type_id": "private_worker", "name": "quay-worker",
            "parameters": {"name": "quay", "workerQueueCredentials": "canary-quay-key",
                           "workerQueueIdentifier": "q-2"}})["id"]
        one = f"/pipeline/v2/tekton_pipelines/{self.tools['plan-ci']}"
        self.call("PATCH", one, {"worker": {"id": worker}}, "application/merge-patch+json")
        self.call("POST", f"{one}/properties", {
            "name": "PLANNER", "type": "integration", "value": self.tools["planner-src"],
            "path": "parameters.repo_url"})
        self.call("POST", f"{one}/properties",
                  {"name": "FIXED", "type": "text", "value": "0.10", "locked": True})
        trigger = self.call("POST", f"{one}/triggers", {
            "type": "scm", "name": "on-tag", "event_listener": "listener-tag",
            "source": {"type": "git", "properties": {
                "url": "https://us-east.git.cloud.ibm.com/ann/berth-planner.git",
                "pattern": "release-*"}},
            "events": ["push"], "tags": ["quay"], "max_concurrent_runs": 3,
            "enable_events_from_forks": True})
        self.call("POST", f"{one}/triggers/{trigger['id']}/properties",
                  {"name": "DEPTH", "type": "text", "value": "1"})
        # One that is off where it was saved stays off.
        self.call("POST", f"{one}/triggers", {
            "type": "timer", "name": "yearly", "event_listener": "listener-nightly",
            "cron": "0 3 1 1 *", "timezone": "UTC", "enabled": False})


def named(state, toolchain):
    """Ids and their digests → the names of what they are of."""
    names = {}
    for tool in state["tools"]:
        if tool["toolchain_id"] == toolchain:
            names[tool["id"]] = tool["name"]
            names[hashlib.sha256(tool["id"].encode()).hexdigest()] = tool["name"]
    return names


def comparable(thing, names):
    """As it is in the target region, with names for ids; what the services count is not in it."""
    text = json.dumps(thing).replace("us-east", TARGET)
    for one, name in names.items():
        text = text.replace(one, f"<{name}>")
    return {key: value for key, value in json.loads(text).items()
            if key not in ("id", "owner", "_order", "created_at", "toolchain_id", "is_tekton",
                           "document")}


def shape(state, toolchain):
    """All that a copy should have as its source has it, each thing once."""
    names = named(state, toolchain)
    things = {}

    def add(kind, where, thing):
        assert (kind, where) not in things, f"there twice: {kind} {where}"
        things[(kind, where)] = comparable(thing, names)

    for tool in state["tools"]:
        if tool["toolchain_id"] == toolchain:
            add("tool", tool["name"], {"type": tool["tool_type_id"], **{
                key: value for key, value in tool["parameters"].items()
                if key not in SECRETS | {"external_api_url"}}})
    for pipeline in state["pipelines"]:
        if pipeline["toolchain_id"] == toolchain:
            add("pipeline", pipeline["name"], pipeline)
    triggers = {one["id"]: one["name"] for one in state["triggers"]}
    for one in state["definitions"]:
        if one["owner"] in names:
            path = one["source"]["properties"]["path"]
            add("definition", f"{names[one['owner']]}/{path}", one)
    for one in state["triggers"]:
        if one["owner"] in names:
            add("trigger", f"{names[one['owner']]}/{one['name']}", one)
    for one in state["properties"]:
        pipeline, _, trigger = one["owner"].partition("/")
        if pipeline in names:
            owner = names[pipeline] + (f"/{triggers[trigger]}" if trigger else "")
            add("property", f"{owner}/{one['name']}", one)
    return things


def is_equal(state, source, copy, what, secrets="empty"):
    """The copy has what its source has, but for what is to differ; that is named here."""
    wanted, made = shape(state, source), shape(state, copy)
    added = made.pop(("trigger", "plan-cd/by-hand"))
    assert added["type"] == "manual" and added["enabled"], (what, added)
    assert added["event_listener"] == "listener-merge", (what, added)
    assert set(wanted) == set(made), (what, set(wanted) ^ set(made))
    for key, thing in wanted.items():
        other = dict(made[key])
        thing = dict(thing)
        if key[0] == "property" and thing["type"] == "secure" and not key[1].endswith("/SIGN_KEY"):
            assert thing.pop("is_set") and thing.pop("value_sha256"), (what, key)
            assert other.pop("is_set") == (secrets == "set"), (what, key)
            del other["value_sha256"]
        if key[0] == "trigger":
            isManual = thing["type"] == "manual"
            assert other.pop("enabled") == isManual, (what, key, other)
            thing.pop("enabled")
            if "secret" in thing:
                assert thing["secret"].pop("value"), (what, key)
                assert bool(other["secret"].pop("value", "")) == (secrets == "set"), (what, key)
            for one in (thing, other):
                one["events"] = sorted(one.get("events", []))
        assert thing == other, (what, key, thing, other)


def by_api(scene, suffix="", **how):
    return scene.restore(NAME, suffix=suffix, book=BOOK, **how)


def words(book, *more, suffix=""):
    return copies.words(book, "--set", f"name_suffix={suffix}", *more, names=(NAME,))


def saved(home):
    """A scene whose Tekton toolchain is saved, and its source."""
    scene = Scene(home)
    source = Source(scene)
    save(scene, NAME)
    return scene, source


def save(scene, name):
    ids = {one["name"]: one["id"] for one in scene.state()["toolchains"]
           if one["location"] != TARGET}
    shown = scene.home.json("systems", "show", SYSTEM)["inputs"]["toolchain"]
    (address,) = [one for one in shown if ids[name] in one]
    scene.save("--set", f"toolchain={address}", expect=(0, 3))


def one_copy(scene, source, suffix, what):
    """There is one, and it is whole."""
    copies = scene.copies(NAME + suffix)
    assert len(copies) == 1, (what, copies)
    is_equal(scene.state(), source.id, copies[0]["id"], what)
    assert not scene.state()["runs"], what
    assert not scene.owed(), (what, scene.owed())


def test_story():
    with RecordedHome() as home:
        scene, source = saved(home)
        home.cli("practice", "damage", "ibm-toolchain", expect=0)
        asked = len(scene.requests())
        told = by_api(scene, expect=3)
        said = told.stdout + told.stderr
        assert "plan-cd had no manual trigger" in said and "by-hand" in said, said
        assert "Not in the copy" not in said and "not in the template" not in said, said
        # No GitLab, no project, no template.
        after = scene.requests()[asked:]
        assert not [one for one in after if "/api/v4/" in one["target"]
                    or "setup/deploy" in one["target"] or "private-token" in one["headers"]]
        one_copy(scene, source, "", "the whole story")
        state = scene.state()
        copy = scene.copies(NAME)[0]
        misconfigured = {one["name"] for one in state["tools"]
                         if one["toolchain_id"] == copy["id"] and one["state"] != "configured"}
        assert misconfigured == {"harbour-vault", "quay-worker"}, misconfigured
        assert not any(automatic(scene).values()), automatic(scene)

        wanted = slots(home)
        assert len(wanted) >= 4, wanted
        provide(home, wanted)
        home.cli(*words("secrets"), expect=4)
        answer_asks(home, home.runs()[-1])
        is_equal(scene.state(), source.id, copy["id"], "with its secrets", secrets="set")
        kept = {(pipeline, one["name"]): one["value_sha256"]
                for pipeline, one in of_copies(scene, "properties")}
        for name, slot in wanted.items():
            if slot["name"] != "secret":  # a trigger's own is no property
                digest = hashlib.sha256(value(name).encode()).hexdigest()
                assert kept[(slot["service"], slot["name"])] == digest, (name, slot)

        home.cli(*words("triggers-on", *LOST), expect=(0, 3))
        on = {f"{pipeline}/{one['name']}": one["enabled"]
              for pipeline, one in of_copies(scene, "triggers")}
        assert {name for name, is_on in on.items() if not is_on} == {"plan-ci/yearly"}, on
        home.cli(*words("triggers-off"), expect=(0, 3))
        assert not any(automatic(scene).values()), automatic(scene)
        home.cli(*words("prove"), expect=(0, 3))
        ended = sorted((pipeline, one["status"]) for pipeline, one in of_copies(scene, "runs"))
        assert ended == [("plan-cd", "succeeded"), ("plan-ci", "succeeded")], ended


def test_a_classic_pipeline_is_refused():
    with RecordedHome() as home:
        scene = Scene(home)
        save(scene, "harbor-ferry")
        told = scene.restore("harbor-ferry", book=BOOK, expect=1)
        said = told.stdout + told.stderr
        for word in ("harbor-ferry has 1 classic pipeline", "build-web", "ibm-toolchain.restore",
                     "Nothing was changed"):
            assert word in said, (word, said)
        assert not scene.copies()


def test_a_name_that_the_api_refuses():
    with RecordedHome() as home:
        scene, _ = saved(home)
        told = by_api(scene, suffix=" (eu-de)", expect=1)
        said = told.stdout + told.stderr
        assert "No toolchain can be called" in said and "name_suffix" in said, said
        assert not scene.copies()


# The last two say nothing of whether it was done: each piece is looked for, and asked for again.
GOT_OVER = ("api-429-first", "api-cut-after-creating", "token-expires-soon", "api-500-first")
SLOW = ("api-cut-before-creating-first",)


def test_in_spite_of():
    with RecordedHome() as home:
        scene, source = saved(home)
        for fault in GOT_OVER + (SLOW if FULL else ()):
            scene.faults(fault)
            by_api(scene, suffix=f" {fault}", expect=3)
            scene.faults()
            one_copy(scene, source, f" {fault}", fault)


def test_secrets_that_cannot_be_empty():
    """They are not there until they are set."""
    with RecordedHome() as home:
        scene, source = saved(home)
        scene.faults("api-refuses-empty-secrets")
        told = by_api(scene, expect=3)
        said = told.stdout + told.stderr
        assert "CLUSTER_KEY of pipeline plan-cd is a secret" in said, said
        assert ("plan-cd", "CLUSTER_KEY") not in {
            (pipeline, one["name"]) for pipeline, one in of_copies(scene, "properties")}
        provide(home, slots(home))
        home.cli(*words("secrets"), expect=4)
        answer_asks(home, home.runs()[-1])
        (copy,) = scene.copies(NAME)
        is_equal(scene.state(), source.id, copy["id"], "made by .secrets", secrets="set")


def test_a_tool_that_is_refused():
    """What is there stays, and is gone after an undo."""
    with RecordedHome() as home:
        scene, _ = saved(home)
        pair = ("https://us-east.git.cloud.ibm.com/ann/berth-tasks.git="
                "https://eu-de.git.cloud.ibm.com/ann/nowhere.git")
        told = by_api(scene, more=("--set", f"repository_map={pair}"), expect=1)
        said = told.stdout + told.stderr
        for word in ("Tool planner-tasks of berth-planner cannot be made",
                     "Repository URL is not valid", "is there in part", "undo this run"):
            assert word in said, (word, said)
        assert len(scene.copies(NAME)) == 1
        undone(scene, home.runs()[-1])


def undone(scene, run):
    scene.home.cli("runs", "undo", run, "--yes", "--confirm", TEXT, "--accept",
                   "old_off=it was made for nothing", expect=(0, 3))
    state = scene.state()
    assert not scene.copies(), scene.copies()
    there = {one["id"] for one in state["toolchains"]}
    assert all(one["toolchain_id"] in there for one in state["tools"] + state["pipelines"])
    tools = {one["id"] for one in state["tools"]}
    for kind in ("properties", "triggers", "definitions"):
        assert all(one["owner"].split("/")[0] in tools for one in state[kind]), kind


def test_kill_while_building():
    with RecordedHome() as home:
        scene, source = saved(home)
        by_api(scene, expect=3)
        one_copy(scene, source, "", "nobody killed it")
        for place in kill_places(len(home.events(home.runs()[-1])), "by-api", 5):
            known = home.begun_runs()
            suffix = " " + place.replace(":", "-")
            by_api(scene, suffix=suffix, environment=killed_at(place))
            fresh = [one for one in home.begun_runs() if one not in known]
            if not fresh:
                assert not scene.copies(NAME + suffix), place
                continue
            until(lambda: not runner_lives(home, fresh[0]), 20, "the runner to end")
            goes_on(scene, fresh[0], place)
            one_copy(scene, source, suffix, place)


# The runner dies while the service works on one of these.
UNDER_WAY = ["/toolchain/v2/toolchains", "/tools", "/tekton_pipelines", "/definitions",
             "/properties", "/triggers"]


def restore_words(scene, suffix):
    return scene.restore_words(NAME, suffix=suffix, book=BOOK)


def is_idle(scene):
    """The service has ended what it was asked for."""
    return all(one["status"] for one in scene.requests())


def test_kill_while_a_request_is_under_way():
    with RecordedHome() as home:
        scene, source = saved(home)
        chosen = UNDER_WAY if FULL else random.Random(SEED).sample(UNDER_WAY, 2)
        for path in chosen:
            suffix = f" {UNDER_WAY.index(path)}"
            run = killed_under_way(scene, "POST", path, restore_words(scene, suffix))
            goes_on(scene, run, path)
            one_copy(scene, source, suffix, path)


def test_cancel_while_a_request_is_under_way():
    """What the service makes all the same is known, and can be taken away again."""
    with RecordedHome() as home:
        scene, _ = saved(home)
        for path in UNDER_WAY if FULL else UNDER_WAY[:2]:
            words_of_it = restore_words(scene, f" {UNDER_WAY.index(path)}")
            going, run = begun_until(scene, "POST", path, words_of_it)
            home.cli("runs", "cancel", run, expect=0)
            going.wait(timeout=60)
            scene.faults()
            until(lambda: is_idle(scene), 10, "the service to end what it was asked for")
            assert home.json("runs", "show", run)["state"] == "cancelled", path
            assert len(scene.copies()) == 1, path
            undone(scene, run)


def test_properties_are_made_at_once():
    """At most six requests are under way, and more than one."""
    with RecordedHome() as home:
        scene, source = saved(home)
        one = f"/pipeline/v2/tekton_pipelines/{source.tools['plan-cd']}"
        for n in range(12):
            source.call("POST", f"{one}/properties",
                        {"name": f"MANY_{n}", "type": "text", "value": str(n)})
        save(scene, NAME)
        asked = len(scene.requests())
        scene.faults(latency=50)
        by_api(scene, expect=3)
        scene.faults()
        one_copy(scene, source, "", "many properties")
        spans = [(one["start_ms"], one["end_ms"]) for one in scene.requests()[asked:]]
        most = max(sum(start <= at < end for start, end in spans) for at, _ in spans)
        assert 2 <= most <= 6, most


if __name__ == "__main__":
    main(globals())
