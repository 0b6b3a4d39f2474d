# SPDX-License-Identifier: GPL-3.0-or-later
"""A small shop: a folder to save and a service to switch off and on, for tests of faults."""

import json
import os
from pathlib import Path

from lifeboat import digest, until

# The service's switch; `off` waits as long as a file named hold is there.
SWITCH = """#!/bin/sh
echo "$2" >> "$1/log"
while [ "$2" = off ] && [ -e "$1/hold" ]; do sleep 0.05; done
echo "$2" > "$1/state"
"""


class Scene:
    """A system with a folder and a service that is switched off and on."""

    def __init__(self, home, *words, size=200_000, tree=None, save=True, switch=SWITCH):
        self.home = home
        self.tree = tree or home.path / "srv/shop"
        self.fill(size)
        self.service = home.path / "service"
        self.service.mkdir()
        program = home.path / "switch"
        program.write_text(switch)
        program.chmod(0o755)
        command = lambda what: json.dumps([str(program), str(self.service), what])
        home.cli("systems", "add", "shop", "--type", "files", "--set", f"folder={self.tree}",
                 "--set", f"quiesce_command={command('off')}",
                 "--set", f"resume_command={command('on')}", *words, expect=0)
        self.good = digest(self.tree)
        if save:
            self.save(expect=0)
            self.point = home.points()[0]["id"]
            self.text = home.json("systems", "show", "shop")["identity"]["pinned"]["text"]

    def fill(self, size):
        (self.tree / "a").mkdir(parents=True)
        for i in range(8):
            (self.tree / f"a/file{i}").write_bytes(os.urandom(size // 8))

    def damage(self):
        """What was written since the save, or is broken."""
        (self.tree / "a/file3").write_bytes(b"damaged")
        (self.tree / "a/file4").unlink(missing_ok=True)  # damaged twice
        (self.tree / "new").write_text("not in the restore point")
        return digest(self.tree)

    def save(self, **more):
        return self.home.cli("run", "files.save", "--system", "shop", "--yes", **more)

    def restore(self, **more):
        return self.home.cli("run", "files.restore", "--system", "shop", "--restore-point",
                             self.point, "--yes", "--confirm", self.text, **more)

    def log(self):
        path = self.service / "log"
        return path.read_text().split() if path.exists() else []

    def is_on(self):
        return (self.service / "state").read_text() == "on\n"

    def hold(self):
        """A save whose service is not off yet: a run that goes on until release()."""
        (self.service / "hold").touch()
        before, calls = set(self.home.runs()), self.log().count("off")
        self.home.cli("run", "files.save", "--system", "shop", "--yes", "--detach", expect=(0, 4))
        # Beside it there may be one that puts the inventory in order.
        run = until(lambda: [r for r in self.home.runs() if r not in before and any(
            "files.save" in json.dumps(e) for e in self.home.events(r)[:1])], 20, "the run")[0]
        until(lambda: self.log().count("off") > calls, 30, "the service to be stopped")
        return run

    def release(self):
        (self.service / "hold").unlink()


def runner_of(home, run):
    """The process id of the run's runner, by the owner it wrote into its journal."""
    started = [e for e in home.events(run) if e["event"] == "runner_started"]
    return started[-1]["runner"]["pid"]


def waits_for(home, run, what):
    def look():
        shown = home.json("runs", "show", run)
        waiting = shown.get("waiting")
        assert shown["state"] not in ("failed", "succeeded", "cancelled"), json.dumps(shown)[:2000]
        return waiting and waiting["for"] == what
    until(look, 60, f"the run to wait for {what}")


def ends(home, run, state, seconds=60):
    def look():
        shown = home.json("runs", "show", run)["state"]
        assert shown == state or shown not in ("failed", "succeeded", "warned", "cancelled"), shown
        return shown == state
    until(look, seconds, f"the run to be {state}")


def partial(folder):
    return [str(p) for p in Path(folder).rglob("*") if ".partial" in p.name]
