#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Toolchains of IBM Cloud against the simulator: the whole story with a search for secrets, every
fault, kill -9 of the runner at journal events (sampled by a seed; LIFEBOAT_TEST_FULL=1: at every
one) and while a request is under way; many pipelines at once. Judged by what the services have, not
by what Lifeboat says."""

import math
import os
import random
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lifeboat import FULL, PROGRAM, Skip, main, until  # noqa: E402
from many_pipelines import KEY, ManyPipelines, instance  # noqa: E402
from test_kill_points import attempts_are_sane, killed_at, runner_lives  # noqa: E402
from toolchains import (GOOD, TARGET, TEXT, RecordedHome, Scene, Watcher,  # noqa: E402
                        files_with_secrets, secrets_in, unpacked)

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
        page = home.path / "report.html"
        for words in (("runs", "show", run), ("runs", "log", run), ("report", run, page, "--html"),
                      ("obligations", "list"), ("backups", "show", point)):
            home.cli(*words, expect=0)
        home.cli("runs", "export", run, home.path / "records.zip")
        scene.faults()
        no_secret_anywhere(scene, watcher)


def test_practice_at_one_go():
    with RecordedHome() as home:
        told = home.cli("practice", "run", "ibm-toolchain", expect=0).stdout
        assert told.splitlines()[-1].startswith("practice: equal (4 toolchains"), told
        home.cli("practice", "stop", "ibm-toolchain", expect=0)


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
        assert all(same_files(parts[0], part) for part in parts[1:])


def same_files(left, right):
    """The template's README says when it was made."""
    readme = "template/README.md"
    return {**left, readme: b""} == {**right, readme: b""}


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
    ("deploy-cut-before-creating", ["Nobody knows whether a copy", "There may be a copy: look"]),
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
    ("git-delayed-deletion", []),
    ("deploy-ignores-execute-false", ["ci-run began to run by itself"]),
    ("tools-misconfigured", ["Not set up, and not for want of a secret: web-src, ci-tasks, "
                             "build-web, ci-run"]),
    ("no-oauth-grant", ["Not set up, and not for want of a secret: web-src, ci-tasks"]),
]
# What a restore does not ask for.
UNUSED_FAULTS = [(fault, []) for fault in ("iam-429-first", "search-empty", "patch-ignored",
                                           "secret-not-kept", "slow-answers")]


def test_restore_in_spite_of():
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save_one(expect=0)
        for fault, words in GOT_OVER + (UNUSED_FAULTS if FULL else []):
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


def kill_places(events, what, samples):
    """After and within each line, and after each sync; sampled unless FULL."""
    every = [f"{kind}:{n}" for n in range(1, events + 1) for kind in ("line", "half", "sync")]
    chosen = every if FULL else random.Random(f"{SEED}/{what}").sample(every, samples)
    return sorted(set(chosen), key=every.index)


def goes_on(scene, run, place):
    """Resumes until the run has ended."""
    home = scene.home
    until(lambda: not runner_lives(home, run), 20, "the killed runner's processes to end")
    done = home.cli("runs", "resume", run, expect=(0, 3))
    shown = home.json("runs", "show", run)
    assert shown["state"] in ("succeeded", "warned"), (place, done.stdout, done.stderr)
    attempts_are_sane(home, run, place)


def owes_what_is_there(scene, run, place):
    """A run that was cut off may leave its token and its project, but each as an obligation."""
    owed = scene.owed(run)
    if [path for path in scene.projects() if run in path]:
        assert [one for one in owed if one.startswith("project")], (place, owed)
    begun = [e for e in scene.home.whole_events(run) if e["event"] == "step_intended"]
    if begun and scene.live_tokens():
        assert "token" in owed, (place, owed)


def ended_once(scene, name, place):
    assert len(scene.copies(name)) == 1, (place, scene.copies(name))
    scene.is_clean(place)


def test_kill_while_saving():
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save_one(expect=0)
        good = scene.unpacked(home.points()[0]["id"], "harbor-ferry")
        for place in kill_places(len(home.events(home.runs()[-1])), "save", 4):
            known, points = home.begun_runs(), {one["id"] for one in home.points()}
            scene.save_one(environment=killed_at(place))
            fresh = [one for one in home.begun_runs() if one not in known]
            if not fresh:
                continue
            goes_on(scene, fresh[0], place)
            made = [one["id"] for one in home.points() if one["id"] not in points]
            assert made == ["p" + fresh[0][1:]], (place, made)
            assert not scene.half_points(), (place, scene.half_points())
            assert same_files(good, scene.unpacked(made[0], "harbor-ferry")), place


