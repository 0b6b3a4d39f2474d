# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs started as another user by a real sudo, with and without a password, in a mount namespace
with users and rules of its own: nothing of this machine's is changed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lifeboat import IDENTITY, PROGRAM, Home, Skip, main, until

ME, OTHER = "rescuer", "harbour"
IDS = {ME: 64101, OTHER: 64102}
# Put together here: the test's own file must not be found by the search.
PASSWORD = "-".join(("CANARY", "sudo pass", "2c71"))

RUNBOOK = """\
lifeboat: 1
id: own.change
system: own
purpose: change
title: Start something as another user
inputs:
  folder: {type: path, required: true, title: Folder}
  user: {type: text, required: true, title: User}
""" + IDENTITY + """\
steps:
  - id: who
    run:
      program: "{{ inputs.folder }}/who"
      args: ["a b", "it's, really: *"]
      as: "{{ inputs.user }}"
      input: "first line\\nsecond line\\n"
      output: text
    effect: change
    resume: repeat
"""
WHO = """#!/bin/sh
# Says who it is and all that it was given.
id -un
printf '<%s>' "$@"
cat
"""


def into_namespace():
    """The whole script goes on in a mount namespace, as root."""
    if os.environ.get("LIFEBOAT_TEST_NAMESPACE") == "1":
        return
    inside = ["env", "LIFEBOAT_TEST_NAMESPACE=1", "unshare", "--mount", "--propagation", "private",
              sys.executable, "-B", *sys.argv]
    root = [] if os.getuid() == 0 else ["sudo", "-n", "--"]
    if not shutil.which("sudo") or subprocess.run(
            [*root, "unshare", "--mount", "true"], capture_output=True).returncode != 0:
        return
    os.execvp((root + inside)[0], root + inside)


class Rules:
    """Users and sudo's rules that only this namespace sees."""

    def __init__(self):
        if os.environ.get("LIFEBOAT_TEST_NAMESPACE") != "1":
            raise Skip("needs sudo, and root or sudo without a password")
        self.folder = Path(tempfile.mkdtemp(prefix="lifeboat-sudo-"))
        hashed = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=PASSWORD, text=True,
                                capture_output=True, check=True).stdout.strip()
        users = "".join(f"{n}:x:{i}:{i}::/tmp:/bin/sh\n" for n, i in IDS.items())
        self.files = {
            "/etc/passwd": Path("/etc/passwd").read_text() + users,
            "/etc/group": Path("/etc/group").read_text() +
            "".join(f"{n}:x:{i}:\n" for n, i in IDS.items()),
            "/etc/shadow": f"root:*:19000::::::\n{ME}:{hashed}:19000:0:99999:7:::\n",
            "/etc/sudoers": "root ALL=(ALL:ALL) ALL\n"}
        for place, text in self.files.items():
            own = self.folder / Path(place).name
            own.write_text(text)
            own.chmod(0o440 if place == "/etc/sudoers" else 0o644)
            subprocess.run(["mount", "--bind", own, place], check=True)
        # What sudo remembers of passwords.
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        self.program = self.folder / "bin/lifeboat-cli"
        self.program.parent.mkdir()
        shutil.copy(PROGRAM, self.program)
        self.folder.chmod(0o755)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for place in self.files:
            subprocess.run(["umount", place], check=True)
        subprocess.run(["umount", "/run"], check=True)
        shutil.rmtree(self.folder)

    def allow(self, *lines):
        (self.folder / "sudoers").write_text("\n".join(["root ALL=(ALL:ALL) ALL", *lines, ""]))


class Scene(Home):
    """A home of the user who has no rights of the other's."""

    def __init__(self, rules, user=OTHER):
        super().__init__(str(rules.program))
        self.as_user = {"user": IDS[ME], "group": IDS[ME], "extra_groups": []}
        self.environment.update(USER=ME, LOGNAME=ME)
        self.folder = self.path / "place"
        self.folder.mkdir()
        (self.folder / "who").write_text(WHO)
        (self.folder / "who").chmod(0o755)
        own = self.path / "config/lifeboat/runbooks/own.change.yaml"
        own.parent.mkdir(parents=True)
        own.write_text(RUNBOOK)
        self.path.chmod(0o711)
        self.folder.chmod(0o755)
        for place in (self.path, *self.path.rglob("*")):
            os.chown(place, IDS[ME], IDS[ME])
        self.cli("systems", "add", "shop", "--type", "own", "--set", f"folder={self.folder}",
                 "--set", f"user={user}", expect=0)

    def start(self, *words, **more):
        return self.cli("run", "own.change", "--system", "shop", "--yes", *words, **more)

    def checks(self):
        return {c["id"]: c for c in self.json("runs", "show", self.runs()[-1])["checks"]}

    def said(self):
        return self.cli("runs", "log", self.runs()[-1], "--step", "who", expect=0).stdout

    def gave_all(self, user):
        said = self.said()
        assert f"{user}\n<a b><it's, really: *>first line\nsecond line\n" in said, said


