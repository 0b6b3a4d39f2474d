#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fail-over of toolchains and the way back, against the simulator: the source's triggers off, those
of the copies on as a bridge, nothing on in the source while a mirror has commits that it lacks, the
way back; mirrors that lag; and what a dead restore has left, taken away. With kill -9 of the runner
at journal events (sampled by a seed; LIFEBOAT_TEST_FULL=1: at every one)."""

import json
import random
import shlex
import shutil
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from copies import (AUTOMATIC, LOST, NAMES, SOURCE, answer_asks, automatic,  # noqa: E402
                    provide, slots, words)
from lifeboat import FULL, main  # noqa: E402
from test_kill_points import killed_at  # noqa: E402
from test_toolchain_copies import made  # noqa: E402
from toolchains import GOOD, SYSTEM, TARGET, TEXT, RecordedHome, Scene  # noqa: E402

SEED = 20261122
REPOSITORY = "ann/ferry-web"


def sources_on(scene):
    """The automatic triggers of the source's pipelines that are on, of the toolchains of the test."""
    state = scene.state()
    toolchains = {one["id"] for one in state["toolchains"]
                  if one["location"] == SOURCE and one["name"] in NAMES}
    pipelines = {one["id"]: one["name"] for one in state["pipelines"]
                 if one["toolchain_id"] in toolchains}
    return sorted(f"{pipelines[one['owner']]}/{one['name']}" for one in state["triggers"]
                  if one["owner"] in pipelines and one["type"] in AUTOMATIC
                  and one.get("enabled", True))


def commit(scene, region, branch="main"):
    """Somebody pushes into a repository."""
    token = "git_token" if region == TARGET else "source_git_token"
    body = {"branch": branch, "start_branch": "main", "commit_message": "Mend it",
            "actions": [{"action": "create", "file_path": "MENDED.md", "content": "so\n"}]}
    path = REPOSITORY.replace("/", "%2F")
    request = urllib.request.Request(
        f"http://127.0.0.1:{scene.port}/{region}/api/v4/projects/{path}/repository/commits",
        json.dumps(body).encode(), {"Content-Type": "application/json",
                                    "PRIVATE-TOKEN": (scene.folder / token).read_text()})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())["id"]


def push(scene, start, end):
    scene.ask("POST", "/-/push", {"from": start, "to": end, "path": REPOSITORY})


def bridge(scene):
    """The copies work, the sources do not."""
    home = scene.home
    home.cli(*words("triggers-off", "--set", "where=source"), expect=(0, 3))
    assert not sources_on(scene), sources_on(scene)
    told = home.cli(*words("triggers-on", "--set", "stay=bridge"), expect=3)
    assert "return" in scene.owed(), told.stdout
    copies_are_on(scene)


def copies_are_on(scene):
    on = automatic(scene)
    # Nobody has put its secret back: anybody could call it.
    assert on.pop("plan-ci/from-port") is False, on
    assert on and all(on.values()), on


def went_back(scene, before, what):
    assert sources_on(scene) == before, (what, sources_on(scene), before)
    assert not any(automatic(scene).values()), (what, automatic(scene))
    assert "return" not in scene.owed(), (what, scene.owed())


def test_there_and_back():
    with RecordedHome() as home:
        scene = made(home)
        before = sources_on(scene)
        assert "ci-run/on-push" in before, before
        # Nobody says for how long by leaving it out.
        silent = [word for word in words("triggers-on") if "stay=" not in word]
        silent.remove("--set")
        told = home.cli(*silent, expect=2)
        assert "For how long: a value is needed" in told.stderr, told.stderr
        bridge(scene)

        scene.start()  # the restore has revoked its token
        head = commit(scene, TARGET, "mend")
        refused = home.cli(*words("return"), expect=1)
        said = " ".join((refused.stdout + refused.stderr).split())
        assert f"{head[:8]} of branch mend" in said and "Push those branches" in said, said
        assert not sources_on(scene), "switched on although commits would be lost"
        copies_are_on(scene)
        assert "return" in scene.owed(), scene.owed()

        push(scene, TARGET, SOURCE)
        # The other one is not back yet.
        home.cli(*words("return", names=NAMES[:1]), expect=(0, 3))
        assert "return" in scene.owed(), "counted as done for both"
        home.cli(*words("return"), expect=(0, 3))
        went_back(scene, before, "return")
        # Once more changes nothing.
        home.cli(*words("return"), expect=(0, 3))
        went_back(scene, before, "return again")


