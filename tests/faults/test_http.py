# SPDX-License-Identifier: GPL-3.0-or-later
"""An own runbook that calls a real TLS server (F29): secrets as bearer, header, password and body
that the server sends back in answers and errors are found nowhere afterwards in any form; outputs
fill the next request; probes, waits, checks, discovery and facts ask over HTTP."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from lifeboat import PROGRAM, Home, Skip, main, until
from search import in_memory, search
from shop import runner_of

SERVER = Path(__file__).parent.parent / "core/transport/http_server.py"
CANARY = "CAN\"ARY-pa55'w0rd-&<T-0x7f"

HEAD = """\
lifeboat: 1
id: own.change
system: own
purpose: change
title: Call a server
inputs:
  folder: {type: path, required: true, title: Folder}
  base: {type: text, required: true, title: Server}
  ca: {type: path, required: true, title: Its CA}
secrets:
  token: {title: Token, holder: Platform team}
identity:
  facts:
    hostname: {hostname: {}}
    server: {http: {url: "{{ inputs.base }}/text/fact", ca: "{{ inputs.ca }}", output: text}}
  text: "{{ system }}@{{ hostname }}"
  scope: ["{{ inputs.folder }}"]
"""

GOOD = HEAD + """\
discover:
  seen:
    http: {url: "{{ inputs.base }}/echo/discovered", ca: "{{ inputs.ca }}", output: json}
checks:
  - id: answers
    title: The server answers
    http: {url: "{{ inputs.base }}/status/418", ca: "{{ inputs.ca }}"}
    done_when: {status: 418}
steps:
  - id: first
    http:
      method: POST
      url: "{{ inputs.base }}/echo/first?x={{ discovered.seen.method }}"
      ca: "{{ inputs.ca }}"
      headers: {X-Token: {secret: token}}
      bearer: {secret: token}
      body: {secret: token}
      output: json
    effect: change
    resume: ask
  - id: second
    http:
      method: PUT
      url: "{{ inputs.base }}/echo/second/{{ steps.first.outputs.method }}"
      ca: "{{ inputs.ca }}"
      user: saver
      password: {secret: token}
      json: {status: "{{ steps.first.outputs.status }}", list: [1, "a {{ steps.first.outputs.method }}"]}
      output: text
    effect: change
    resume: repeat
  - id: ready
    wait_until:
      http: {url: "{{ inputs.base }}/retry/503/2/wait", ca: "{{ inputs.ca }}"}
      done_when: {status: 200}
      every: 100ms
  - id: fetch
    http: {url: "{{ inputs.base }}/big/3000000", ca: "{{ inputs.ca }}", to_file: "{{ inputs.folder }}/got"}
    effect: change
    resume: ask
"""

# The runner lives on after its requests: their secrets must not.
USED = HEAD + """\
steps:
  - id: sent
    http:
      method: POST
      url: "{{ inputs.base }}/text/sent"
      ca: "{{ inputs.ca }}"
      headers: {X-Token: {secret: token}}
      bearer: {secret: token}
      body: {secret: token}
    effect: change
    resume: ask
  - id: signed
    http:
      url: "{{ inputs.base }}/text/signed"
      ca: "{{ inputs.ca }}"
      user: saver
      password: {secret: token}
    effect: read
  - id: gate
    run: {program: "{{ inputs.folder }}/gate"}
    effect: read
"""
GATE = """#!/bin/sh
touch "${0%/*}/at-gate"
while [ ! -e "${0%/*}/open" ]; do sleep 0.05; done
"""

BAD = HEAD + """\
steps:
  - id: refused
    http:
      url: "{{ inputs.base }}/status/403?key={{ inputs.folder }}"
      ca: "{{ inputs.ca }}"
      headers: {X-Token: {secret: token}}
      bearer: {secret: token}
      user: saver
    effect: read