def test_kill_while_restoring():
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save_one(expect=0)
        scene.restore("harbor-ferry", expect=3)
        for place in kill_places(len(home.events(home.runs()[-1])), "restore", 4):
            scene.start()
            known = home.begun_runs()
            suffix = " " + place.replace(":", "-")
            scene.restore("harbor-ferry", suffix=suffix, environment=killed_at(place))
            fresh = [one for one in home.begun_runs() if one not in known]
            if fresh:
                until(lambda: not runner_lives(home, fresh[0]), 20, "the runner to end")
                owes_what_is_there(scene, fresh[0], place)
                goes_on(scene, fresh[0], place)
                ended_once(scene, "harbor-ferry" + suffix, place)
            else:
                assert not scene.copies("harbor-ferry" + suffix), place
                assert not scene.projects() and not scene.owed(), place


# The runner dies while the service works on this.
UNDER_WAY = [("POST", "/devops/setup/deploy"), ("POST", "/api/v4/projects"),
             ("POST", "/repository/commits"), ("DELETE", "/api/v4/projects/"),
             ("DELETE", "/personal_access_tokens/self")]


def begun_until(scene, method, path, words):
    """A restore that goes on while the service works on that request: the process and the run."""
    home = scene.home
    known, asked = home.begun_runs(), len(scene.requests())
    scene.faults(latency=150)
    going = subprocess.Popen([PROGRAM, *words],
                             env=home.environment, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)

    def is_under_way():
        return [one for one in scene.requests()[asked:] if one["method"] == method and
                path in one["target"] and one["status"] == 0]
    until(is_under_way, 60, f"{method} {path}")
    (run,) = [one for one in home.begun_runs() if one not in known]
    return going, run


def killed_under_way(scene, method, path, words):
    going, run = begun_until(scene, method, path, words)
    for pid in scene.home.runners():
        os.kill(pid, signal.SIGKILL)
    going.wait(timeout=60)
    scene.faults()
    return run


def test_kill_while_a_request_is_under_way():
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save_one(expect=0)
        more = UNDER_WAY[1:] if FULL else random.Random(SEED).sample(UNDER_WAY[1:], 1)
        for method, path in [UNDER_WAY[0], *more]:
            scene.start()
            what = f"{method} {path}"
            suffix = f" {UNDER_WAY.index((method, path))}"
            run = killed_under_way(scene, method, path,
                                   scene.restore_words("harbor-ferry", suffix=suffix))
            until(lambda: not runner_lives(home, run), 20, "the runner to end")
            time.sleep(0.4)  # the service ends what it was asked for
            owes_what_is_there(scene, run, what)
            goes_on(scene, run, what)
            ended_once(scene, "harbor-ferry" + suffix, what)


def test_cancel_while_a_request_is_under_way():
    """What the service makes all the same is known, and can be taken away again."""
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save_one(expect=0)
        for method, path in UNDER_WAY if FULL else UNDER_WAY[:2]:
            scene.start()
            what = f"{method} {path}"
            suffix = f" {UNDER_WAY.index((method, path))}"
            going, run = begun_until(scene, method, path,
                                     scene.restore_words("harbor-ferry", suffix=suffix))
            home.cli("runs", "cancel", run, expect=0)
            going.wait(timeout=60)
            scene.faults()
            time.sleep(0.4)  # the service ends what it was asked for
            assert home.json("runs", "show", run)["state"] == "cancelled", what
            scene.is_clean(what)
            if scene.copies("harbor-ferry" + suffix):
                home.cli("runs", "undo", run, "--yes", "--confirm", TEXT, "--accept",
                         "old_off=it was made for nothing", expect=(0, 3))
            assert not scene.copies() and not scene.projects(), (what, scene.copies())


