# SPDX-License-Identifier: GPL-3.0-or-later
"""What a crash or a neighbour would get of a run (F38, F39): a runner writes no core file even where
the system wants one, and another process of the same user may neither trace it nor read its memory or
environment. Needs root to become another user (else skipped)."""

import json
import os
import resource
import shutil
import signal
import subprocess
from pathlib import Path

from lifeboat import PROGRAM, Home, Skip, main, until

USER = 12345
PYTHON = "/usr/bin/python3"  # one in root's home cannot be started by anybody else
SPY = """
import ctypes, os, sys
libc, pid = ctypes.CDLL(None, use_errno=True), int(sys.argv[1])
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
print("traced" if libc.ptrace(0x4206, pid, None, None) == 0 else os.strerror(ctypes.get_errno()))
for name in ("mem", "environ"):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            print(name, "opened")
    except OSError as error:
        print(name, error.strerror)
"""


class Stranger:
    """A home of an ordinary user with a save that stands still while a file is there."""

    def __init__(self, home):
        if os.geteuid() != 0:
            raise Skip("needs root: becomes another user of its own")
        if not os.access(PYTHON, os.X_OK):
            raise Skip(f"needs {PYTHON}")
        self.home = home
        tree = home.path / "tree"
        tree.mkdir()
        (tree / "file").write_text("x")
        self.hold = home.path / "hold"
        self.hold.touch()
        switch = home.path / "switch"
        switch.write_text(f'#!/bin/sh\nwhile [ -e "{self.hold}" ]; do sleep 0.05; done\n')
        switch.chmod(0o755)
        self.program = shutil.copy(PROGRAM, home.path / "lifeboat-cli")
        subprocess.run(["chown", "-R", f"{USER}:{USER}", home.path], check=True)
        self.cli("systems", "add", "it", "--type", "files", "--set", f"folder={tree}", "--set",
                 f"quiesce_command={json.dumps([str(switch)])}", "--set",
                 'resume_command=["true"]')
        self.cli("run", "files.save", "--system", "it", "--yes", "--detach")
        self.run = home.runs()[-1]
        self.pid = until(lambda: [e for e in home.events(self.run)
                                  if e["event"] == "step_intended"] and
                         [e for e in home.events(self.run) if e["event"] == "runner_started"],
                         30, "the step")[-1]["runner"]["pid"]

    def started(self, words, **more):
        return subprocess.run(
            ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *words],
            env=self.home.environment, text=True, capture_output=True, stdin=subprocess.DEVNULL,
            cwd=self.home.path, **more)

    def cli(self, *words):
        core = lambda: resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))
        done = self.started([str(self.program), *words], preexec_fn=core)
        assert done.returncode in (0, 3), f"{words}: {done.stdout}{done.stderr}"
        return done


def test_nobody_looks_into_a_runner():
    with Home(PROGRAM) as home:
        stranger = Stranger(home)
        ordinary = subprocess.Popen(["setpriv", f"--reuid={USER}", f"--regid={USER}",
                                     "--clear-groups", "sleep", "60"])
        try:
            # The spy works: it reads a process that does not mind.
            until(lambda: Path(f"/proc/{ordinary.pid}/comm").read_text() == "sleep\n", 10, "sleep")
            said = stranger.started([PYTHON, "-c", SPY, str(ordinary.pid)]).stdout
            if "environ opened" not in said:
                raise Skip(f"processes of one user cannot be read here at all: {said}")
        finally:
            ordinary.kill()
            ordinary.wait()
        said = stranger.started([PYTHON, "-c", SPY, str(stranger.pid)])
        assert "traced" not in said.stdout and "opened" not in said.stdout, said.stdout
        assert said.stdout.count("\n") == 3, said.stdout + said.stderr
        stranger.hold.unlink()
        until(lambda: home.events(stranger.run)[-1]["event"] == "run_ended", 30, "the end")


def test_a_crash_leaves_no_core():
    with Home(PROGRAM) as home:
        stranger = Stranger(home)
        limits = Path(f"/proc/{stranger.pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core"))
        assert core.split()[4:6] == ["0", "0"], core
        os.kill(stranger.pid, signal.SIGSEGV)
        until(lambda: stranger.pid not in home.processes(), 20, "the runner to end")
        left = [p for p in home.path.rglob("*core*") if p.is_file()]
        assert not left, left
        stranger.hold.unlink()
        for path in home.path.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.parent.name == stranger.run:
                assert path.stat().st_mode & 0o077 == 0, f"{path} can be read by others"


main(globals())
