#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ctest in a home of its own, looks at what the tests left behind, and counts their functions.

session.py BUILD_FOLDER [CTEST ARGUMENT…]    the last line is `N passed, N failed, N skipped`
"""

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

TOTALS = re.compile(r"Totals: (\d+) passed, (\d+) failed, (\d+) skipped")
# Qt Test counts its own set-up and clean-up among the functions.
FRAME = re.compile(r"^PASS +: \w+::(?:initTestCase|cleanupTestCase)\(\)$", re.MULTILINE)
UNITTEST = re.compile(r"^Ran (\d+) tests? in \S+\n\n(?:OK|FAILED)(?: \((.*)\))?$", re.MULTILINE)
SKIP = re.compile(r"^SKIP +: (\S+\(.*?\)) (.*)$", re.MULTILINE)
FAIL = re.compile(r"^(?:FAIL!|XPASS|QFATAL) +: (\S+\(.*?\))", re.MULTILINE)


class Count:
    """Numbers of test functions, with the names of those that were skipped or failed."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.reasons = []
        self.failures = []

    def line(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    def program(self, name, status, output):
        """Adds one ctest test: `status` as in ctest's JUnit file (run, fail, notrun, disabled)."""
        totals = TOTALS.findall(output)
        passed, failed, skipped = (sum(int(row[i]) for row in totals) for i in range(3))
        if totals:
            passed = max(0, passed - len(FRAME.findall(output)))
            for function, reason in SKIP.findall(output):
                self.reasons.append(f"{function}: {reason.strip() or 'no reason given'}")
            for function in dict.fromkeys(FAIL.findall(output)):
                self.failures.append(function)
        elif unittest := UNITTEST.search(output):
            details = dict(word.split("=") for word in (unittest[2] or "").split(", ") if word)
            failed = int(details.get("failures", 0)) + int(details.get("errors", 0))
            skipped = int(details.get("skipped", 0))
            passed = int(unittest[1]) - failed - skipped
            self.failures += [f"{name}"] * (failed > 0)
            self.reasons += [f"{name}: {skipped} functions"] * (skipped > 0)
        elif status == "run":
            passed = 1
        elif status in ("notrun", "disabled"):
            skipped = 1
            self.reasons.append(f"{name}: {first_line(output) or 'not run'}")
        if status not in ("run", "notrun", "disabled") and failed == 0:
            failed = 1  # crashed, timed out, or ended badly after all its functions had passed
            self.failures.append(f"{name}: crashed, timed out or could not be started")
        self.passed += passed
        self.failed += failed
        self.skipped += skipped


def first_line(text):
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def count_junit(path):
    count = Count()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        skipped = case.find("skipped")
        output = case.findtext("system-out") or ""
        status = case.get("status")
        if skipped is not None and skipped.get("message") not in (None, "", "SKIP_RETURN_CODE=77"):
            # ctest gives its own reason when it could not start the program: that is no skip.
            status = "disabled" if skipped.get("message") == "Disabled" else "fail"
        count.program(case.get("name"), status, output)
    return count


def descendants():
    """Processes below this one; orphans come here because it is a subreaper."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_bytes().rsplit(b")", 1)[1].split()
            except OSError:
                continue
            if fields[0] not in (b"Z", b"X"):
                parents[int(entry.name)] = int(fields[1])
    below = set()
    frontier = {os.getpid()}
    while frontier:
        frontier = {pid for pid, parent in parents.items() if parent in frontier} - below
        below |= frontier
    return below


def reap():
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def words_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return "(gone)"


def end_left_processes(patience=10.0):
    """Gives processes time to end by themselves, ends the rest, and names those."""
    end = time.monotonic() + patience
    while True:
        reap()
        left = descendants()
        if not left or time.monotonic() > end:
            break
        time.sleep(0.1)
    names = [f"process {pid}: {words_of(pid).strip()}" for pid in sorted(left)]
    while left:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.05)
        reap()
        left = descendants()
    return names


def mounts_below(folder):
    points = []
    for line in Path("/proc/self/mounts").read_bytes().splitlines():
        point = line.split()[1].decode("unicode_escape", "surrogateescape")
        if point == folder or point.startswith(folder + "/"):
            points.append(point)
    return sorted(points, reverse=True)


def downloads():
    """Servers that were downloaded for tests: the one thing that a run leaves for the next."""
    return os.environ.get("LIFEBOAT_TEST_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "lifeboat-tests")


def places_outside():
    """Where Lifeboat would write if a test let it out of its own home."""
    home = Path(os.path.expanduser("~"))
    found = set()
    for folder in (home / ".config", home / ".local/share", home / ".local/state", home / ".cache",
                   Path("/run/user") / str(os.getuid()), Path("/tmp"), Path("/var/tmp"),
                   Path("/dev/shm")):
        try:
            for entry in os.scandir(folder):
                if entry.name.startswith("lifeboat") and entry.stat(follow_symlinks=False).st_uid == os.getuid():
                    found.add(entry.path)
        except OSError:
            continue
    return found - {downloads()}


def loops_below(folder):
    found = []
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            if backing.read_text().startswith(folder):
                found.append("/dev/" + backing.parent.parent.name)
        except OSError:
            continue
    return found


def remove(folder):
    """Removes the tests' home, read-only folders, mounts and loop devices included; names those."""
    left = []
    for point in mounts_below(folder):
        left.append(f"mount {point}")
        subprocess.run(["umount", "-l", point], check=False)
    for device in loops_below(folder):
        left.append(f"loop device {device}")
        subprocess.run(["losetup", "-d", device], check=False)

    # These two cope with closed folders, names in any bytes and paths longer than PATH_MAX.
    subprocess.run(["chmod", "-R", "u+rwX", folder], stderr=subprocess.DEVNULL, check=False)
    subprocess.run(["rm", "-rf", "--one-file-system", folder], check=False)
    if os.path.lexists(folder):
        left.append(f"folder {folder}")
    return left


def environment_in(folder):
    environment = {**os.environ, "LIFEBOAT_TEST_CACHE": downloads()}
    for name, place in {
        "HOME": "home", "XDG_CONFIG_HOME": "home/.config", "XDG_DATA_HOME": "home/.local/share",
        "XDG_STATE_HOME": "home/.local/state", "XDG_CACHE_HOME": "home/.cache",
        "XDG_RUNTIME_DIR": "run", "TMPDIR": "tmp",
    }.items():
        path = os.path.join(folder, place)
        os.makedirs(path, mode=0o700, exist_ok=True)
        environment[name] = path
    # Some tests go on as an ordinary user, who must reach what they made.
    os.chmod(folder, 0o711)
    os.chmod(os.path.join(folder, "tmp"), 0o1777)
    # No desktop of the person who runs the tests may be reached by accident.
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK",
                 "XAUTHORITY", "XDG_SESSION_ID"):
        environment.pop(name, None)
    return environment


