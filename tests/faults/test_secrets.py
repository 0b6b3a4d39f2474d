# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets: a real keychain in each of its states (F35), none at all, typed for one run, printed by a
program; a crash, a keychain that vanishes in mid-run; and the search for marked values in every
form over everything that a run leaves behind or shows while it goes on (F32, F36, F37)."""

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from keychains import Keyring, Wallet
from lifeboat import IDENTITY, KILL_AT, PROGRAM, Home, Skip, main, until
from search import forms, in_memory, search

# Put together here: the test's own file must not be found by the search.
CANARY = "-".join(("CAN\"ARY", "pa55'w0rd", "&<T", "\u00fc", "0x7f"))

RUNBOOK = """\
lifeboat: 1
id: own.change
system: own
purpose: change
title: Use a secret
inputs:
  folder: {type: path, required: true, title: Folder}
secrets:
  db_password: {title: Database password, holder: Database team}
""" + IDENTITY + """\
steps:
  # Stands still while the test looks at the runner or does something to the keychain.
  - id: gate
    run: {program: "{{ inputs.folder }}/gate"}
    effect: read
  - id: use
    run:
      program: "{{ inputs.folder }}/use"
      input: {secret: db_password}
      environment: {PASSWORD: {secret: db_password}}
      output: text
    effect: change
    resume: repeat
    undo: {run: {program: "true"}}
  - id: file
    write_file: {path: "{{ inputs.folder }}/password", content: {secret: db_password}}
    effect: change
"""

GATE = """#!/bin/sh
here=$(dirname "$0")
touch "$here/at-gate"
while [ ! -e "$here/open" ]; do sleep 0.05; done
"""

# Prints what it was given in every form that it knows, byte for byte with pauses between.
USE = """#!/usr/bin/env python3
import base64, html, json, os, sys, time, urllib.parse
secret = sys.stdin.read()
assert secret == os.environ["PASSWORD"], "both ways must bring the same"
raw = secret.encode()
forms = [secret, json.dumps(secret), json.dumps(secret, ensure_ascii=False),
         urllib.parse.quote(secret), urllib.parse.quote_plus(secret), html.escape(secret),
         raw.hex(), raw.hex().upper(), base64.b64encode(raw).decode(),
         base64.b64encode(b"u:" + raw).decode(), base64.urlsafe_b64encode(b"u" + raw).decode(),
         secret.replace("'", "'\\\\''")]
for form in forms:
    for byte in (form + "\\n").encode():
        os.write(1, bytes([byte]))
