# SPDX-License-Identifier: GPL-3.0-or-later
"""The practice's IBM Cloud for tests: its faults, what it has, what it was asked, and what Lifeboat
says and shows while it works with it."""

import base64
import json
import re
import subprocess
import threading
import urllib.request
from pathlib import Path

from lifeboat import PROGRAM, Home

SYSTEM = "practice-ibm-toolchain"
TARGET = "eu-de"
TEXT = f"{SYSTEM} in {TARGET}"
# One of them has an error on purpose: its pipeline uses a repository that is no tool.
GOOD = ("harbor-ferry", "tide-tables", "berth-planner", "signal-mast")
# Every invented secret, and the tokens that IAM and the console give.
SECRET = re.compile(rb"canary-[a-z]|practice-access-|practice-oauth-")


def encoded():
    """How `canary-` looks inside of base64, wherever it begins."""
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + b"canary-").rstrip(b"=")
        yield whole[[0, 2, 3][shift]:len(whole) - 1]


class RecordedHome(Home):
    """Keeps what every command said."""

    def __init__(self):
        super().__init__(PROGRAM)
        self.said = []

    def cli(self, *words, **how):
        done = super().cli(*words, **how)
        self.said.append(" ".join(map(str, words)) + done.stdout + done.stderr)
        return done

    def whole_events(self, run):
        """Without a last line that was cut off."""
        journal = self.data / "runs" / run / "journal.jsonl"
        whole = journal.read_bytes().split(b"\n")[:-1] if journal.exists() else []
        return [json.loads(line) for line in whole]

    def begun_runs(self):
        """Those that somebody asked for and whose first line is there: others have done nothing."""
        return [run for run in self.runs()
                for first in self.whole_events(run)[:1] if not first["request"]["hidden"]]


class Scene:
    """A home with the practice system, whose services answer as told."""

    def __init__(self, home):
        self.home = home
        self.start()
        folder = home.data / "practice/ibm-toolchain"
        self.folder = folder
        self.port = json.loads((folder / "settings.json").read_text())["port"]

    def start(self):
        """Also gives the next restore a token that is not revoked."""
        self.home.cli("practice", "start", "ibm-toolchain", expect=0)

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def faults(self, *names, latency=0, aim=None):
        """`aim`: which requests the faults `api-…` mean."""
        self.ask("POST", "/-/faults", {"faults": names, "latency_ms": latency, "aim": aim or {}})

    def state(self):
        return self.ask("GET", "/-/state")

    def requests(self):
        return self.ask("GET", "/-/requests")["requests"]

    def save(self, *more, **how):
        return self.home.cli("run", "ibm-toolchain.save", "--system", SYSTEM, "--yes", *more, **how)

    def save_one(self, *more, **how):
        """The first toolchain alone: it has a classic and a Tekton pipeline."""
        shown = self.home.json("systems", "show", SYSTEM)
        return self.save("--set", f"toolchain={shown['inputs']['toolchain'][0]}", *more, **how)

    def restore_words(self, *names, suffix="", book="restore"):
        only = [word for name in names for word in ("--only", name)]
        return ["run", f"ibm-toolchain.{book}", "--system", SYSTEM, "--restore-point", "latest",
                "--target", "replacement", "--accept", "old_off=its region is closed", "--yes",
                "--set", f"name_suffix={suffix}", "--confirm", TEXT, *only]

    def restore(self, *names, suffix="", book="restore", more=(), **how):
        return self.home.cli(*self.restore_words(*names, suffix=suffix, book=book), *more, **how)

    def copies(self, name=None):
        return [one for one in self.state()["toolchains"]
                if one["location"] == TARGET and name in (None, one["name"])]

    def projects(self):
        """Those that runs have made and not taken away."""
        return [one["path_with_namespace"] for one in self.state()["projects"]
                if one["path"].startswith("lifeboat-")]

    def live_tokens(self):
        return [one for one in self.state()["git_tokens"]
                if one["region"] == TARGET and not one["revoked"] and one["name"] != "oauth"]

    def owed(self, run=None):
        return [one["id"] for one in self.home.json("obligations", "list")["obligations"]
                if run in (None, one["run"])]

    def half_points(self):
        folder = self.home.store() / SYSTEM
        return [path.name for path in folder.iterdir() if ".partial" in path.name] \
            if folder.is_dir() else []

    def is_clean(self, what):
        """Nothing is left over that a run has made for itself."""
        assert not self.projects(), (what, self.projects())
        assert not self.live_tokens(), (what, self.live_tokens())
        assert not self.owed(), (what, self.owed())

    def unpacked(self, point, part):
        return unpacked(self.home, SYSTEM, point, part)


def unpacked(home, system, point, part):
    """What is in a part, as another program reads it."""
    file = home.store() / system / point / "parts" / f"{part}.tar.zst"
    into = home.path / f"unpacked-{point}-{part}"
    into.mkdir(exist_ok=True)
    subprocess.run(["tar", "--zstd", "-xf", file, "-C", into], check=True)
    return {str(path.relative_to(into)): path.read_bytes()
            for path in sorted(into.rglob("*")) if path.is_file()}


class Watcher:
    """Looks at the arguments of every process while something runs."""

    def __init__(self, home):
        self.mark = f"HOME={home.path}".encode()
        self.seen, self.looks, self.isOver = set(), 0, threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.isOver.set()
        self.thread.join()

    def watch(self):
        while not self.isOver.wait(0.01):
            self.looks += 1
            for entry in Path("/proc").iterdir():
                try:
                    words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
                    if SECRET.search(words) and self.mark in (entry / "environ").read_bytes():
                        self.seen.add(words)
                except OSError:
                    continue


def secrets_in(data):
    return bool(SECRET.search(data)) or any(one in data for one in encoded())


def files_with_secrets(folder, but):
    """Every file below the folder that holds a secret, in clear or in base64."""
    return [str(path) for path in folder.rglob("*")
            if path.is_file() and but not in path.parents and secrets_in(path.read_bytes())]
