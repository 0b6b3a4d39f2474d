#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Toolchains of IBM Cloud against the simulator: the whole story with a search for secrets, every
fault, kill -9 of the runner at journal events (sampled by a seed; LIFEBOAT_TEST_FULL=1: every event)
and while a request is under way. Judged by what the services have, not by what Lifeboat says."""

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lifeboat import FULL, main  # noqa: E402
from toolchains import (GOOD, TARGET, RecordedHome, Scene, Watcher,  # noqa: E402
                        files_with_secrets, secrets_in)

SEED = 20261122


def shapes(state, region):
    """What is comparable of a region's toolchains: types and names of their tools."""
    tools = {}
    for tool in state["tools"]:
        tools.setdefault(tool["toolchain_id"], []).append(tool["tool_type_id"])
    return {one["name"]: sorted(tools[one["id"]]) for one in state["toolchains"]
            if one["location"] == region}


def no_secret_anywhere(scene, watcher):
    """Not in a file but the simulator's own, not in what was said, not in arguments, not in an
    address, not inside of a part."""
    home = scene.home
    point = home.points()[0]["id"]
    for part in home.json("backups", "show", point)["parts"]:
        for name, data in scene.unpacked(point, part["id"]).items():
            # A mask is no value: nothing of it may go into a copy.
            assert b"****" not in data or not name.startswith(("template/", "pipelines/")), name
            assert not secrets_in(data), (part["id"], name)
    # The search finds what is there: the simulator's own.
    assert files_with_secrets(scene.folder, but=home.path / "none")
    found = files_with_secrets(home.path, but=scene.folder.parent)
    assert not found, found
    said = [text for text in home.said if secrets_in(text.encode())]
    assert not said, said
    assert watcher.looks > 50 and not watcher.seen, (watcher.looks, watcher.seen)
    targets = [one["target"] for one in scene.requests() if secrets_in(one["target"].encode())]
    assert not targets, targets


def test_story_and_secrets():
    with RecordedHome() as home, Watcher(home) as watcher:
        scene = Scene(home)
        before = shapes(scene.state(), "us-east")
        templates = home.path / "templates"
        told = scene.save("--set", f"template_folder={templates}", expect=3)
        assert "ann/adrift.git" in told.stdout, told.stdout
        assert {path.name for path in templates.iterdir()} == {*GOOD, "lost-anchor"}
        assert not scene.half_points()
        point = home.points()[0]["id"]
        home.cli("backups", "verify", point, expect=0)
        home.cli("practice", "damage", "ibm-toolchain", expect=0)
        refused = scene.restore(expect=1)
        assert "lost-anchor" in refused.stdout and "--only names the others" in refused.stdout
        assert not scene.copies(), "made although a check had failed"

        scene.restore(*GOOD, expect=3)
        run = home.runs()[-1]
        state = scene.state()
        assert shapes(state, TARGET) == {name: before[name] for name in GOOD}
        assert not state["runs"], state["runs"]
        copies = {one["id"] for one in scene.copies()}
        pipelines = {one["id"] for one in state["pipelines"] if one["toolchain_id"] in copies}
        by_themselves = [one for one in state["triggers"] if one["owner"] in pipelines
                         and one["type"] in ("scm", "timer") and one.get("enabled", True)]
        assert not by_themselves, by_themselves
        scene.is_clean("the whole story")
        for words in (("runs", "show", run), ("runs", "log", run), ("report", run, home.path / "report.html", "--html"),
                      ("obligations", "list"), ("backups", "show", point)):
            home.cli(*words, expect=0)
        home.cli("runs", "export", run, home.path / "records.zip")
        scene.faults()
        no_secret_anywhere(scene, watcher)


# Fault, exit status, what must be told; the run saves nothing.
SAVE_FAULTS = [
    ("iam-bad-key", 1, ["The API key is not exchanged", "could not be found", "ibm_api_key",
                        "Nothing was changed"]),
    ("toolchain-302-login", 1, ["Toolchain 11111111", "us-east", "points to /login", "ibm_api_key",
                                "Nothing was changed"]),
    ("toolchain-html", 1, ["Toolchain 11111111", "web page", "Nothing was changed"]),
    ("toolchain-404", (1, 2), ["Toolchain 11111111", "404", "may not see it",
                               "Nothing was changed"]),
    ("pipeline-401", 1, ["Pipeline build-web", "401", "ibm_api_key"]),
    ("pipeline-403-html", 1, ["Pipeline", "403", "a web page instead of data", "ibm_api_key"]),
    ("pipeline-empty", 1, ["Pipeline", "is empty"]),
    ("pipeline-null", 1, ["Pipeline", "is no pipeline"]),
    ("pipeline-html-200", 1, ["Pipeline", "web page instead of pipeline"]),
]
SLOW_SAVE_FAULTS = [
    ("iam-429-always", 1, ["The API key is not exchanged", "429", "Nothing was changed"]),
    ("region-lost", 1, ["Toolchain 11111111", "503", "Nothing was changed"]),
]


def test_save_tells_what_is_wrong():
    with RecordedHome() as home:
        scene = Scene(home)
        for fault, status, words in SAVE_FAULTS + (SLOW_SAVE_FAULTS if FULL else []):
            scene.faults(fault)
            told = scene.save_one(expect=status)
            said = told.stdout + told.stderr
            missing = [word for word in words if word not in said]
            assert not missing, (fault, missing, said)
            if fault.startswith("pipeline"):
                assert "Nothing was saved and nothing changed" in said, (fault, said)
                assert "kept for a resume" not in said, (fault, said)
            assert not home.points() and not scene.half_points(), fault
            assert not scene.owed(), fault