"""


class Scene:
    def __init__(self, home, runbook):
        self.home = home
        self.certificates = Path(tempfile.mkdtemp(prefix="lifeboat-http-"))
        self.server = subprocess.Popen(
            [sys.executable, "-B", str(SERVER), str(self.certificates)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.ports = json.loads(self.server.stdout.readline())
        self.folder = home.path / "place"
        self.folder.mkdir()
        own = home.path / "config/lifeboat/runbooks/own.change.yaml"
        own.parent.mkdir(parents=True)
        own.write_text(runbook)
        home.cli("runbooks", "lint", own, expect=0)
        home.cli("systems", "add", "shop", "--type", "own", "--set", f"folder={self.folder}",
                 "--set", f"base=https://127.0.0.1:{self.ports['main']}",
                 "--set", f"ca={self.certificates / 'ca.pem'}", expect=0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stdin.close()
        self.server.wait(10)
        shutil.rmtree(self.certificates)

    def run(self, end):
        self.home.cli("run", "own.change", "--system", "shop", "--yes", expect=4)
        run = self.home.runs()[-1]
        until(lambda: (self.home.json("runs", "show", run)["waiting"] or {}).get("for") ==
              "credential", 30, "the run to wait for its credential")
        self.home.cli("runs", "secret", run, "token", stdin=CANARY, expect=0)
        self.ends(run, end)
        return run

    def ends(self, run, end):
        def ended():
            shown = self.home.json("runs", "show", run)
            assert shown["state"] in (end, "ready", "running", "waiting", "preparing", "finishing"), shown
            return shown["state"] == end
        until(ended, 60, f"it to be {end}")

    def arrived(self, begin):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['plain']}/log") as read:
            return [r for r in json.load(read) if r["path"].startswith(begin)]

    def is_clean(self):
        hits = search(self.home.path, CANARY) + search(self.home.path, "saver:" + CANARY)
        assert not hits, hits


def test_memory_after_use():
    """Five seconds after the last request a runner's memory holds no copy of its secrets (F38)."""
    if os.geteuid() != 0:
        raise Skip("only root reads the memory of a process that is not to be looked into")
    with Home(PROGRAM) as home, Scene(home, USED) as scene:
        (scene.folder / "gate").write_text(GATE)
        (scene.folder / "gate").chmod(0o755)
        (home.path / "token").write_text(CANARY)
        home.cli("secrets", "set", "shop", "token", "--program",
                 json.dumps(["cat", str(home.path / "token")]), expect=0)
        home.cli("run", "own.change", "--system", "shop", "--yes", "--detach", expect=0)
        run = home.runs()[-1]
        until(lambda: (scene.folder / "at-gate").exists(), 30, "the gate")
        time.sleep(5)
        copies = in_memory(runner_of(home, run), CANARY)
        (scene.folder / "open").touch()
        scene.ends(run, "succeeded")
        assert not copies, copies


def test_answers_fill_what_follows_and_show_no_secret():
    with Home(PROGRAM) as home, Scene(home, GOOD) as scene:
        run = scene.run("succeeded")
        first = scene.arrived("/echo/first?x=GET")
        assert len(first) == 1 and first[0]["method"] == "POST", first
        assert first[0]["headers"]["x-token"] == CANARY
        assert first[0]["headers"]["authorization"] == "Bearer " + CANARY
        assert first[0]["bytes"] == len(CANARY)
        assert len(scene.arrived("/echo/second/POST")) == 1
        second = [e for e in home.events(run) if e["event"] == "step_succeeded" and
                  e["step"] == "second"][0]["outputs"]
        sent = json.loads(json.loads(second["text"])["body"])
        assert sent == {"status": "200", "list": [1, "a POST"]}, sent
        assert second["status"] == 200
        assert len(scene.arrived("/retry/503/2/wait")) == 3
        assert (scene.folder / "got").read_bytes() == b"x" * 3_000_000
        receipts = sorted((e["step"], e["channel"]) for e in home.events(run)
                          if e["event"] == "step_observed" and e.get("what") == "secret")
        assert receipts == [("first", "body"), ("first", "header"), ("first", "header"),
                            ("second", "header")], receipts
        log = home.cli("runs", "log", run, "--step", "first", expect=0).stdout
        assert "answered 200" in log and "x=GET" not in log, log
        twin = home.cli("runbooks", "show", "own.change", "--print", expect=0).stdout
        assert "secret" in twin
        scene.is_clean()


def test_what_a_server_says_in_an_error_is_quoted_without_secrets():
    broken = BAD.replace("      user: saver\n", "")
    with Home(PROGRAM) as home, Scene(home, broken) as scene:
        run = scene.run("failed")
        error = home.json("runs", "show", run)["steps"][0]["error"]
        assert error["code"] == "denied", error
        assert "the server says 403 to Bearer [secret token]" in error["detail"], error
        assert str(scene.folder) not in error["summary"], error
        scene.is_clean()


def test_a_failed_fact_is_no_identity():
    """An error page is not taken for the installation's name."""
    with Home(PROGRAM) as home, Scene(home, GOOD.replace("/text/fact", "/status/500/fact")) as scene:
        home.cli("run", "own.change", "--system", "shop", "--yes", expect=(1, 4))
        assert not scene.arrived("/echo/first")


def test_what_cannot_be_is_said_before_a_run():
    with Home(PROGRAM) as home, Scene(home, GOOD) as scene:
        file = home.path / "broken.yaml"
        for text, says in (
                (BAD, "“user” wants “password” beside it"),
                (GOOD.replace("json: {status:", "json: {key: {secret: token}, status:"),
                 "A secret cannot stand in “json”"),
                (GOOD.replace('url: "{{ inputs.base }}/big/3000000"', "url: {secret: token}"),
                 "A secret cannot stand in “url”"),
                (GOOD.replace("body: {secret: token}", "body: {secret: token}\n      cookie: a"),
                 "“cookie” is not a key of http")):
            file.write_text(text)
            refused = home.cli("runbooks", "lint", file, expect=2)
            assert says in refused.stdout + refused.stderr, (says, refused.stdout, refused.stderr)
        home.cli("systems", "set", "shop", "base=https://a:b@127.0.0.1:1", expect=0)
        said = home.cli("plan", "own.change", "--system", "shop", expect=(1, 2))
        assert "without user and password" in said.stderr, said.stderr


main(globals())