def test_cancel_while_a_lost_answer_is_looked_for():
    """A copy that nobody knows of would be nobody's: it is looked for all the same."""
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save_one(expect=0)
        for fault, state in (("after", "cancelled"), *([("before", "failed")] if FULL else [])):
            scene.start()
            known, asked = home.begun_runs(), len(scene.requests())
            scene.faults(f"deploy-cut-{fault}-creating", "deploy-shows-late")
            going = subprocess.Popen([PROGRAM, *scene.restore_words("harbor-ferry")],
                                     env=home.environment, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
            until(lambda: [one for one in scene.requests()[asked:]
                           if "/devops/setup/deploy" in one["target"] and one["end_ms"]], 60,
                  "the lost answer")
            (run,) = [one for one in home.begun_runs() if one not in known]
            home.cli("runs", "cancel", run, expect=0)
            going.wait(timeout=90)
            scene.faults()
            shown = home.json("runs", "show", run)
            assert shown["state"] == state, (fault, shown)
            scene.is_clean(fault)
            scene.start()  # the run's own token is revoked
            undo = ["runs", "undo", run, "--yes", "--confirm", TEXT, "--accept",
                    "old_off=it was made for nothing"]
            if fault == "after":
                assert len(scene.copies()) == 1, scene.copies()
                home.cli(*undo, expect=(0, 3))
                assert not scene.copies(), scene.copies()
            else:
                told = " ".join(home.cli("runs", "show", run).stdout.split())
                assert "There may be a copy: look for a toolchain called harbor-ferry" in told, told
                home.cli(*undo, expect=(0, 3))


def add_lighthouses(home, service):
    key = home.path / "api_key"
    key.write_text(KEY)
    home.cli("systems", "add", "lighthouses", "--type", "ibm-toolchain", "--set",
             f"toolchain={service.page}", "--set", f"iam_url={service.url}", "--set",
             f"console_url={service.url}", "--set", "target_region=eu-de", expect=0)
    home.cli("secrets", "set", "lighthouses", "ibm_api_key", "--program", f'["cat", "{key}"]',
             expect=0)


def save_lighthouses(home, service):
    """How long its step took by the journal, in seconds, and the files that it has saved."""
    service.begin()
    home.cli("run", "ibm-toolchain.save", "--system", "lighthouses", "--yes", expect=(0, 3))
    at = {event["event"]: datetime.fromisoformat(event["time"].replace("Z", "+00:00"))
          for event in home.events(home.begun_runs()[-1])
          if str(event.get("step")).startswith("save")}
    ended = at.get("step_succeeded") or at["step_warned"]
    files = unpacked(home, "lighthouses", home.points()[0]["id"], "lighthouses")
    return (ended - at["step_intended"]).total_seconds(), files


def test_many_pipelines_are_read_at_once():
    """IBM names no limit; six at once are gentle."""
    pipelines, at_once, delay = 50, 6, 0.1
    with RecordedHome() as home, ManyPipelines(pipelines, lambda path: delay) as service:
        add_lighthouses(home, service)
        # The toolchain's own answer names the pipelines, so it is waited for.
        limit = (math.ceil(pipelines / at_once) + 1) * delay * 1.1
        tries = []
        for _ in range(3):  # the computer has other work too
            took, files = save_lighthouses(home, service)
            assert service.most == at_once, service.most
            assert len([one for one in service.asked if "/pipelines/" in one[0]]) == pipelines
            tries.append((service.span(), took))
        assert min(span for span, _ in tries) <= limit, (limit, tries)
        # With the files that are written then.
        assert min(took for _, took in tries) <= limit + 0.5, (limit, tries)
        assert len([name for name in files if name.startswith("pipelines/")]) == pipelines

        shuffled = random.Random(SEED)
        service.delay = lambda path: shuffled.choice((0, 0.01, 0.05, 0.2))
        _, again = save_lighthouses(home, service)
        assert same_files(files, again), "what is written depends on the order of answers"

        # Whoever asks for patience gets it.
        service.delay, patience = lambda path: 0, 3
        path = f"/devops/pipelines/{instance(10)}/yaml"
        service.busy[path] = patience
        _, again = save_lighthouses(home, service)
        assert same_files(files, again)
        first, second = [one for one in service.asked if one[0].startswith(path)]
        assert second[1] - first[2] >= patience, (first, second)
        assert len(service.asked) < 2 * pipelines, len(service.asked)
        found = files_with_secrets(home.data, but=home.path / "none")
        assert not found, found


def test_a_drip_ends():
    """Whoever sends a byte now and then is not waited for for ever."""
    if not FULL:
        raise Skip("takes two minutes")
    with RecordedHome() as home, ManyPipelines(2, lambda path: 0) as service:
        add_lighthouses(home, service)
        for path, most in (("/devops/toolchains/", 110), ("/devops/pipelines/", 150)):
            service.drips = path
            begun = time.monotonic()
            told = home.cli("run", "ibm-toolchain.save", "--system", "lighthouses", "--yes",
                            expect=1, timeout=300)
            took = time.monotonic() - begun
            assert "took longer than" in told.stderr and "had come until then" in told.stderr, told
            assert took < most, (path, took)


if __name__ == "__main__":
    main(globals())
