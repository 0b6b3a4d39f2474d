# SPDX-License-Identifier: GPL-3.0-or-later
"""A private PostgreSQL cluster of this machine's version, for one test: a socket for the user who
runs the test (peer), a port of 127.0.0.1 with passwords. As root it runs as nobody: a server
refuses to run as root."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from lifeboat import Skip

ROLES = ("postgres", "app", "saver")


def programs():
    """The newest installed server's folder."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"),
                   key=lambda p: int(p.parts[-3]))
    if not found:
        raise Skip("no PostgreSQL server is installed (package postgresql)")
    return found[-1].parent


def conninfo(database):
    escaped = database.replace("\\", "\\\\").replace("'", "\\'")
    return f"dbname='{escaped}'"


class Cluster:
    def __init__(self, folder=None, without=()):
        """`folder`: an empty one on the disk that the data is to be on; its write-ahead log is not,
        for a server without room for that one stops altogether. `without`: extensions that the
        server must not have."""
        self.programs = programs()
        self.version = int(self.programs.parts[-2])
        self.own = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="lifeboat-pg-"))
        self.folder.chmod(0o711)
        if without:
            self.programs = self.copied(without)
        self.data, self.socket = self.folder / "data", self.folder / "socket"
        self.as_user = {}
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.log = Path(tempfile.mkdtemp(prefix="lifeboat-pg-")) / "wal" if folder else None
        for place, mode in ((self.data, 0o700), (self.socket, 0o755), (self.log, 0o700)):
            if not place:
                continue
            place.parent.chmod(0o711)
            place.mkdir(mode=mode)
            place.chmod(mode)
            if self.as_user:
                os.chown(place, nobody.pw_uid, nobody.pw_gid)
        self.run("initdb", "-D", self.data, "-U", "postgres", "--auth=trust",
                 "--locale=C.UTF-8", "--encoding=UTF8", *(["-X", self.log] if self.log else []))
        me = pwd.getpwuid(os.getuid()).pw_name
        self.write("pg_hba.conf", "local all all peer map=me\nhost all all 127.0.0.1/32 "
                                  "scram-sha-256\n")
        self.write("pg_ident.conf", "".join(f"me {me} {role}\n" for role in ROLES))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.programs / "postgres", "-D", self.data, "-p", str(self.port), "-k", self.socket,
             "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=40",
             "-c", "shared_buffers=16MB", "-c", "max_wal_size=64MB"],
            stdout=(self.folder / "log").open("ab"), stderr=subprocess.STDOUT,
            start_new_session=True, cwd=self.folder, **self.as_user)
        until = time.monotonic() + 30
        while self.psql("postgres", "SELECT 1", check=False).returncode != 0:
            if time.monotonic() > until or self.process.poll() is not None:
                raise AssertionError((self.folder / "log").read_text())
            time.sleep(0.05)

    def stop(self):
        """At once, as by a loss of power."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def copied(self, without):
        """The server's programs at another place: they look for their files beside themselves."""
        below = Path(*self.programs.parts[3:4], str(self.version))  # postgresql/15
        there = self.folder / "usr"
        share = there / "share" / below
        shutil.copytree(Path("/usr/share") / below, share)
        for name in without:
            (share / "extension" / f"{name}.control").unlink()
        shutil.copytree(self.programs, there / "lib" / below / "bin")
        (there / "lib" / below / "lib").symlink_to(Path("/usr/lib") / below / "lib")
        return there / "lib" / below / "bin"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        for place in (self.data, self.socket, self.log.parent) if not self.own else ():
            shutil.rmtree(place, ignore_errors=True)
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, text):
        file = self.data / name
        file.write_text(text)
        if self.as_user:
            os.chown(file, self.as_user["user"], self.as_user["group"])

    def run(self, program, *words):
        subprocess.run([self.programs / program, *map(str, words)], check=True, cwd="/",
                       capture_output=True, **self.as_user)

    def address(self, user="postgres"):
        return [f"--host={self.socket}", f"--port={self.port}", f"--username={user}"]

    def psql(self, database, text, check=True, user="postgres"):
        done = subprocess.run(["psql", "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1",
                               *self.address(user), "--dbname", conninfo(database)],
                              input=text, text=True, capture_output=True)
        if check and done.returncode != 0:
            raise AssertionError(done.stderr)
        return done

    def value(self, database, text):
        return self.psql(database, text).stdout.strip()

    def names(self):
        """Databases that are not the server's own."""
        return set(self.value("postgres", "SELECT datname FROM pg_database WHERE datname NOT IN "
                                          "('postgres', 'template0', 'template1')").split("\n"))

    def dump(self, database):
        """All of it as pg_dump sees it, equal for equal databases."""
        return subprocess.run(["pg_dump", "--create", "--restrict-key=x", *self.address(),
                               f"--dbname={conninfo(database)}"], check=True, capture_output=True).stdout
