# SPDX-License-Identifier: GPL-3.0-or-later
"""A home of its own for one test, lifeboat-cli in it, and looks at what it left."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

FULL = os.environ.get("LIFEBOAT_TEST_FULL") == "1"

# Of a runbook that works on one folder of this machine.
IDENTITY = """\
identity:
  facts:
    hostname: {hostname: {}}
    machine_id: {machine_id: {}}
  text: "{{ system }}@{{ hostname }}"
  scope: ["{{ inputs.folder }}"]
"""


class Skip(Exception):
    """Raised with the reason when a test cannot be made here."""


class Home:
    """An empty home; every program started through it sees only this one."""

    def __init__(self, program):
        self.program = program
        self.path = Path(tempfile.mkdtemp(prefix="lifeboat-fault-"))
        self.runtime = self.path / "rt"
        self.runtime.mkdir(mode=0o700)
        self.environment = {
            "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(self.path),
            "TMPDIR": str(self.path), "XDG_CONFIG_HOME": str(self.path / "config"),
            "XDG_DATA_HOME": str(self.path / "data"), "XDG_STATE_HOME": str(self.path / "state"),
            "XDG_RUNTIME_DIR": str(self.runtime), "USER": "tester", "LOGNAME": "tester",
            # The computer's own logind has no part in a test.
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.runtime}/no-system-bus"}
        self.as_user = {}  # of subprocess.run(): another user than the one who tests
        self.data = self.path / "data/lifeboat"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        until(lambda: not self.processes(), 10, "the last processes to end")
        shutil.rmtree(self.path, ignore_errors=True)

    def processes(self):
        """Live processes of this home, by their environment."""
        mark = f"HOME={self.path}".encode()
        found = [] if os.geteuid() == 0 else self.runners()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                if mark not in (entry / "environ").read_bytes().split(b"\0"):
                    continue
                if (entry / "stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX":
                    continue
                found.append(int(entry.name))
            except (OSError, IndexError):
                continue
        return found

    def runners(self):
        """Live runners, by their journals: only root reads their environment."""
        found = []
        for journal in self.data.glob("runs/*/journal.jsonl"):
            for line in journal.read_bytes().split(b"\n"):
                try:
                    runner = json.loads(line)["runner"]
                    state = Path(f"/proc/{runner['pid']}/stat").read_text()
                except (ValueError, KeyError, TypeError, OSError):
                    continue  # torn, another event, or gone
                fields = state.rsplit(")", 1)[1].split()
                if fields[0] not in "ZX" and runner["pid"] not in found and \
                        int(fields[19]) == int(runner["start_time"]):
                    found.append(runner["pid"])
        return found

    def cli(self, *words, expect=None, environment=None, timeout=1200 if FULL else 120, stdin=None):
        """Runs lifeboat-cli; `expect` is the exit status (or several) that is right."""
        done = subprocess.run(
            [self.program, *map(str, words)], env={**self.environment, **(environment or {})},
            input=stdin, stdin=subprocess.DEVNULL if stdin is None else None, text=True,
            capture_output=True, timeout=timeout, cwd=self.path, **self.as_user)
        wanted = (expect,) if isinstance(expect, int) else expect
        if wanted is not None and done.returncode not in wanted:
            raise AssertionError(
                f"{' '.join(map(str, words))}: exit {done.returncode}, not {wanted}\n"
                f"--- stdout\n{done.stdout[-3000:]}\n--- stderr\n{done.stderr[-3000:]}")
        return done

    def json(self, *words, expect=0):
        return json.loads(self.cli(*words, "--json", expect=expect).stdout)

    def runs(self):
        """Run ids, oldest first by the time in their name, then by when the folder was made."""
        folder = self.data / "runs"
        if not folder.is_dir():
            return []
        return [p.name for p in sorted(folder.iterdir(), key=lambda p: (p.name[:16],
                                                                       p.stat().st_ctime_ns))]

    def events(self, run):
        lines = (self.data / "runs" / run / "journal.jsonl").read_bytes().split(b"\n")
        return [json.loads(line) for line in lines if line]

    def begun(self, run):
        """False when its journal never got its first line: it has done nothing."""
        journal = self.data / "runs" / run / "journal.jsonl"
        return journal.exists() and b"\n" in journal.read_bytes()

    def points(self):
        return self.json("backups", "list")["restore_points"]

    def store(self):
        return self.data / "restore-points"


def until(condition, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s for {what}")


def digest(folder):
    """Every path below a folder with its kind, mode, owner, time and content, as one hash."""
    total = hashlib.sha256()
    folder = os.fsencode(folder)
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(folders + files):
            path = os.path.join(place, name)
            info = os.lstat(path)
            total.update(repr((os.path.relpath(path, folder), info.st_mode, info.st_uid,
                               info.st_gid, info.st_mtime_ns,
                               info.st_size if not os.path.isdir(path) else 0)).encode())
            if os.path.islink(path):
                total.update(os.readlink(path))
            elif os.path.isfile(path):
                total.update(Path(os.fsdecode(path)).read_bytes())
    return total.hexdigest()


def main(tests, group="faults", names=None):
    """Runs the functions whose name begins with test_, or only those of `names`; prints what
    tests/run counts."""
    names = sys.argv[3:] if names is None else names
    passed, failed, skipped = 0, 0, 0
    for name, function in list(tests.items()):
        if not name.startswith("test_") or (names and name not in names):
            continue
        begun = time.monotonic()
        try:
            function()
            passed += 1
            print(f"PASS   : {group}::{name}() {time.monotonic() - begun:.1f} s", flush=True)
        except Skip as reason:
            skipped += 1
            print(f"SKIP   : {group}::{name}() {reason}", flush=True)
        except Exception:  # a test's failure is its own; the others still run
            failed += 1
            print(f"FAIL!  : {group}::{name}()", flush=True)
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
    print(f"Totals: {passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


PROGRAM = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else ""
KILL_AT = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else ""
