# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts that leave the server encrypted: saved to a store with recipients, searched for what must not
be readable there, opened by the recovery key alone on an empty home and by hand from RESTORE.md;
wrong key, no key, cut file, too few recipients, age missing."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from cluster import Cluster
from lifeboat import PROGRAM, Home, Skip, digest, main
from test_databases import NAMES, Scene, different, manifest

# Put together here: the test's own file must not be found by the search.
CANARY = "-".join(("CANARY", "row", "51d0"))
UNTRIED = "the recovery key has not opened a point of this store yet"

# Of a runbook that works on several folders of this machine.
FOLDERS = """\
identity:
  facts:
    machine_id: {machine_id: {}}
    hostname: {hostname: {}}
  text: "{{ system }}@{{ hostname }}"
  scope: "{{ inputs.folder }}"
"""
OWN = """\
lifeboat: 1
id: own.save
system: files
purpose: save
title: Save a database that nobody may read
inputs:
  folder: {type: path, list: true, title: Folders}
  postgres_host: {type: text, title: Server}
  postgres_port: {type: number, default: 5432, title: Port}
  postgres_user: {type: text, title: User}
  postgres_database: {type: text, list: true, title: Databases}
""" + FOLDERS + """\
parts:
  database: {title: Database, needed: true, kind: postgres, secret: true}
  roles: {title: Roles, needed: true, kind: globals, secret: true}
steps:
  - id: roles
    postgres_globals: {server: "{{ inputs.postgres_host }}", port: "{{ inputs.postgres_port }}",
                       user: "{{ inputs.postgres_user }}", part: roles}
  - id: save
    for_each: inputs.postgres_database
    postgres_dump: {server: "{{ inputs.postgres_host }}", port: "{{ inputs.postgres_port }}",
                    user: "{{ inputs.postgres_user }}", database: "{{ item }}", part: database}
"""
TREE = """\
lifeboat: 1
id: own.tree
system: files
purpose: save
title: Save a folder that nobody may read
inputs:
  folder: {type: path, list: true, title: Folders}
""" + FOLDERS + """\
parts:
  keys: {title: Keys, needed: true, kind: tree, secret: true}
steps:
  - id: save
    for_each: inputs.folder
    tree_save: {folder: "{{ item }}", part: keys}
"""


class Key:
    def __init__(self, home, name):
        if not shutil.which("age-keygen"):
            raise Skip("age is not installed")
        made = subprocess.run(["age-keygen"], check=True, capture_output=True, text=True).stdout
        self.text = made.strip().splitlines()[-1]
        self.file = home.path / name
        self.file.write_text(self.text + "\n")
        self.recipient = subprocess.run(["age-keygen", "-y", self.file], check=True,
                                        capture_output=True, text=True).stdout.strip()


def use(home, key, system="shop"):
    home.cli("secrets", "set", system, "age_identity", "--program",
             f'["cat", "{key.file}"]', expect=0)


def recipients(home, *words, folder=None):
    home.cli("stores", "add", "local", "--folder", folder or home.store(), *words, expect=0)


class Made:
    """A shop, saved encrypted to a daily and a recovery key."""

    def __init__(self, home, cluster, book="own.save"):
        self.home, self.daily, self.recovery = home, Key(home, "daily"), Key(home, "recovery")
        self.scene = Scene(home, cluster, names=("shop",), rows=500)
        cluster.psql("shop", f"INSERT INTO data.orders (who) VALUES ('{CANARY}')")
        self.verifier = cluster.value("postgres", "SELECT rolpassword FROM pg_authid WHERE "
                                                  "rolname = 'app'")
        assert self.verifier.startswith("SCRAM-SHA-256$"), self.verifier
        books = home.path / "config/lifeboat/runbooks"
        books.mkdir(parents=True, exist_ok=True)
        (books / "own.save.yaml").write_text(OWN)
        recipients(home, "--recipient", self.daily.recipient,
                   "--recovery-recipient", self.recovery.recipient)
        home.cli("run", book, "--system", "shop", "--yes", expect=0)
        self.point = home.points()[0]
        self.folder = home.store() / "shop" / self.point["id"]


def found(folder, *values):
    return [f"{path}: {value[:8]}…" for path in Path(folder).rglob("*") if path.is_file()
            for value in values if value.encode() in path.read_bytes()]


def part(point, kind):
    return next(p for p in point["parts"] if p["kind"] == kind)


