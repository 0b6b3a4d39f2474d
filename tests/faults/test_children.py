# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that misbehave, run by an own runbook: they ignore TERM, fork away, hold the pipe open
(F30), or print 10^8 bytes, in lines and as one line (F31). The step ends in time, nothing is left
running, the log is complete and the runner's memory stays small."""

import os
import subprocess
import time
from pathlib import Path

from lifeboat import IDENTITY, PROGRAM, Home, main, until

MIB = 1024 * 1024

RUNBOOK = """\
lifeboat: 1
id: child.change
system: child
purpose: change
title: Run a program that misbehaves
inputs:
  folder: {type: path, required: true, title: Folder}
""" + IDENTITY + """\
steps:
  - id: child
    run: {program: "{{ inputs.folder }}/child"}
    effect: change
    resume: repeat
    undo: {run: {program: /bin/true}}
    timeout: %s
    grace: 2s
  # Stands still as long as the test wants to look at the runner.
  - id: gate
    run: {program: "{{ inputs.folder }}/gate"}
    effect: read
"""

GATE = """#!/bin/sh
touch "$(dirname "$0")/at-gate"
while [ ! -e "$(dirname "$0")/open" ]; do sleep 0.05; done
"""


class Scene:
    def __init__(self, home, script, timeout="5m"):
        self.home = home
        self.folder = home.path / "place"
        self.folder.mkdir()
        own = home.path / "config/lifeboat/runbooks/child.change.yaml"
        own.parent.mkdir(parents=True)
        own.write_text(RUNBOOK % timeout)
        for name, text in (("child", script), ("gate", GATE)):
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o755)
        home.cli("systems", "add", "c", "--type", "child", "--set", f"folder={self.folder}",
                 expect=0)
        home.cli("run", "child.change", "--system", "c", "--yes", "--detach", expect=(0, 4))
        self.run = until(home.runs, 20, "the run")[0]

    def runner(self):
        return [e for e in self.home.events(self.run) if e["event"] == "runner_started"][-1][
            "runner"]["pid"]

    def peak(self):
        """The most memory that the runner ever held, in bytes."""
        for line in Path(f"/proc/{self.runner()}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmHWM")

    def ended(self, seconds):
        def look():
            return [e for e in self.home.events(self.run) if e.get("step") == "child"
                    and e["event"] in ("step_succeeded", "step_warned", "step_failed")]
        return until(look, seconds, "the step to end")[0]

    def intended(self):
        return until(lambda: [e for e in self.home.events(self.run) if e.get("step") == "child" and
                              e["event"] == "step_intended"], 30, "the step to begin")

    def log(self):
        return self.home.data / "runs" / self.run / "log"

    def close(self, state):
        (self.folder / "open").touch()
        until(lambda: self.home.json("runs", "show", self.run)["state"] == state, 60,
              f"the run to be {state}")
        until(lambda: not self.home.processes(), 10, "all processes to end")


def child_pid(scene, name):
    path = scene.folder / name
    return int(until(lambda: path.exists() and path.read_text().strip(), 30, f"the child's {name}"))


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def timed_out(script, names, limit=9):
    """The step has 3 s and 2 s of grace; what the busy machine adds is the rest of the limit."""
    with Home(PROGRAM) as home:
        scene = Scene(home, script, timeout="3s")
        pids = [child_pid(scene, name) for name in names]
        begun = time.monotonic()
        end = scene.ended(limit)
        took = time.monotonic() - begun
        assert end["event"] == "step_failed" and end["error"]["code"] == "timed_out", end
        assert took < limit, f"{took:.1f} s"
        for pid in pids:
            assert not is_alive(pid), f"{pid} is left running"
        scene.close("failed")


def test_ignores_term():
    timed_out("#!/bin/sh\ntrap '' TERM INT HUP\necho $$ > ${0%/*}/pid\n"
              "while :; do sleep 1; done\n", ["pid"])


def test_stopped_child():
    """Stands still by SIGSTOP: TERM does not reach it, KILL does."""
    timed_out("#!/bin/sh\necho $$ > ${0%/*}/pid\nkill -STOP $$\nsleep 1000\n", ["pid"])