def test_practice_as_printed():
    """The story by the commands that `practice start` prints."""
    with RecordedHome() as home:
        scene = Scene(home)
        told = home.cli("practice", "start", "ibm-toolchain", expect=0).stdout.splitlines()

        def printed(book):
            start = f"  lifeboat-cli run ibm-toolchain.{book} "
            line = next(line for line in told if line.startswith(start))
            return [*shlex.split(line)[1:], "--yes"]
        home.cli(*printed("save"), expect=3)
        home.cli("practice", "damage", "ibm-toolchain", expect=0)
        home.cli(*printed("restore"), "--confirm", TEXT, "--accept", "old_off=lost", expect=3)
        provide(home, slots(home, GOOD))
        home.cli(*printed("secrets"), expect=4)
        answered, _ = answer_asks(home, home.runs()[-1])
        assert answered
        home.cli(*printed("triggers-on"), *LOST, expect=3)
        assert all(automatic(scene).values()) and scene.owed() == ["return"], scene.owed()
        home.cli(*printed("prove"), expect=4)
        answered, state = answer_asks(home, home.runs()[-1])
        # Every classic pipeline by a person; one pipeline has nothing to start it by.
        assert len(answered) == 3 and state == "warned", (answered, state)


def test_for_good():
    with RecordedHome() as home:
        scene = made(home)
        home.cli(*words("triggers-off", "--set", "where=source"), expect=(0, 3))
        home.cli(*words("triggers-on", "--set", "stay=for_good"), expect=(0, 3))
        assert not scene.owed(), scene.owed()


def test_a_commit_between_plan_and_go():
    with RecordedHome() as home:
        scene = made(home)
        bridge(scene)
        scene.start()
        planned = [word for word in words("return") if word != "--yes"]
        home.cli(*planned, "--detach", expect=0)
        run = home.begun_runs()[-1]
        commit(scene, TARGET)
        sha = home.json("runs", "show", run)["plan_sha256"]
        told = home.cli("runs", "go", run, "--plan-sha256", sha, expect=(1, 4))
        said = " ".join((told.stdout + told.stderr).split())
        assert "of branch main" in said, said
        assert not sources_on(scene) and "return" in scene.owed(), said


def test_kill_on_the_way_back():
    with RecordedHome() as home:
        scene = made(home)
        before = sources_on(scene)
        bridge(scene)
        scene.start()
        home.cli(*words("return"), expect=(0, 3))
        events = home.events(home.begun_runs()[-1])
        every = [f"{kind}:{n}" for n in range(1, len(events) + 1) for kind in ("line", "sync")]
        # About the last of its syncs puts the obligation of the run before right.
        last = ["sync:30", "sync:31", "sync:32"]
        chosen = every if FULL else {*last, *random.Random(SEED).sample(every, 3)}
        for place in sorted(chosen, key=every.index):
            bridge(scene)
            known = home.begun_runs()
            home.cli(*words("return"), environment=killed_at(place))
            fresh = [one for one in home.begun_runs() if one not in known]
            if not fresh or home.json("runs", "show", fresh[0])["state"] == "preparing":
                home.cli(*words("return"), expect=(0, 3))
            else:
                home.cli("runs", "resume", fresh[0], expect=(0, 3))
            went_back(scene, before, place)