def test_nothing_is_readable_and_the_recovery_key_opens_it_on_an_empty_home():
    with Home(PROGRAM) as home, Cluster() as cluster, Cluster() as other:
        made = Made(home, cluster)
        assert not found(home.path / "data", CANARY, made.verifier, made.daily.text)
        for kind, name in (("postgres", "dump"), ("globals", "sql")):
            one = part(made.point, kind)
            assert one["encryption"] == "age" and one["file"].endswith(f".{name}.age"), one
            assert (made.folder / one["file"]).read_bytes().startswith(b"age-encryption.org/v1\n")
        assert manifest(home)["recovery_recipient"] == made.recovery.recipient
        assert made.point["completeness"] == {"verdict": "incomplete", "missing": [UNTRIED]}
        good = cluster.dump("shop")
        plan = home.cli("plan", "own.save", "--system", "shop", expect=0).stdout
        assert re.search(r"pg_dump .*\|\s+age --encrypt --recipient age1", plan, re.S), plan

        assess = home.cli("assess", "--system", "shop", expect=(0, 3)).stdout
        assert "the recovery key has not opened one yet (backups verify" in assess, assess

        # The key that lies on this computer opens it, and proves nothing about the other one.
        use(home, made.daily)
        home.cli("backups", "verify", made.point["id"], "--open", expect=0)
        shown = home.json("backups", "show", made.point["id"])
        assert shown["proof"]["level"] == "read" and shown["completeness"]["missing"] == [UNTRIED]

        with Home(PROGRAM) as empty:
            shutil.copytree(home.store(), empty.path / "carried")
            recipients(empty, folder=empty.path / "carried")
            key = Key(empty, "key")
            key.file.write_text(made.recovery.text + "\n")
            tree = empty.path / "srv"
            tree.mkdir()
            scene = Scene.__new__(Scene)
            scene.home, scene.cluster, scene.names, scene.tree = empty, other, ("shop",), tree
            scene.add("shop", other, ("shop",))
            empty.cli("doctor", "--rebuild-inventory", expect=(0, 1))
            point = empty.points()[0]
            assert point["completeness"]["missing"] == [UNTRIED], point
            use(empty, key)
            empty.cli("backups", "verify", point["id"], "--open", expect=0)
            assert empty.points()[0]["completeness"]["verdict"] == "complete", empty.points()[0]
            scene.restore("--restore-point", point["id"], "--accept", "identity=a new server",
                          expect=(0, 3))
            assert other.dump("shop") == good
            # With its password: nobody has to be told a new one.
            assert other.value("postgres", "SELECT rolpassword FROM pg_authid WHERE "
                                           "rolname = 'app'") == made.verifier
            assert not found(empty.data, made.verifier, made.recovery.text)


def test_files_save_encrypts_roles():
    """The built-in runbook: folders and databases as before, the roles with their passwords."""
    with Home(PROGRAM) as home, Cluster() as cluster:
        made = Made(home, cluster, "files.save")
        assert part(made.point, "globals")["encryption"] == "age"
        assert part(made.point, "tree")["encryption"] == part(made.point, "postgres")["encryption"] \
            == ""
        assert not any("Passwords" in limit for limit in made.point["limits"])
        assert not found(home.path / "data", made.verifier)
        # No key is needed to see whether the files are whole, and none is asked for.
        home.cli("backups", "verify", made.point["id"], expect=0)
        assert home.points()[0]["proof"]["level"] == "checksummed"


def test_by_hand():
    with Home(PROGRAM) as home, Cluster() as cluster, Cluster() as other:
        made = Made(home, cluster)
        good = cluster.dump("shop")
        text = (made.folder / "RESTORE.md").read_text()
        env = {**os.environ, "PGHOST": str(other.socket), "PGPORT": str(other.port),
               "PGUSER": "postgres"}
        for name in ("roles", "database"):
            section = text[text.index(f"### Part {name}"):].split("\n### ")[0].split("\n## ")[0]
            commands = "\n".join(re.findall(r"```sh\n(.*?)\n```", section, re.S))
            assert "age --decrypt --identity" in commands, section
            commands = commands.replace("/path/to/the/recovery-key", str(made.recovery.file))
            if name == "database":  # there is no old one to take the place of
                commands = re.sub(r"  --command='ALTER DATABASE \"shop\" RENAME.*?\\\n", "", commands)
            subprocess.run(["bash", "-uc" if name == "roles" else "-euc", commands], check=True,
                           cwd=made.folder, env=env, capture_output=True)
        assert other.dump("shop") == good
        assert other.value("postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = 'app'") \
            == made.verifier


