# SPDX-License-Identifier: GPL-3.0-or-later
"""A restore that fails after the service was stopped: the service stays off, an obligation stays
open, `runs show` names the three ways, and each of them is walked: finish, go back, leave it
stopped. Two real causes: the proof after the swap says no, and
the folder that was to take the live one's place is taken away meanwhile.
None of the ways loses data, of the old state or of the restored one."""

import json

import shop
from lifeboat import PROGRAM, Home, digest, main

SWITCH = """#!/bin/sh
echo "$2" >> "$1/log"
echo "$2" > "$1/state"
if [ "$2" = off ] && [ -x "$1/when-off" ]; then "$1/when-off"; fi
exit 0
"""

# What an admin would add below the steps of the copied runbook.
PROOF = """\
  - id: readable
    phase: restore
    title: The application can read its data
    run: {program: test, args: ["!", -e, "%s"]}
    effect: read

finally:
"""


class Scene(shop.Scene):
    """The shop with a restore point of its good state, and damage done since."""

    def __init__(self, home):
        super().__init__(home, switch=SWITCH)
        self.point_digest = self.digest_of_point()
        self.damaged = self.damage()
        self.cause = home.path / "cause"

    def digest_of_point(self):
        """Of the parts and what describes them; proof is added to a point by using it."""
        folder = self.home.store() / "shop" / self.point
        return digest(folder / "parts") + (folder / "manifest.json").read_text()

    def fail_after_the_swap(self):
        """The restored folder stands in place, and the step behind it says no."""
        home, self.cause_mended = self.home, self.cause.unlink
        own = home.path / "config/lifeboat/runbooks/own.restore.yaml"
        own.parent.mkdir(parents=True, exist_ok=True)
        home.cli("runbooks", "copy", "files.restore", own, expect=0)
        text = own.read_text().replace("id: files.restore", "id: own.restore", 1)
        own.write_text(text.replace("finally:\n", PROOF % self.cause, 1))
        home.cli("runbooks", "lint", own, expect=0)
        self.cause.write_text("the application cannot read its data")
        self.live_after = self.good
        return self.fail("own.restore")

    def fail_before_the_swap(self):
        """What was unpacked beside the live folder is gone when it is to take its place."""
        held = self.home.path / "held"
        held.mkdir()
        thief = self.service / "when-off"
        thief.write_text(f"#!/bin/sh\nmv '{self.tree.parent}'/.lifeboat-stage-* '{held}'\n")
        thief.chmod(0o755)

        def mend():
            for staged in held.iterdir():
                staged.rename(self.tree.parent / staged.name)
        self.cause_mended = mend
        self.live_after = self.damaged
        run = self.fail("files.restore")
        assert list(held.iterdir()), "the cause was not made"
        thief.unlink()
        return run

    def fail(self, runbook):
        home = self.home
        (self.service / "log").unlink(missing_ok=True)
        home.cli("run", runbook, "--system", "shop", "--restore-point", self.point, "--yes",
                 "--confirm", self.text, expect=1)
        run = home.json("runs", "list")["runs"][0]["id"]
        shown = home.json("runs", "show", run)
        assert shown["state"] == "failed", shown["state"]
        assert not self.is_on(), "a service is not let loose on data that nobody proved"
        assert digest(self.tree) == self.live_after
        assert "resume" in self.open(run), self.open(run)
        said = home.cli("runs", "show", run, expect=0).stdout
        for way in (f"finish: do what is left and start what was stopped: lifeboat-cli runs resume "
                    f"{run}", f"lifeboat-cli runs undo {run}",
                    f"lifeboat-cli obligations discharge {run} resume"):
            assert way in said, f"{way} is not in\n{said}"
        # Whoever comes by next is told, whatever they came for.
        assert "still to undo" in home.cli("systems", "list", expect=0).stderr
        # The record of what is still to be done cannot be thrown away.
        refused = home.cli("runs", "remove", run)
        assert refused.returncode not in (0, None), refused.stdout
        assert (home.data / "runs" / run / "journal.jsonl").exists()
        return run

    def open(self, run):
        return {o["id"]: o for o in self.home.json("obligations", "list")["obligations"]
                if o["run"] == run}

    def finish(self, run):
        again = self.home.cli("runs", "resume", run)
        assert again.returncode == 1, f"the cause stands: it fails again, not {again.returncode}"
        assert not self.is_on() and digest(self.tree) == self.live_after
        self.cause_mended()
        done = self.home.cli("runs", "resume", run, expect=(0, 3))
        assert self.is_on(), done.stdout
        assert digest(self.tree) == self.good
        left = self.open(run)
        assert set(left) == {"aside:restore[shop]"}, left
        assert digest(left["aside:restore[shop]"]["detail"]["folder"]) == self.damaged
        assert self.log().count("on") == 1, self.log()
        assert self.digest_of_point() == self.point_digest

    def go_back(self, run):
        self.home.cli("runs", "undo", run, "--yes", "--confirm", self.text, expect=(0, 3))
        assert digest(self.tree) == self.damaged, "not as it was before"
        assert self.is_on(), "going back starts the service again"
        assert not self.open(run), self.open(run)
        assert [p.name for p in self.tree.parent.iterdir()] == ["shop"]

    def leave_it_stopped(self, run):
        home = self.home
        left = self.open(run)
        home.cli("obligations", "discharge", run, "resume", "--note", "the machine is retired",
                 expect=0)
        assert not self.is_on() and digest(self.tree) == self.live_after
        assert "resume" not in self.open(run)
        assert set(self.open(run)) == set(left) - {"resume"}, "other obligations stay"
        for obligation in self.open(run).values():
            assert digest(obligation["detail"]["folder"]) == self.damaged
        closed = [o for o in home.json("runs", "show", run)["obligations"] if o["id"] == "resume"]
        assert closed[0]["state"] != "open" and "retired" in json.dumps(closed), closed


def walk(fail, way):
    with Home(PROGRAM) as home:
        scene = Scene(home)
        run = getattr(scene, fail)()
        getattr(scene, way)(run)


def test_proof_fails_then_finish():
    walk("fail_after_the_swap", "finish")


def test_proof_fails_then_go_back():
    walk("fail_after_the_swap", "go_back")


def test_proof_fails_then_leave_it_stopped():
    walk("fail_after_the_swap", "leave_it_stopped")


def test_swap_fails_then_finish():
    walk("fail_before_the_swap", "finish")


def test_swap_fails_then_go_back():
    walk("fail_before_the_swap", "go_back")


def test_swap_fails_then_leave_it_stopped():
    walk("fail_before_the_swap", "leave_it_stopped")


def test_resume_of_a_finished_run():
    """Changes nothing and ends as that run ended."""
    with Home(PROGRAM) as home:
        scene = Scene(home)
        home.cli("run", "files.restore", "--system", "shop", "--yes", "--confirm", scene.text,
                 expect=0)
        run = home.json("runs", "list")["runs"][0]["id"]
        before = digest(home.data / "runs" / run), (scene.service / "log").read_text()
        resumed = home.cli("runs", "resume", run, expect=0)
        assert (digest(home.data / "runs" / run), (scene.service / "log").read_text()) == before
        # Said at every start, at this one too.
        assert "1 thing still to undo: lifeboat-cli obligations list" in resumed.stderr, resumed
        assert digest(scene.tree) == scene.good and scene.is_on()
        # The old copy that was put aside is still to be dealt with: the record stays.
        refused = home.cli("runs", "remove", run)
        assert refused.returncode not in (0, None), refused.stdout
        assert digest(home.data / "runs" / run) == before[0]


main(globals())
