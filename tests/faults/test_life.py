# SPDX-License-Identifier: GPL-3.0-or-later
"""A runner's life in a real desktop, and without one: a systemd scope of its own, logind's lock while
a step is open, a logout in the middle of a run, telling people that a run waits, a database server
that is away for a while."""

import http.server
import json
import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path

from cluster import Cluster
from lifeboat import IDENTITY, PROGRAM, Home, Skip, main, until
from shop import Scene, ends, runner_of, waits_for

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>{kind}</type><listen>unix:path={place}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow send_destination="*"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"""

RUNBOOK = """\
lifeboat: 1
id: own.ask
system: own
purpose: change
title: Ask somebody
inputs:
  folder: {type: path, required: true, title: Folder}
""" + IDENTITY + """\
steps:
  - {id: lamp, ask: {text: "Look at the lamp: is it \\u201cgreen\\u201d?"}}
"""


class Bus:
    """A private bus; of the session where its place is the runtime folder's."""

    def __init__(self, home, kind="session"):
        if not shutil.which("dbus-daemon"):
            raise Skip("dbus-daemon is not installed")
        self.home = home
        self.place = home.runtime / ("bus" if kind == "session" else "system-bus")
        config = home.path / f"{kind}.conf"
        config.write_text(CONFIG.format(kind=kind, place=self.place))
        self.address = f"unix:path={self.place}"
        home.environment[f"DBUS_{kind.upper()}_BUS_ADDRESS"] = self.address
        self.process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork"], env=home.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.place.exists, 10, "the bus")

    def kill(self):
        self.process.kill()
        self.process.wait()


class Fake:
    """One of the desktop's services on a bus, and what it was asked."""

    def __init__(self, home, bus, kind, refused=""):
        python = "/usr/bin/python3"  # the one that Debian's packages are for
        if subprocess.run([python, "-c", "import dbus, gi"], capture_output=True).returncode != 0:
            raise Skip("python3-dbus or python3-gi is not installed")
        self.log = home.path / f"{kind}.log"
        self.process = subprocess.Popen(
            [python, "-B", Path(__file__).parent / "fake_desktop.py", kind, bus.address, self.log,
             refused], env=home.environment)
        until(lambda: self.log.exists() or self.process.poll() is not None, 20, f"the fake {kind}")
        assert self.process.poll() is None, "it ended"

    def asked(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]


class Asking:
    """A run that waits for a person at once."""

    def __init__(self, home, *words):
        self.home = home
        own = home.path / "config/lifeboat/runbooks/own.ask.yaml"
        own.parent.mkdir(parents=True)
        own.write_text(RUNBOOK)
        home.cli("systems", "add", "lamp", "--type", "own", "--set", f"folder={home.path}",
                 *words, expect=0)

    def start(self):
        self.home.cli("run", "own.ask", "--system", "lamp", "--yes", expect=4)
        return self.home.runs()[-1]

    def answer(self, run, state):
        self.home.cli("runs", "answer", run, "lamp", "done", expect=0)
        ends(self.home, run, state)


def warnings(home, run):
    return home.json("runs", "show", run)["warnings"]


def test_scope():
    """The runner moves into a scope of its own, under another name where an old one is left."""
    for refused in (False, True):
        with Home(PROGRAM) as home:
            systemd = Fake(home, Bus(home), "systemd", "first" if refused else "")
            scene = Scene(home, save=False)
            scene.save(expect=0)
            run = home.runs()[-1]
            asked = systemd.asked()
            assert asked[0]["unit"] == f"lifeboat-{run}.scope", asked
            assert asked[0]["PIDs"] == [runner_of(home, run)], asked
            assert asked[0]["Slice"] == "app.slice" and asked[0]["mode"] == "fail", asked
            assert asked[0]["beside"] == 0 and run in asked[0]["Description"], asked
            names = [one["unit"] for one in asked]
            more = [f"lifeboat-{run}-{runner_of(home, run)}.scope"] if refused else []
            assert names == [f"lifeboat-{run}.scope", *more], names
            assert not warnings(home, run), "no systemd is no warning"