os.write(2, secret.encode())
print("given", len(secret))
"""


class Scene:
    def __init__(self, home, is_open=True):
        self.home = home
        self.folder = home.path / "place"
        self.folder.mkdir()
        own = home.path / "config/lifeboat/runbooks/own.change.yaml"
        own.parent.mkdir(parents=True)
        own.write_text(RUNBOOK)
        for name, text in (("gate", GATE), ("use", USE)):
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o755)
        if is_open:
            self.open()
        home.cli("systems", "add", "shop", "--type", "own", "--set", f"folder={self.folder}",
                 expect=0)

    def open(self):
        (self.folder / "open").touch()

    def start(self, *words, **more):
        return self.home.cli("run", "own.change", "--system", "shop", "--yes", *words, **more)

    def set(self, value=CANARY, **more):
        return self.home.cli("secrets", "set", "shop", "db_password", stdin=value, **more)

    def give(self, run, value=CANARY, **more):
        return self.home.cli("runs", "secret", run, "db_password", stdin=value, **more)

    def state(self):
        listed = self.home.json("secrets", "list", "shop")["secrets"]
        assert [s["name"] for s in listed] == ["db_password"], listed
        return listed[0]["state"]

    def waits(self):
        run = self.home.runs()[-1]
        until(lambda: (self.home.json("runs", "show", run)["waiting"] or {}).get("for") ==
              "credential", 30, "the run to wait for its credential")
        return run

    def is_clean(self):
        hits = search(self.home.path, CANARY, but=[self.folder / "password"])
        assert not hits, hits


def clear_state(home, state):
    """At most ten seconds to a clear answer."""
    begun = time.monotonic()
    said = home.json("secrets", "test", expect=0 if state == "open" else 1)
    took = time.monotonic() - begun
    assert said["state"] == state, said
    assert took < 10, f"{state} took {took:.1f} s"


def is_kept(home):
    """Set, delivered, removed, in whatever keychain the home has; the run that was given it."""
    scene = Scene(home)
    clear_state(home, "open")
    assert scene.state() == "missing"
    scene.set(expect=0)
    assert scene.state() == "present"
    scene.start(expect=0)
    run = home.runs()[-1]
    assert (scene.folder / "password").read_text() == CANARY
    assert (scene.folder / "password").stat().st_mode & 0o777 == 0o600
    scene.is_clean()
    home.cli("secrets", "remove", "shop", "db_password", expect=0)
    assert scene.state() == "missing"
    return run


def test_open():
    with Home(PROGRAM) as home:
        Keyring(home)
        run = is_kept(home)
        log = home.cli("runs", "log", run, "--step", "use", expect=0).stdout
        assert f"given {len(CANARY)}" in log and log.count("[secret db_password]") >= 12, log
        receipts = sorted((e["step"], e["channel"], e["name"]) for e in home.events(run)
                          if e["event"] == "step_observed" and e.get("what") == "secret")
        assert receipts == [("file", "file", "db_password"), ("use", "environment", "db_password"),
                            ("use", "stdin", "db_password")], receipts


def test_wallet_open():
    with Home(PROGRAM) as home:
        Wallet(home)
        is_kept(home)


def test_wallet_denied():
    with Home(PROGRAM) as home:
        Wallet(home, "denied")
        scene = Scene(home)
        clear_state(home, "denied")
        assert scene.state() == "denied"
        assert "refuses" in scene.set(expect=1).stderr
        scene.start(expect=4)
        run = scene.waits()
        scene.give(run, expect=0)
        until(lambda: home.json("runs", "show", run)["state"] == "succeeded", 30, "the run")
        scene.is_clean()


def test_wallet_asks():
    """A prompt that nobody answers: said within ten seconds, and what waits can be left."""
    with Home(PROGRAM) as home:
        Wallet(home, "closed")
        Scene(home)
        begun = time.monotonic()
        asking = subprocess.Popen([PROGRAM, "secrets", "test"], env=home.environment, text=True,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert "The keychain asks" in asking.stderr.readline()
        assert time.monotonic() - begun < 10
        assert asking.poll() is None, "it still waits for the person"
        asking.send_signal(signal.SIGINT)
        asking.wait(10)


def test_wallet_frozen():
    with Home(PROGRAM) as home:
        wallet = Wallet(home)
        scene = Scene(home)
        scene.set(expect=0)
        wallet.daemon.send_signal(signal.SIGSTOP)
        clear_state(home, "frozen")
        wallet.daemon.send_signal(signal.SIGCONT)
        assert scene.state() == "present"


def test_wrong_names_and_values():
    with Home(PROGRAM) as home:
        Keyring(home)
        scene = Scene(home)
        near = home.cli("secrets", "set", "shop", "db_pasword", stdin="x", expect=2)
        assert "did you mean “db_password”" in near.stderr, near.stderr
        assert "empty" in scene.set("\n", expect=2).stderr
        assert "JSON list" in home.cli("secrets", "set", "shop", "db_password", "--program",
                                       "pass show x", expect=2).stderr
        assert scene.state() == "missing"


def test_locked():
    """A locked keychain says "not found", which must not become "give a new one"."""
    with Home(PROGRAM) as home:
        keyring = Keyring(home)
        scene = Scene(home)
        scene.set("the one that was there before", expect=0)
        keyring.stop()
        keyring.start(locked=True)
        clear_state(home, "locked")
        assert scene.state() == "locked"
        refused = scene.set(expect=1)
        assert "locked" in refused.stderr, refused.stderr
        scene.start(expect=4)
        scene.give(scene.waits(), expect=0)
        until(lambda: home.json("runs", "show", home.runs()[-1])["state"] == "succeeded", 30,
              "the run to go on with what was typed")
        scene.is_clean()
        keyring.stop()
        keyring.start(locked=False)
        assert scene.state() == "present", "what was there is still there"
        (scene.folder / "password").unlink()
        scene.start(expect=0)
        assert (scene.folder / "password").read_text() == "the one that was there before"


def test_frozen():
    with Home(PROGRAM) as home:
        keyring = Keyring(home)
        scene = Scene(home)
        scene.set(expect=0)
        keyring.daemon.send_signal(signal.SIGSTOP)
        clear_state(home, "frozen")
        begun = time.monotonic()
        assert "does not answer" in scene.set("another", expect=1).stderr
        assert time.monotonic() - begun < 11
        scene.start(expect=4)
        run = scene.waits()
        # It goes on by itself once the keychain answers again.
        keyring.daemon.send_signal(signal.SIGCONT)
        until(lambda: home.json("runs", "show", run)["state"] == "succeeded", 60, "the run to end")
        assert (scene.folder / "password").read_text() == CANARY
        scene.is_clean()


def test_absent():
    """No bus at all, and a bus without a keychain: both are normal, and nothing is kept in clear."""
    for with_bus in (False, True):
        with Home(PROGRAM) as home:
            if with_bus:
                Keyring(home, "none")
            scene = Scene(home)
            clear_state(home, "absent")
            assert "no keychain" in scene.set(expect=1).stderr
            waits = scene.start(expect=4)
            run = scene.waits()
            assert f"runs secret {run} db_password" in waits.stderr, waits.stderr
            scene.give(run, expect=0)
            until(lambda: home.json("runs", "show", run)["state"] == "succeeded", 30, "the run")
            scene.is_clean()


def test_a_plan_can_be_looked_at_without():
    """`plan` and `check` tell that a secret is missing and wait for nobody."""
    with Home(PROGRAM) as home:
        scene = Scene(home)
        said = home.cli("plan", "own.change", "--system", "shop", expect=0).stdout
        run = home.runs()[-1]
        assert "db_password" in said, said
        failed = [c for c in home.json("runs", "show", run)["checks"] if c["verdict"] == "failed"]
        assert [c["id"] for c in failed] == ["secrets"], failed
        assert "secrets set shop" in failed[0]["hint"], failed
        checked = home.cli("check", "own.change", "--system", "shop", expect=1)
        assert "no keychain" in checked.stdout + checked.stderr, checked.stdout
        assert not (scene.folder / "at-gate").exists()


def stood_at_gate(home):
    """A run before the step that needs the keychain's secret."""
    keyring = Keyring(home)
    scene = Scene(home, is_open=False)
    scene.set(expect=0)
    scene.start("--detach", expect=0)
    until(lambda: (scene.folder / "at-gate").exists(), 30, "the gate")
    return keyring, scene, home.runs()[-1]