def test_wrong_key_no_key_and_a_cut_file_change_nothing():
    with Home(PROGRAM) as home, Cluster() as cluster:
        made = Made(home, cluster)
        made.scene.damage()
        damaged = made.scene.dumps()
        restore = ("--restore-point", made.point["id"])

        def refused(words, **more):
            done = made.scene.restore(*restore, **more)
            assert all(word in done.stdout + done.stderr for word in words), done
            assert not different(damaged, made.scene.dumps())
            assert cluster.names() == set(NAMES), cluster.names()

        # None: it waits for a person, who is not there.
        refused(["age_identity"], expect=4)
        home.cli("runs", "cancel", home.runs()[-1], expect=(0, 5))
        use(home, Key(home, "stranger"))
        refused(["age_identity", "does not open"], expect=1)
        done = home.cli("backups", "verify", made.point["id"], "--open", expect=1)
        assert "does not open" in done.stderr, done.stderr
        assert home.points()[0]["problem"] == "", "a key that does not fit says nothing about it"
        use(home, made.daily)
        file = made.folder / part(made.point, "postgres")["file"]
        whole = file.read_bytes()
        # Its size is that of the manifest: only the content tells.
        file.write_bytes(whole[:-200] + bytes(200))
        refused(["damaged"], expect=1)
        home.cli("backups", "verify", made.point["id"], "--open", expect=1)
        file.write_bytes(whole)
        home.cli("backups", "verify", made.point["id"], "--open", expect=0)
        made.scene.restore(*restore, expect=0)
        assert CANARY in cluster.dump("shop").decode()


def test_recipients():
    with Home(PROGRAM) as home, Cluster() as cluster:
        made = Made(home, cluster)
        before = len(home.points())
        save = ("run", "own.save", "--system", "shop", "--yes")
        recipients(home)
        done = home.cli(*save, expect=1)
        assert "nobody to encrypt for" in done.stdout + done.stderr, done
        accept = ("--accept", "recipients=there is no vault")
        home.cli(*save, *accept, expect=(1, 2))
        assert len(home.points()) == before
        # One only, or no recovery key: a risk that has to be taken by name.
        for words in (("--recipient", made.daily.recipient),
                      ("--recovery-recipient", made.recovery.recipient)):
            recipients(home, *words)
            home.cli(*save, expect=(1, 4))
            assert len(home.points()) == before
            home.cli(*save, *accept, expect=3)
            before += 1
            assert len(home.points()) == before
        mistyped = made.daily.recipient[:-1] + ("p" if made.daily.recipient[-1] == "q" else "q")
        for bad in ("age1" + "q" * 58, mistyped, made.daily.text, "ssh-rsa AAAA"):
            done = home.cli("stores", "add", "bad", "--folder", home.path / "bad", "--recipient",
                            bad, expect=(1, 2))
            assert made.daily.text not in done.stderr, "a secret key must not be shown"
        stores = home.json("stores", "list")["stores"]
        assert stores[0]["recovery_recipient"] == made.recovery.recipient, stores
        assert [s["name"] for s in stores] == ["local"]


def test_without_age():
    with Home(PROGRAM) as home, Cluster() as cluster:
        made = Made(home, cluster)
        programs = home.path / "programs"
        programs.mkdir()
        for folder in os.environ["PATH"].split(":"):
            for program in Path(folder).iterdir() if Path(folder).is_dir() else ():
                link = programs / program.name
                if not program.name.startswith("age") and not link.is_symlink():
                    link.symlink_to(program)
        bare = {"PATH": str(programs)}
        done = home.cli("run", "own.save", "--system", "shop", "--yes", environment=bare, expect=1)
        assert "age" in done.stderr, done.stderr
        assert len(home.points()) == 1
        assert not found(home.path / "data", CANARY, made.verifier)
        assert "age" in home.cli("doctor", environment=bare).stdout