def test_line_that_is_missing():
    with Rules() as rules, Scene(rules) as home:
        rules.allow(f"{ME} ALL=({OTHER}) NOPASSWD: /bin/true")
        refused = home.start(expect=1)
        check = home.checks()[f"sudo[{OTHER}:1]"]
        assert check["verdict"] == "failed", check
        line = check["hint"].split(": ", 1)[1]
        assert line.startswith(f"{ME} ALL=({OTHER}) NOPASSWD: {home.folder}/who "), line
        assert line in refused.stdout, refused.stdout
        # As it was printed, it is what sudo wants.
        rules.allow(line)
        home.start(expect=0)
        home.gave_all(OTHER)
        plan = home.cli("plan", "own.change", "--system", "shop", expect=0).stdout
        assert f"sudo -n -u {OTHER} -- {home.folder}/who 'a b'" in plan, plan
        assert "sudo_password" not in plan, plan
        # Only these arguments.
        own = home.path / "config/lifeboat/runbooks/own.change.yaml"
        own.write_text(RUNBOOK.replace("a b", "a c"))
        home.start(expect=1)


def test_with_a_password():
    with Rules() as rules, Scene(rules) as home:
        rules.allow(f"{ME} ALL=({OTHER}) {home.folder}/who")
        waits = home.start(expect=4)
        assert "sudo_password" in waits.stderr, waits.stderr
        home.cli("runs", "cancel", home.runs()[-1], expect=(0, 5))
        secret = home.path / "secret"
        secret.write_text("wrong\n")
        os.chown(secret, IDS[ME], IDS[ME])
        home.cli("secrets", "set", "shop", "sudo_password", "--program",
                 json.dumps(["/bin/cat", str(secret)]), expect=0)
        home.start(expect=1)
        check = home.checks()[f"sudo[{OTHER}:1]"]
        assert "does not take the password" in check["evidence"], check
        secret.write_text(PASSWORD + "\n")
        home.start(expect=0)
        home.gave_all(OTHER)
        secret.unlink()
        for file in home.path.rglob("*"):
            if file.is_file() and not file.is_symlink():
                assert PASSWORD.encode() not in file.read_bytes(), file


def test_no_password_for_this_one():
    """One rule wants a password, another not: nobody is asked for nothing."""
    with Rules() as rules, Scene(rules) as home:
        rules.allow(f"{ME} ALL=(ALL) ALL", f"{ME} ALL=({OTHER}) NOPASSWD: {home.folder}/who")
        home.start(expect=0)
        home.gave_all(OTHER)


def test_as_oneself():
    with Rules() as rules, Scene(rules, user=ME) as home:
        home.start(expect=0)
        home.gave_all(ME)
        assert not [c for c in home.checks() if c.startswith("sudo")], home.checks()


def test_not_a_name():
    with Rules() as rules, Scene(rules, user="-i") as home:
        assert "could be taken for an option" in home.start(expect=2).stderr


def test_cancelled():
    """sudo passes the signal on to what it started."""
    with Rules() as rules, Scene(rules) as home:
        rules.allow(f"{ME} ALL=({OTHER}) NOPASSWD: ALL")
        (home.folder / "who").write_text(f"#!/bin/sh\ntouch /tmp/lifeboat-at-work\n"
                                         "while [ -e /tmp/lifeboat-at-work ]; do sleep 0.1; done\n")
        at_work = Path("/tmp/lifeboat-at-work")
        try:
            home.start("--detach", expect=0)
            run = home.runs()[-1]
            until(at_work.exists, 30, "the program")
            home.cli("runs", "cancel", run, expect=(0, 5))
            shown = until(lambda: [s for s in home.json("runs", "show", run)["steps"]
                                   if s["state"] not in ("pending", "running")], 60, "its end")
            assert shown[0]["state"] == "cancelled", shown
            alive = subprocess.run(["pgrep", "-u", str(IDS[OTHER])], capture_output=True)
            assert alive.returncode == 1, alive.stdout
        finally:
            at_work.unlink(missing_ok=True)


into_namespace()
main(globals())