def test_vanishes_in_mid_run():
    with Home(PROGRAM) as home:
        keyring, scene, run = stood_at_gate(home)
        keyring.stop()
        keyring.bus.kill()
        keyring.bus.wait()
        scene.open()
        scene.waits()
        shown = home.json("runs", "show", run)
        assert {s["id"]: s["state"] for s in shown["steps"]}["use"] == "pending", shown["steps"]
        scene.give(run, expect=0)
        until(lambda: home.json("runs", "show", run)["state"] == "succeeded", 30, "the run")
        scene.is_clean()


def test_typed_is_asked_again_after_a_crash():
    with Home(PROGRAM) as home:
        scene = Scene(home, is_open=False)
        scene.start(expect=4)
        run = scene.waits()
        scene.give(run, expect=0)
        until(lambda: (scene.folder / "at-gate").exists(), 30, "the gate")
        runner = [e for e in home.events(run) if e["event"] == "runner_started"][-1]["runner"]
        os.kill(runner["pid"], signal.SIGKILL)
        until(lambda: not home.processes(), 20, "the runner's processes to end")
        scene.open()
        home.cli("runs", "resume", run, expect=4)
        scene.waits()
        scene.give(run, expect=0)
        until(lambda: home.json("runs", "show", run)["state"] == "succeeded", 30, "the run")
        scene.is_clean()