def test_bus_without_systemd():
    with Home(PROGRAM) as home:
        Bus(home)
        Scene(home, save=False).save(expect=0)


def test_lock_while_a_step_is_open():
    for refused, mode in (("", "block"), ("block", "delay")):
        with Home(PROGRAM) as home:
            logind = Fake(home, Bus(home, "system"), "logind", refused)
            scene = Scene(home, save=False)
            run = scene.hold()
            until(lambda: any("what" in one for one in logind.asked()), 10, "the lock")
            asked = [one for one in logind.asked() if "what" in one][0]
            assert asked["what"] == "sleep:shutdown" and asked["mode"] == mode, asked
            assert run in asked["why"] and asked["who"] == "Lifeboat", asked
            assert not [one for one in logind.asked() if "released" in one], logind.asked()
            scene.release()
            ends(home, run, "succeeded")
            until(lambda: {"released": mode} in logind.asked(), 10, "the lock to be let go")


def test_no_lock_while_a_person_is_waited_for():
    with Home(PROGRAM) as home:
        logind = Fake(home, Bus(home, "system"), "logind")
        asking = Asking(home)
        run = asking.start()
        waits_for(home, run, "person")

        def free():
            asked = logind.asked()
            return sum("what" in one for one in asked) == sum("released" in one for one in asked)
        until(free, 10, "no lock to be held")
        asking.answer(run, "succeeded")


def test_logout_in_the_middle():
    """Bus killed, runtime folder removed, everybody hung up on: it goes on, whoever follows it goes
    on too, and commands reach it."""
    with Home(PROGRAM) as home:
        bus = Bus(home)
        scene = Scene(home, save=False)
        run = scene.hold()
        runner = runner_of(home, run)
        follower = subprocess.Popen([PROGRAM, "runs", "log", run, "--follow"],
                                    env=home.environment, stdout=subprocess.PIPE, text=True)
        socket = home.data / "runs" / run / "socket"
        before = socket.read_text()
        assert before.startswith(str(home.runtime)), before

        bus.kill()
        shutil.rmtree(home.runtime)
        os.kill(runner, signal.SIGHUP)
        until(lambda: socket.read_text() != before and os.path.exists(socket.read_text()), 20,
              "the runner to listen elsewhere")
        after = socket.read_text()
        assert after.startswith(f"/tmp/lifeboat-{os.geteuid()}/"), after
        assert os.stat(os.path.dirname(after)).st_mode & 0o777 == 0o700
        assert runner_of(home, run) == runner and Path(f"/proc/{runner}").exists()

        # The one who was connected, and one who comes only now.
        home.cli("runs", "pause", run, expect=0)
        scene.release()
        until(lambda: home.json("runs", "show", run)["state"] == "paused", 30, "the pause")
        home.runtime.mkdir(mode=0o700)  # logged in again
        Bus(home)
        home.cli("runs", "resume", run, expect=0)
        assert home.json("runs", "show", run)["state"] == "succeeded"
        assert runner_of(home, run) == runner, "the same runner to the end"
        follower.communicate(timeout=30)
        assert follower.returncode == 0, follower.returncode
        until(lambda: not os.path.exists(after), 10, "the socket to be taken away")
        assert scene.is_on()


def test_notify_program():
    with Home(PROGRAM) as home:
        told, tell = home.path / "told", home.path / "tell"
        tell.write_text(f'#!/bin/sh\ncat >> {told}\necho "$1 $LIFEBOAT_RUN $LIFEBOAT_WAITING '
                        f'$LIFEBOAT_SYSTEM" >> {told}.words\n')
        tell.chmod(0o755)
        asking = Asking(home, "--set", f".notify={json.dumps([str(tell), 'on call'])}")
        run = asking.start()
        words = Path(f"{told}.words")
        until(lambda: words.exists() and words.read_text(), 20, "somebody to be told")
        assert words.read_text() == f"on call {run} person lamp\n"
        facts = json.loads(told.read_text())
        shown = home.json("runs", "show", run)["waiting"]
        assert facts == {"format": 1, "run": run, "runbook": "own.ask", "system": "lamp",
                         "waiting": "person", "step": "lamp", "text": shown["text"],
                         "since": shown["since"]}, facts
        assert "\u201cgreen\u201d" in facts["text"], facts
        asking.answer(run, "succeeded")
        assert Path(f"{told}.words").read_text().count("\n") == 1, "told once"