def test_a_secret_folder():
    """Names are as secret as contents: archive and index never lie in clear, in no folder."""
    with Home(PROGRAM) as home:
        tree = home.path / "srv"
        (tree / "sub").mkdir(parents=True)
        (tree / "sub" / "signing.key").write_text(CANARY)
        (tree / "big").write_bytes(os.urandom(9_000_000))
        os.link(tree / "big", tree / "sub" / "same")
        books = home.path / "config/lifeboat/runbooks"
        books.mkdir(parents=True)
        (books / "own.tree.yaml").write_text(TREE)
        daily, recovery = Key(home, "daily"), Key(home, "recovery")
        home.cli("systems", "add", "keys", "--type", "files", "--set", f"folder={tree}", expect=0)
        recipients(home, "--recipient", daily.recipient, "--recovery-recipient", recovery.recipient)
        plan = home.cli("plan", "own.tree", "--system", "keys", expect=0).stdout
        assert plan.count("age --encrypt --recipient age1") == 2, plan
        home.cli("run", "own.tree", "--system", "keys", "--yes", expect=0)
        point = home.points()[0]
        one, folder = part(point, "tree"), home.store() / "keys" / point["id"]
        assert one["encryption"] == "age" and one["file"].endswith(".tar.zst.age"), one
        stored = sorted(f.name for f in (folder / "parts").iterdir())
        assert len(stored) == 2 and all(name.endswith(".zst.age") for name in stored), stored
        for name in stored:
            assert (folder / "parts" / name).read_bytes().startswith(b"age-encryption.org/v1\n")
        assert not found(home.path / "data", CANARY, "signing.key")

        # Without the key: said, not shown; whole by its checksums.
        done = home.cli("backups", "files", point["id"], expect=0)
        assert not done.stdout and "--open" in done.stderr, done
        home.cli("backups", "verify", point["id"], expect=0)
        assert home.points()[0]["proof"]["level"] == "checksummed"
        done = home.cli("backups", "extract", point["id"], "sub/signing.key", "--to",
                        home.path / "out", expect=1)
        assert "encrypted" in done.stderr, done.stderr

        use(home, daily, "keys")
        names = home.cli("backups", "files", point["id"], "--open", expect=0).stdout.split()
        assert str(tree / "sub/signing.key") in names and len(names) == 5, names
        home.cli("backups", "extract", point["id"], "sub/signing.key", "--to", home.path / "out",
                 "--open", expect=0)
        assert (home.path / "out/sub/signing.key").read_text() == CANARY
        home.cli("backups", "verify", point["id"], "--open", expect=0)
        assert home.points()[0]["proof"]["level"] == "read"

        good = digest(tree)
        (tree / "sub" / "signing.key").write_text("damaged")
        (tree / "new").write_text("since")
        home.cli("run", "own.tree", "--system", "keys", "--yes", expect=0)
        done = home.cli("backups", "diff", point["id"], home.points()[0]["id"], "--open", expect=0)
        assert "+ " in done.stdout and "signing.key (" in done.stdout, done.stdout
        done = home.cli("backups", "diff", point["id"], home.points()[0]["id"], expect=0)
        assert "0 changed" in done.stdout and "--open" in done.stderr, done
        home.cli("run", "files.restore", "--system", "keys", "--restore-point", point["id"],
                 "--yes", "--confirm", f"keys@{os.uname().nodename}", expect=(0, 3))
        assert digest(tree) == good

        # By hand, as RESTORE.md has it.
        text = (folder / "RESTORE.md").read_text()
        section = text[text.index(f"### Part {one['id']}"):].split("\n### ")[0].split("\n## ")[0]
        commands = re.findall(r"```sh\n(.*?)\n```", section, re.S)[0]
        commands = commands.replace("/path/to/the/recovery-key", str(recovery.file))
        commands = re.sub(r"DIR=\S+", f"DIR={home.path}/by-hand", commands)
        subprocess.run(["bash", "-euc", commands], check=True, cwd=folder, capture_output=True)
        assert digest(home.path / "by-hand") == good

        # Any file of it damaged: said, and nothing put in place.
        for name in stored:
            file = folder / "parts" / name
            whole = file.read_bytes()
            file.write_bytes(whole[:-100] + bytes(100))
            done = home.cli("backups", "verify", point["id"], "--open", expect=1)
            assert name in done.stderr or "damaged" in done.stderr, done.stderr
            home.cli("run", "files.restore", "--system", "keys", "--restore-point", point["id"],
                     "--yes", "--confirm", f"keys@{os.uname().nodename}", expect=(1, 2))
            assert digest(tree) == good
            file.write_bytes(whole)
        # Its names are in the log of the run that was asked for them, and nowhere else.
        assert not found(home.path / "data", CANARY, daily.text, recovery.text)
        assert not found(home.store(), "signing.key")


if __name__ == "__main__":
    main(globals())