def test_from_a_program():
    with Home(PROGRAM) as home:
        scene = Scene(home)
        vault, value = home.path / "vault", home.path / "value"
        value.write_text(CANARY + "\n")
        vault.write_text(f"#!/bin/sh\necho \"$@\" >> {home.path}/asked\nexec cat {value}\n")
        vault.chmod(0o755)
        home.cli("secrets", "set", "shop", "db_password", "--program",
                 json.dumps([str(vault), "show", "shop/db"]), expect=0)
        assert scene.state() == "program"
        assert not (home.path / "asked").exists(), "it is not started to look"
        scene.start(expect=0)
        assert (scene.folder / "password").read_text() == CANARY
        assert "show shop/db" in (home.path / "asked").read_text()
        hits = search(home.path, CANARY, but=[scene.folder / "password", value])
        assert not hits, hits
        vault.write_text("#!/bin/sh\necho sealed >&2\nexit 3\n")
        said = scene.start(expect=4)
        assert "did not give" in said.stderr, said.stderr
        # One that prints it and fails: what it printed is not quoted.
        vault.write_text(f"#!/bin/sh\ncat {value}\nexit 3\n")
        scene.start(expect=4)
        home.cli("check", "own.change", "--system", "shop", expect=1)
        (scene.folder / "password").unlink()
        hits = search(home.path, CANARY, but=[value])
        assert not hits, hits


def test_nobody_can_say_that_it_was_given():
    """A step that waits for its secret cannot be called done, and retrying runs it once."""
    with Home(PROGRAM) as home:
        keyring, scene, run = stood_at_gate(home)
        keyring.stop()
        scene.open()
        scene.waits()
        refused = home.cli("runs", "answer", run, "use", "done", expect=2)
        assert "does not wait for a person's word" in refused.stderr, refused.stderr
        home.cli("runs", "answer", run, "use", "retry", expect=0)
        scene.give(run, expect=0)
        until(lambda: home.json("runs", "show", run)["state"] == "succeeded", 30, "the run")
        begun = [e for e in home.events(run) if e["event"] == "step_intended"]
        assert [e["step"] for e in begun] == ["gate", "use", "file"], begun


def test_no_argument_list_holds_it():
    """Every argument list on the machine, looked at as fast as it goes while the run goes on."""
    with Home(PROGRAM) as home:
        Keyring(home)
        scene = Scene(home)
        scene.set(expect=0)
        wanted, seen, over = forms(CANARY).values(), [], threading.Event()

        def look():
            while not over.is_set():
                for entry in os.listdir("/proc"):
                    if not entry.isdigit():
                        continue
                    try:
                        words = Path(f"/proc/{entry}/cmdline").read_bytes()
                    except OSError:
                        continue
                    if any(form in words for form in wanted):
                        seen.append(words)
        looker = threading.Thread(target=look)
        looker.start()
        try:
            for _ in range(3):
                scene.start(expect=0)
                (scene.folder / "password").unlink()
        finally:
            over.set()
            looker.join()
        assert not seen, seen


def memory_after_use(keychain):
    """Five seconds after its last use a runner's memory holds no copy (F38)."""
    if os.geteuid() != 0:
        raise Skip("only root reads the memory of a process that is not to be looked into")
    with Home(PROGRAM) as home:
        if keychain:
            Keyring(home)
        scene = Scene(home)
        own = home.path / "config/lifeboat/runbooks/own.change.yaml"
        # The gate comes last: the runner lives on after the secret was used.
        text = own.read_text()
        gate = text[text.index("  # Stands still"):text.index("  - id: use")]
        own.write_text(text.replace(gate, "") + gate)
        # What a program prints is kept by whoever asked for its output: not what is looked at here.
        (scene.folder / "use").write_text("#!/bin/sh\ncat > /dev/null; [ -n \"$PASSWORD\" ]\n")
        (scene.folder / "open").unlink()
        if keychain:
            scene.set(expect=0)
            scene.start("--detach", expect=0)
        else:
            scene.start("--detach", expect=4)
            scene.give(scene.waits(), expect=0)
        run = home.runs()[-1]
        until(lambda: (scene.folder / "at-gate").exists(), 30, "the gate")
        time.sleep(5)
        pid = [e for e in home.events(run) if e["event"] == "runner_started"][-1]["runner"]["pid"]
        copies = in_memory(pid, CANARY)
        scene.open()
        assert not copies, copies


def test_memory_after_use():
    memory_after_use(keychain=True)


def test_memory_after_use_of_a_typed_one():
    memory_after_use(keychain=False)


if __name__ == "__main__":
    main(globals())