def test_save_in_spite_of():
    """What is waited for, or got over."""
    with RecordedHome() as home:
        scene = Scene(home)
        for fault in ("iam-429-first", "token-expires-soon", "pipeline-drip", "slow-answers"):
            scene.faults(fault)
            scene.save_one(expect=0)
        parts = [scene.unpacked(point["id"], "harbor-ferry") for point in home.points()]
        assert len(parts) == 4
        for part in parts[1:]:
            assert {name: data for name, data in part.items() if name != "template/README.md"} == \
                {name: data for name, data in parts[0].items() if name != "template/README.md"}


# Fault, what must be told; no copy is made.
RESTORE_FAULTS = [
    ("deploy-400", ["No copy of harbor-ferry", "could not be created", "No copy was made"]),
    ("deploy-302", ["No copy of harbor-ferry", "points to /login", "ibm_api_key",
                    "No copy was made"]),
    ("git-commit-refused", ["The template cannot be put", "not allowed to push", "git_token",
                            "No copy was made"]),
    ("git-commit-corrupt", ["does not hold the template", "is not what was written",
                            "No copy was made"]),
    ("git-project-name-taken", ["cannot be made at", "already been taken", "No copy was made"]),
    ("git-token-lacks-scope", ["lacks scopes: api, write_repository", "git_token",
                               "Nothing was changed"]),
    ("git-token-expired", ["does not let anybody in", "401", "Nothing was changed"]),
    ("iam-bad-key", ["The API key is not exchanged", "ibm_api_key", "Nothing was changed"]),
]
SLOW_RESTORE_FAULTS = [
    ("deploy-cut-before-creating", ["Nobody knows whether a copy", "Look at the toolchains of"]),
]
# Not even begun, so the token was never used.
CHECKS = ("git-token-lacks-scope", "git-token-expired", "iam-bad-key")


def test_restore_tells_what_is_wrong():
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save_one(expect=0)
        for fault, words in RESTORE_FAULTS + (SLOW_RESTORE_FAULTS if FULL else []):
            scene.start()
            scene.faults(fault)
            told = scene.restore("harbor-ferry", expect=1)
            said = told.stdout + told.stderr
            missing = [word for word in words if word not in said]
            assert not missing, (fault, missing, said)
            # A GitLab token is not mended by another API key.
            if fault.startswith("git-"):
                assert "ibm_api_key" not in said, (fault, said)
            scene.faults()
            assert not scene.copies(), (fault, scene.copies())
            assert not scene.projects() and not scene.owed(), (fault, scene.projects())
            assert bool(scene.live_tokens()) == (fault in CHECKS), (fault, scene.live_tokens())


# Fault, exit status, what must be told; there is one copy at the end, and nothing else.
GOT_OVER = [
    ("deploy-cut-after-creating", []),
    ("token-expires-soon", []),
    ("iam-429-first", []),
    ("search-empty", []),
    ("git-delayed-deletion", []),
    ("deploy-ignores-execute-false", ["ci-run began to run by itself"]),
    ("tools-misconfigured", ["Not set up, and not for want of a secret: web-src, ci-tasks, "
                             "build-web, ci-run"]),
    ("no-oauth-grant", ["Not set up, and not for want of a secret: web-src, ci-tasks"]),
    ("patch-ignored", []),
]


def test_restore_in_spite_of():
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save_one(expect=0)
        for fault, words in GOT_OVER:
            scene.start()
            scene.faults(fault)
            told = scene.restore("harbor-ferry", suffix=f" {fault}", expect=3)
            said = told.stdout + told.stderr
            missing = [word for word in words if word not in said]
            assert not missing, (fault, missing, said)
            scene.faults()
            assert len(scene.copies(f"harbor-ferry {fault}")) == 1, (fault, scene.copies())
            running = [one for one in scene.state()["runs"] if one["status"] == "running"]
            assert not running, (fault, running)
            scene.is_clean(fault)


def test_a_token_that_cannot_be_revoked_stays_red():
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save_one(expect=0)
        scene.faults("revoke-ignored")
        told = scene.restore("harbor-ferry", expect=1)
        assert "is still good" in told.stderr and "by hand" in told.stderr, told.stderr
        run = home.runs()[-1]
        assert scene.live_tokens() and scene.owed(run) == ["token"], scene.owed()
        scene.faults()
        home.cli("runs", "resume", run, expect=(0, 1, 3))
        scene.is_clean("resumed")
        assert len(scene.copies("harbor-ferry")) == 1, scene.copies()


def test_a_name_that_is_taken_is_asked_about():
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save_one(expect=0)
        scene.faults("duplicate-name-in-target")
        told = scene.restore("harbor-ferry", expect=4)
        assert "has a toolchain called harbor-ferry already" in told.stdout, told.stdout
        assert not scene.copies() and not scene.projects(), scene.copies()
        run = home.runs()[-1]
        home.cli("runs", "cancel", run, expect=(0, 5))
        scene.restore("harbor-ferry", more=("--accept", "name[harbor-ferry]=of another team"),
                      expect=3)
        scene.faults()
        assert len(scene.copies("harbor-ferry")) == 1, scene.copies()
        scene.is_clean("beside its namesake")


if __name__ == "__main__":
    main(globals())
