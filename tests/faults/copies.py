# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the practice's toolchains for tests: what a runbook works on, what it is to be before,
and what the services have of it."""

import hashlib
import json
import urllib.parse
import urllib.request

from lifeboat import until
from toolchains import SYSTEM, TARGET, Scene

NAMES = ("harbor-ferry", "berth-planner")
SOURCE = "us-east"
AUTOMATIC = ("scm", "timer", "generic")


def words(book, *more, names=NAMES):
    only = [word for name in names for word in ("--only", name)]
    if book == "triggers-on" and not any("stay=" in word for word in more):
        more = ("--set", "stay=for_good", *more)
    return ["run", f"ibm-toolchain.{book}", "--system", SYSTEM, "--restore-point", "latest",
            "--yes", *only, *more]


# Said once the source's region is gone: one reason for each of the toolchains.
LOST = ("--accept", "source_seen=its region is closed")


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
            for pipeline, one in of_copies(scene, "triggers") if one["type"] in AUTOMATIC}


def slots(home, names=NAMES):
    """Those that a run fills by itself: secret → place."""
    point = home.points()[0]["id"]
    found = {}
    for part in home.json("backups", "show", point)["parts"]:
        for slot in part["details"]["slots"]:
            if part["id"] in names and slot["by_api"] and slot["needed"] and not slot["reference"]:
                found[slot["secret"]] = slot
    return found


def value(name, number=0):
    """Holds the secret's name, so that places cannot be mixed up."""
    return f"canary-put-back-{name}-{number}"


def provide(home, secrets, number=0):
    """Each from a program."""
    for name in secrets:
        file = home.path / f"secret-{name}"
        is_new = not file.exists()
        file.write_text(value(name, number))
        if is_new:
            home.cli("secrets", "set", SYSTEM, name, "--program", json.dumps(["cat", str(file)]),
                     expect=0)


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def answer_asks(home, run, is_gone=lambda: False):
    """A person who does what the list says, until the run has ended or is gone; which steps asked,
    and its state."""
    answered = []

    def is_over():
        shown = home.json("runs", "show", run)
        waiting = shown["waiting"]
        if is_gone():
            return shown["state"]
        if waiting and waiting["for"] == "person" and waiting["step"] not in answered:
            assert waiting["step"].startswith("by_hand["), waiting
            home.cli("runs", "answer", run, waiting["step"], "done", "--note",
                     "seen in the console", expect=(0, 1, 3, 4, 6))
            answered.append(waiting["step"])
        return shown["state"] in ("succeeded", "warned", "failed", "cancelled") and shown["state"]
    return answered, until(is_over, 90, "the run's end")


class Copies:
    """Copies of the toolchains; nothing starts in their source any more. One trigger was off when
    they were saved."""

    def __init__(self, home, *names):
        self.home, self.scene = home, Scene(home)
        self.token = self.bearer()
        source = self.scene.state()["triggers"]
        (nightly,) = [one for one in source if one["name"] == "nightly"]
        self.api("PATCH", nightly, {"enabled": False}, SOURCE)
        self.scene.save(expect=3)
        for trigger in source:
            if trigger["type"] in AUTOMATIC:
                self.api("PATCH", trigger, {"enabled": False}, SOURCE)
        self.scene.restore(*names, expect=3)

    def bearer(self):
        form = urllib.parse.urlencode({"apikey": "canary-api-key",
                                       "grant_type": "urn:ibm:params:oauth:grant-type:apikey"})
        url = f"http://127.0.0.1:{self.scene.port}/identity/token"
        with urllib.request.urlopen(url, form.encode(), timeout=10) as answer:
            return json.loads(answer.read())["access_token"]

    def api(self, method, trigger, body=None, region=TARGET):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.scene.port}/{region}/pipeline/v2/tekton_pipelines/"
            f"{trigger['owner']}/triggers/{trigger['id']}",
            None if body is None else json.dumps(body).encode(), method=method,
            headers={"Authorization": f"Bearer {self.token}",
                     "Content-Type": "application/merge-patch+json"})
        urllib.request.urlopen(request, timeout=10).close()

    def forget_triggers(self):
        """As a restore makes them: some left out, some off."""
        for _, trigger in of_copies(self.scene, "triggers"):
            if trigger["type"] == "generic":
                self.api("PATCH", trigger, {"enabled": False})
            elif trigger["type"] in AUTOMATIC:
                self.api("DELETE", trigger)

    def switch_all_on(self):
        for _, trigger in of_copies(self.scene, "triggers"):
            self.api("PATCH", trigger, {"enabled": True})

    def triggers(self):
        """PIPELINE/NAME → all of it but ids and secrets. None is there twice."""
        found = {}
        owners = {}
        for pipeline, one in of_copies(self.scene, "triggers"):
            name = f"{pipeline}/{one['name']}"
            assert name not in found, name
            kept = {key: text for key, text in one.items()
                    if key not in ("id", "owner", "secret", "_order")}
            kept.get("source", {}).get("properties", {}).pop("tool", None)
            owners[one["id"]] = name
            found[name] = {**kept, "properties": []}
        for _, one in of_copies(self.scene, "properties"):
            if "/" in one["owner"]:
                trigger = owners.get(one["owner"].split("/")[1])
                if trigger:
                    found[trigger]["properties"].append((one["name"], one["type"]))
        return found

    def secrets(self):
        """(pipeline, trigger or nothing, name) → digest of the value that is there."""
        names = {one["id"]: one["name"] for _, one in of_copies(self.scene, "triggers")}
        kept = {}
        for pipeline, one in of_copies(self.scene, "properties"):
            trigger = one["owner"].partition("/")[2]
            place = (pipeline, names.get(trigger, trigger), one["name"])
            assert place not in kept, place
            kept[place] = one["value_sha256"]
        for pipeline, one in of_copies(self.scene, "triggers"):
            if one.get("secret"):
                kept[(pipeline, one["name"], "secret")] = digest(one["secret"].get("value", ""))
        return kept

    def runs(self):
        return [{**one, "pipeline": pipeline} for pipeline, one in of_copies(self.scene, "runs")]