def test_notify_that_fails():
    """It is a warning, and the run goes on."""
    with Home(PROGRAM) as home:
        asking = Asking(home, "--set", '.notify=["sh", "-c", "echo no line >&2; exit 3"]')
        run = asking.start()
        until(lambda: warnings(home, run), 20, "the warning")
        assert len(warnings(home, run)) == 1 and "no line" in warnings(home, run)[0]
        asking.answer(run, "warned")
        for wrong in ("notify-send hello", "[1]", "ftp://host/x", "https://me:word@host/"):
            refused = home.cli("systems", "set", "lamp", f".notify={wrong}", expect=2)
            assert "JSON list" in refused.stderr, refused.stderr


class Receiver(http.server.BaseHTTPRequestHandler):
    status, got = 200, []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Receiver.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
        self.send_response(Receiver.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_notify_webhook():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever).start()
    try:
        for status, state in ((204, "succeeded"), (302, "warned"), (500, "warned")):
            Receiver.status, Receiver.got = status, []
            with Home(PROGRAM) as home:
                asking = Asking(home, "--set",
                                f".notify=http://127.0.0.1:{server.server_port}/hook/k3y")
                run = asking.start()
                until(lambda: Receiver.got, 20, "the post")
                if state == "warned":
                    until(lambda: warnings(home, run), 20, "the warning")
                    assert str(status) in warnings(home, run)[0], warnings(home, run)
                    assert "k3y" not in warnings(home, run)[0], "the path lets one in"
                asking.answer(run, state)
                assert len(Receiver.got) == 1, Receiver.got
                path, kind, facts = Receiver.got[0]
                assert (path, kind, facts["run"]) == ("/hook/k3y", "application/json", run)
    finally:
        server.shutdown()
        server.server_close()


def database_scene(home, cluster, *words):
    cluster.psql("postgres", "CREATE DATABASE shop")
    cluster.psql("shop", "CREATE TABLE t AS SELECT generate_series(1, 100) AS i")
    return Scene(home, "--set", f"postgres_host={cluster.socket}",
                 "--set", f"postgres_port={cluster.port}", "--set", "postgres_user=postgres",
                 "--set", "postgres_database=shop", *words, save=False)


def test_server_away_is_a_wait():
    with Home(PROGRAM) as home, Cluster() as cluster:
        scene = database_scene(home, cluster)
        run = scene.hold()
        cluster.stop()
        scene.release()
        waits_for(home, run, "network")
        first = home.json("runs", "show", run)["waiting"]
        assert "cannot be reached" in first["text"], first
        # Tried again, and still the same wait since the same time.
        tries = lambda: [e for e in home.events(run)
                         if e["event"] == "waiting_started" and e["for"] == "network"]
        until(lambda: len(tries()) >= 2, 60, "another try")
        assert all(one["since"] == tries()[0]["since"] for one in tries()), tries()
        cluster.start()
        ends(home, run, "succeeded", 120)
        assert home.points()[0]["completeness"]["verdict"] == "complete"
        assert scene.is_on()


def test_server_away_too_long():
    with Home(PROGRAM) as home, Cluster() as cluster:
        scene = database_scene(home, cluster, "--set", ".network_limit=1s")
        run = scene.hold()
        cluster.stop()
        scene.release()
        ends(home, run, "failed", 60)
        failed = [s for s in home.json("runs", "show", run)["steps"] if s["state"] == "failed"]
        assert [s["error"]["code"] for s in failed] == ["unreachable"], failed
        assert scene.is_on(), "what was stopped is started all the same"


main(globals())