def forget_runtime_folder(outside):
    """Where there is no runtime folder, or its path is too long, sockets stand in this one: it stays
    as it was found. With something in it, it counts as left behind."""
    folder = f"/tmp/lifeboat-{os.geteuid()}"
    if folder not in outside:
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def main(arguments):
    build, *ctest_arguments = arguments
    ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    outside = places_outside()
    # Short, because the path of a local socket may have 107 bytes.
    folder = os.path.realpath(tempfile.mkdtemp(prefix="lbt."))
    junit = os.path.join(folder, "results.xml")
    child = None
    try:
        child = subprocess.Popen(
            ["ctest", "--test-dir", build, "--output-on-failure", "--no-tests=error",
             "--test-output-size-passed", "100000000", "--test-output-size-failed", "100000000",
             "--output-junit", junit, *ctest_arguments],
            env=environment_in(folder), stdin=subprocess.DEVNULL)
        status = child.wait()
    except KeyboardInterrupt:
        child.send_signal(signal.SIGINT)
        status = child.wait()
    finally:
        left = end_left_processes()
        count = count_junit(junit) if os.path.exists(junit) else None
        remains = sorted(os.listdir(os.path.join(folder, "tmp")))
        left += remove(folder)
        forget_runtime_folder(outside)
        left += [f"outside the tests' own home: {path}" for path in sorted(places_outside() - outside)]

    if count is None:
        count = Count()
        count.failed = 1
        count.failures.append("ctest ended without results")
    print()
    if remains:
        print(f"Left in the tests' temporary folder, removed with it: {', '.join(remains[:10])}"
              + (f" and {len(remains) - 10} more" if len(remains) > 10 else ""))
    if left:
        count.failed += 1
        count.failures.append("the tests left something behind")
        print("Left behind by the tests:")
    else:
        print("Left behind by the tests: no process, folder, mount or loop device")
    for thing in left:
        print(f"    {thing}")
    if count.reasons:
        print("Skipped:")
        for reason in count.reasons:
            print(f"    {reason}")
    if count.failures:
        print("Failed:")
        for failure in count.failures:
            print(f"    {failure}")
    if status != 0 and count.failed == 0:
        count.failed = 1
        print(f"ctest ended with status {status}")
    print(count.line(), flush=True)
    return 0 if count.failed == 0 else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