def test_forked_away_and_ignores_term():
    timed_out("#!/bin/sh\nsetsid sh -c 'trap \"\" TERM HUP; echo $$ > \"$1/away\"; "
              "while :; do sleep 1; done' sh ${0%/*} &\n"
              "trap '' TERM; echo $$ > ${0%/*}/pid\nwhile :; do sleep 1; done\n", ["away", "pid"])


def ends_by_itself(script, names, seconds):
    """The program has ended well; what it left behind neither holds the step up nor lives on."""
    with Home(PROGRAM) as home:
        scene = Scene(home, script)
        pids = [child_pid(scene, name) for name in names]
        begun = time.monotonic()
        end = scene.ended(seconds)
        took = time.monotonic() - begun
        until(lambda: not any(is_alive(pid) for pid in pids), 4, "what it left to be ended")
        assert took < seconds, f"{took:.1f} s"
        scene.close("succeeded" if end["event"] == "step_succeeded" else
                    "warned" if end["event"] == "step_warned" else "failed")
        return end


def test_forks_away():
    end = ends_by_itself("#!/bin/sh\nsetsid sh -c 'echo $$ > \"$1/away\"; exec >/dev/null 2>&1; "
                         "exec sleep 1000' sh ${0%/*} &\n"
                         "while [ ! -s ${0%/*}/away ]; do sleep 0.02; done\nexit 0\n",
                         ["away"], 6)
    assert end["event"] in ("step_succeeded", "step_warned"), end


def test_holds_the_pipe_open():
    end = ends_by_itself("#!/bin/sh\nsetsid sh -c 'trap \"\" TERM HUP; echo $$ > \"$1/away\"; "
                         "while :; do sleep 1; done' sh ${0%/*} &\n"
                         "while [ ! -s ${0%/*}/away ]; do sleep 0.02; done\necho said\nexit 0\n",
                         ["away"], 8)
    assert end["event"] in ("step_succeeded", "step_warned"), end


def idle_peak():
    with Home(PROGRAM) as home:
        scene = Scene(home, "#!/bin/sh\nexit 0\n")
        until((scene.folder / "at-gate").exists, 60, "the gate")
        peak = scene.peak()
        scene.close("succeeded")
        return peak


def prints(script, size):
    with Home(PROGRAM) as home:
        scene = Scene(home, script)
        until((scene.folder / "at-gate").exists, 240, "the output to be taken")
        peak = scene.peak()
        logged = sum(p.stat().st_size for p in scene.log().iterdir())
        assert size <= logged < size + 100_000, f"{logged} bytes in the log, not {size}"
        journal = (home.data / "runs" / scene.run / "journal.jsonl").stat().st_size
        assert journal < MIB, f"output went into the journal: {journal} bytes"
        scene.close("succeeded")
    idle = idle_peak()
    assert peak < idle + 64 * MIB, f"{peak // MIB} MiB, idle {idle // MIB} MiB"


def test_prints_a_hundred_million_bytes():
    prints("#!/bin/sh\nyes 'a line of output that is not long, but there are many of it' "
           "| head -c 100000000\n", 100_000_000)


def test_prints_one_line_of_100_mb():
    prints("#!/bin/sh\nhead -c 100000000 /dev/zero | tr '\\0' x\n", 100_000_000)


def test_prints_binary_and_progress_bars():
    """Bytes that are no text, carriage returns and no last newline: the log is what was printed."""
    with Home(PROGRAM) as home:
        (home.path / "bytes").write_bytes(os.urandom(300_000) + b"10%\r20%\r\x1b[2K100%\x00end")
        scene = Scene(home, f"#!/bin/sh\ncat '{home.path}/bytes'\n")
        until((scene.folder / "at-gate").exists, 60, "the gate")
        scene.ended(10)
        wanted = (home.path / "bytes").read_bytes()
        assert any(wanted in p.read_bytes() for p in scene.log().iterdir()), "the log differs"
        printed = subprocess.run([PROGRAM, "runs", "log", scene.run, "--step", "child"],
                                 env=home.environment, capture_output=True, check=True).stdout
        assert wanted in printed, "what is piped on is not what was printed"
        scene.close("succeeded")


main(globals())