def test_mirrors_that_lag():
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save(expect=3)
        wanted = ("--set", "compare_mirrors=yes")
        commit(scene, SOURCE)
        late = scene.restore(NAMES[0], more=wanted, expect=4)
        said = " ".join((late.stdout + late.stderr).split())
        assert "branch main of" in said and "not as their sources" in said, said
        home.cli("runs", "cancel", home.begun_runs()[-1], expect=(0, 5))
        push(scene, SOURCE, TARGET)
        scene.faults("mirror-error")
        failing = scene.restore(NAMES[0], more=wanted, expect=4)
        said = " ".join((failing.stdout + failing.stderr).split())
        assert "cannot be mirrored: remote: HTTP Basic: Access denied" in said, said
        home.cli("runs", "cancel", home.begun_runs()[-1], expect=(0, 5))
        scene.faults()
        scene.restore(NAMES[0], more=wanted, expect=(0, 3))
        assert not scene.owed() and len(scene.copies(NAMES[0])) == 1


def clean_up(scene, **how):
    return scene.home.cli("run", "ibm-toolchain.clean-up", "--system", SYSTEM, "--yes", "--confirm",
                          TEXT, **how)


def with_a_restore(home):
    """A scene where one has ended, and the line of its journal that its project stands in."""
    scene = Scene(home)
    scene.save(expect=3)
    scene.restore(NAMES[0], suffix=" whole", expect=(0, 3))
    (made,) = [n for n, event in enumerate(home.events(home.begun_runs()[-1]), 1)
               if event.get("what") == "project"]
    scene.start()
    return scene, made


def dies_with_a_project(scene, suffix, place):
    """A restore that is killed while its project is there, and never resumed; its run."""
    home = scene.home
    known = home.begun_runs()
    scene.restore(NAMES[0], suffix=suffix, environment=killed_at(place), expect=None)
    (run,) = [one for one in home.begun_runs() if one not in known]
    assert scene.projects(), place
    return run


def test_clean_up():
    with RecordedHome() as home:
        scene, made = with_a_restore(home)
        run = dies_with_a_project(scene, " a", f"line:{made + 1}")
        assert {"token", f"project[{NAMES[0]}]"} <= set(scene.owed(run)), scene.owed(run)
        told = clean_up(scene, expect=0)
        assert run in told.stdout, told.stdout
        scene.is_clean("after a dead restore")

        # This computer is another one: nothing here knows of the run.
        scene.start()
        run = dies_with_a_project(scene, " b", f"line:{made + 2}")
        shutil.rmtree(home.data / "runs" / run)
        clean_up(scene, expect=0)
        assert not scene.projects() and not scene.live_tokens()

        # A token that is no longer good cannot look for anything, and says so.
        told = clean_up(scene, expect=(1, 2))
        assert "git_token" in told.stdout + told.stderr, told.stdout


def test_kill_while_cleaning_up():
    with RecordedHome() as home:
        scene, made = with_a_restore(home)
        dies_with_a_project(scene, " 0", f"line:{made + 1}")
        clean_up(scene, expect=0)
        events = home.events(home.begun_runs()[-1])
        every = [f"{kind}:{n}" for n in range(1, len(events) + 1) for kind in ("line", "sync")]
        chosen = every if FULL else random.Random(SEED).sample(every, 4)
        for place in sorted(chosen, key=every.index):
            scene.start()
            dies_with_a_project(scene, f" {every.index(place) + 1}", f"line:{made + 1}")
            known = home.begun_runs()
            clean_up(scene, environment=killed_at(place), expect=None)
            fresh = [one for one in home.begun_runs() if one not in known]
            # Until the token is gone whoever looks anew can do it all.
            if scene.live_tokens():
                assert scene.owed(), place
                clean_up(scene, expect=0)
            else:
                home.cli("runs", "resume", fresh[0], expect=0)
            scene.is_clean(place)


def test_undo_needs_no_token():
    """The project is gone and its token too: only the copy is left to take away."""
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save(expect=3)
        scene.restore(NAMES[0], expect=(0, 3))
        run = home.begun_runs()[-1]
        assert scene.copies(NAMES[0]) and not scene.live_tokens()
        home.cli("runs", "undo", run, "--yes", "--confirm", TEXT, "--accept",
                 "old_off=it was made for nothing", expect=(0, 3))
        assert not scene.copies(NAMES[0])
        scene.is_clean("after the way back")


if __name__ == "__main__":
    main(globals())
