# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL databases on a real server: saved while they are written to, damaged, restored in place
and beside, taken back; refusals that leave everything as it was; kill -9 at journal events of these
flows (sampled by a seed; LIFEBOAT_TEST_FULL=1: every event). Faults F1, F4, F36."""

import json
import os
import random
import re
import signal
import subprocess
import threading
from pathlib import Path

from cluster import Cluster
from lifeboat import FULL, KILL_AT, PROGRAM, Home, Skip, main, until

SEED = 20261121
SAMPLES = 4
ROWS = 1_000_000 if FULL else 50_000
PASSWORD = "-".join(("CANARY", "db", "9f3c"))

SHOP = """
CREATE ROLE app LOGIN PASSWORD '{password}' VALID UNTIL '2031-01-01';
CREATE ROLE readers NOLOGIN; GRANT readers TO app;
ALTER ROLE app SET statement_timeout TO '7min';
CREATE DATABASE shop OWNER app;
ALTER DATABASE shop SET work_mem TO '8MB';
ALTER DATABASE shop SET search_path TO data, "$user", public;
ALTER ROLE app IN DATABASE shop SET lock_timeout TO '3s';
COMMENT ON DATABASE shop IS 'the shop''s \\ own';
REVOKE CONNECT ON DATABASE shop FROM PUBLIC; GRANT CONNECT ON DATABASE shop TO readers;
ALTER DATABASE shop CONNECTION LIMIT 30;
\\connect shop
CREATE EXTENSION hstore; CREATE EXTENSION pg_trgm; CREATE SCHEMA data AUTHORIZATION app;
SET ROLE app;
CREATE TABLE data.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, who text, more public.hstore);
INSERT INTO data.orders (who, more) SELECT md5(i::text), public.hstore('n', i::text) FROM generate_series(1, {rows}) i;
CREATE TABLE data.lines (id bigint REFERENCES data.orders, what bytea);
INSERT INTO data.lines SELECT i, decode(md5(i::text), 'hex') FROM generate_series(1, {rows}) i;
CREATE INDEX ON data.orders USING gin (who public.gin_trgm_ops);
CREATE VIEW data.latest AS SELECT * FROM data.orders ORDER BY id DESC LIMIT 10;
RESET ROLE;
CREATE TABLE "odd ""name'\\" ("v\u00e4l" text); INSERT INTO "odd ""name'\\" VALUES ('\u00fc'), (E'a\\nb');
SELECT lo_from_bytea(0, decode(repeat('ab', 9000), 'hex')) FROM generate_series(1, 20);
GRANT SELECT ON ALL TABLES IN SCHEMA data TO readers;
CREATE DATABASE "L\u00e4den =1" ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
"""
NAMES = ("shop", "L\u00e4den =1")


class Scene:
    """A cluster with the shop in it, and a system that saves its databases and one small folder."""

    def __init__(self, home, cluster, names=NAMES, rows=ROWS):
        self.home, self.cluster, self.names = home, cluster, names
        cluster.psql("postgres", SHOP.format(password=PASSWORD, rows=rows))
        cluster.psql(NAMES[1], "CREATE TABLE t (v text); INSERT INTO t VALUES ('\u00e4\u00f6\u00fc')")
        self.tree = home.path / "srv"
        self.tree.mkdir()
        (self.tree / "file").write_text("as saved\n")
        self.add("shop", cluster, names)
        self.text = f"shop@{os.uname().nodename}"

    def add(self, name, cluster, names, **more):
        values = {"folder": self.tree, "postgres_host": cluster.socket,
                  "postgres_port": cluster.port, "postgres_user": "postgres", **more}
        words = [f"{k}={v}" for k, v in values.items()] + [f"postgres_database={n}" for n in names]
        self.home.cli("systems", "add", name, "--type", "files",
                      *[w for word in words for w in ("--set", word)], expect=0)

    def save(self, system="shop", **more):
        return self.home.cli("run", "files.save", "--system", system, "--yes", **more)

    def restore(self, *words, system="shop", **more):
        return self.home.cli("run", "files.restore", "--system", system, "--yes", "--confirm",
                             f"{system}@{os.uname().nodename}", *words, **more)

    def dumps(self):
        return {name: self.cluster.dump(name) for name in self.names}

    def damage(self):
        self.cluster.psql("shop", "DELETE FROM data.lines WHERE id % 3 = 0; "
                                  "DROP TABLE \"odd \"\"name'\\\"; SELECT lo_unlink(oid) FROM "
                                  "pg_largeobject_metadata LIMIT 5; ALTER ROLE app IN DATABASE "
                                  "shop RESET ALL; REVOKE CONNECT ON DATABASE shop FROM readers")
        if len(self.names) > 1:
            self.cluster.psql(self.names[1], "UPDATE t SET v = 'gone'")

    def point(self):
        return self.home.json("backups", "show", self.home.points()[0]["id"])

    def discharge(self):
        for one in self.home.json("obligations", "list")["obligations"]:
            self.home.cli("obligations", "discharge", one["run"], one["id"], expect=0)

    def nothing_beside(self):
        assert self.cluster.names() == set(NAMES), self.cluster.names()


def manifest(home):
    point = home.points()[0]
    return json.loads((home.store() / point["system"] / point["id"] / "manifest.json").read_text())


def different(one, other):
    for name in one:
        if one[name] != other[name]:
            lines = set(one[name].splitlines()) ^ set(other[name].splitlines())
            return f"{name}: {sorted(lines)[:6]}"
    return ""


def test_saved_while_written_damaged_restored_and_taken_back():
    with Home(PROGRAM) as home, Cluster() as cluster:
        scene = Scene(home, cluster)
        over = threading.Event()

        def write():
            while not over.is_set():
                cluster.psql("shop", "BEGIN; INSERT INTO data.orders (who) SELECT 'w' FROM "
                                     "generate_series(1, 50); INSERT INTO data.lines SELECT id FROM "
                                     "data.orders ORDER BY id DESC LIMIT 50; COMMIT")
        writer = threading.Thread(target=write)
        writer.start()
        try:
            scene.save(expect=0)
        finally:
            over.set()
            writer.join()
        shop = next(p for p in manifest(home)["parts"] if p["source"] == "shop")
        rows = shop["details"]["rows"]
        assert rows['"data"."orders"'] == rows['"data"."lines"'] >= ROWS, rows
        assert shop["details"]["large_objects"] == 20, shop["details"]
        # What was saved in mid-flight can be restored as well: counts are compared on the way.
        scene.restore(expect=0)
        assert int(cluster.value("shop", "SELECT count(*) FROM data.orders")) == \
            rows['"data"."orders"']
        scene.discharge()

        scene.save(expect=0)
        good = scene.dumps()
        scene.damage()
        damaged = scene.dumps()
        assert damaged != good
        scene.save(expect=0)
        new, old = (p["id"] for p in home.points()[:2])
        tables = {d["table"]: d for d in home.json("backups", "diff", old, new)["differences"]
                  if "table" in d}
        gone = tables['"data"."odd ""name\'\\"']
        assert gone["change"] == "removed" and gone["rows_before"] == 2, tables
        assert tables['"data"."lines"']["rows"] < tables['"data"."lines"']["rows_before"], tables
        home.cli("backups", "remove", new, "--yes", expect=0)
        # Somebody is still connected: ended by the swap, named in the plan.
        guest = subprocess.Popen(["psql", "-q", *cluster.address(), "--dbname=shop"],
                                 stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        scene.restore("--restore-point", "latest", expect=0)
        guest.communicate(b"SELECT 1;\n")
        assert not different(good, scene.dumps()), different(good, scene.dumps())
        assert home.points()[0]["proof"]["level"] == "restored", home.points()[0]["proof"]
        kept = {o["detail"].get("database") for o in home.json("obligations", "list")["obligations"]}
        aside = {n for n in cluster.names() if "_lifeboat_aside_" in n}
        assert aside == kept - {None} and len(aside) == len(NAMES), (aside, kept)
        home.cli("runs", "undo", home.runs()[-1], "--yes", "--confirm", scene.text, expect=0)
        assert not different(damaged, scene.dumps()), different(damaged, scene.dumps())
        scene.nothing_beside()

        scene.restore("--set", "into_suffix=_beside", "--only", "database-shop", "--restore-point",
                      "latest", expect=0)
        assert not different(damaged, scene.dumps()), "a live database was touched"
        beside = re.sub(rb"\bshop_beside\b", b"shop", cluster.dump("shop_beside"))
        assert not different({"shop": good["shop"]}, {"shop": beside})
        home.cli("runs", "undo", home.runs()[-1], "--yes", "--confirm", scene.text, expect=0)
        scene.nothing_beside()
        # Beside, but the folder in place: a rehearsal must not touch what is live.
        refused = scene.restore("--set", "into_suffix=_beside", expect=1)
        assert "into_folder" in refused.stderr, refused.stderr

        scene.restore("--restore-point", "latest", expect=0)
        assert not different(good, scene.dumps())
        scene.discharge()
        scene.nothing_beside()


def test_by_hand():
    """The commands of RESTORE.md, as they stand there."""
    with Home(PROGRAM) as home, Cluster() as cluster:
        scene = Scene(home, cluster, names=("shop",), rows=500)
        scene.save(expect=0)
        good = scene.dumps()
        scene.damage()
        point = home.points()[0]
        folder = home.store() / "shop" / point["id"]
        text = (folder / "RESTORE.md").read_text()
        section = text[text.index("### Part database-shop"):]
        section = section[:section.find("\n### ", 5)] if "\n### " in section[5:] else section
        commands = re.findall(r"```sh\n(.*?)\n```", section, re.S)
        assert len(commands) == 2, section
        subprocess.run(["bash", "-euc", "\n".join(commands)], check=True, cwd=folder, env={
            **os.environ, "PGHOST": str(cluster.socket), "PGPORT": str(cluster.port),
            "PGUSER": "postgres"}, capture_output=True)
        assert not different(good, scene.dumps()), different(good, scene.dumps())


def test_on_another_server():
    """Roles that are missing there are created; its undo takes them away again."""
    with Home(PROGRAM) as home, Cluster() as cluster, Cluster() as other:
        scene = Scene(home, cluster, names=("shop",), rows=500)
        scene.save(expect=0)
        good = cluster.dump("shop")
        other.psql("postgres", "CREATE ROLE readers LOGIN CONNECTION LIMIT 3")
        scene.add("other", other, ("shop",))
        point = home.points()[0]["id"]
        done = scene.restore("--restore-point", point, "--only", "database-shop", "--only", "roles",
                             "--accept", "identity=a new server", system="other", expect=3)
        assert other.dump("shop") == good
        said = home.json("runs", "show", home.runs()[-1])["warnings"]
        assert any("app was created without a password" in w for w in said), said
        assert any("readers" in w and "connection_limit" in w for w in said), said
        facts = "rolcanlogin, rolvaliduntil::text, rolconfig"
        role = f"SELECT {facts} FROM pg_roles WHERE rolname = 'app'"
        assert other.value("postgres", role) == cluster.value("postgres", role), done
        assert other.value("postgres", "SELECT pg_has_role('app', 'readers', 'MEMBER')") == "t"
        home.cli("runs", "undo", home.runs()[-1], "--yes", "--confirm",
                 scene.text.replace("shop@", "other@"), expect=0)
        assert other.names() == {""} and not other.value("postgres", role)
        assert other.value("postgres", "SELECT 1 FROM pg_roles WHERE rolname = 'readers'") == "1"
        assert cluster.dump("shop") == good


def test_refusals():
    with Home(PROGRAM) as home, Cluster() as cluster:
        scene = Scene(home, cluster, names=("shop",), rows=500)
        cluster.psql("postgres", f"CREATE ROLE saver LOGIN PASSWORD '{PASSWORD}'; GRANT CONNECT ON "
                                 "DATABASE shop TO saver")
        good = scene.dumps()

        def refused(what, *words, system="shop", environment=None, flow=scene.save):
            done = flow(*words, system=system, environment=environment, expect=1)
            said = done.stdout + done.stderr
            assert what in said, f"{what!r} is not in {said}"
            assert home.json("runs", "show", home.runs()[-1])["state"] == "failed"

        # Not everything can be read.
        home.cli("systems", "set", "shop", "postgres_user=saver", expect=0)
        refused("cannot be read")
        home.cli("systems", "set", "shop", "postgres_user=postgres", expect=0)
        # A database that is not there, and one too many.
        home.cli("systems", "set", "shop", "postgres_database=shop", "postgres_database=nowhere",
                 expect=0)
        refused("nowhere")
        home.cli("systems", "set", "shop", "postgres_database=shop", expect=0)
        # Tools that are too old.
        old = home.path / "old"
        old.mkdir()
        for name in ("pg_dump", "pg_restore"):
            (old / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) 9.6.24'\n")
            (old / name).chmod(0o755)
        path = {"PATH": f"{old}:{os.environ['PATH']}"}
        refused("older than the server", environment=path)
        # Passwords: only a host asks for one.
        scene.add("remote", cluster, ("shop",), postgres_host="127.0.0.1", postgres_user="app")
        secret = home.path / "password"
        secret.write_text("wrong\n")
        home.cli("secrets", "set", "remote", "postgres_password", "--program",
                 json.dumps(["/bin/cat", str(secret)]), expect=0)
        refused("password authentication failed", system="remote")
        assert not home.points()
        cluster.psql("postgres", "GRANT pg_read_all_data TO app; GRANT ALL ON DATABASE shop TO app")
        cluster.psql("shop", "ALTER TABLE \"odd \"\"name'\\\" OWNER TO app; SELECT lo_unlink(oid) "
                             "FROM pg_largeobject_metadata")
        secret.write_text(PASSWORD + "\n")
        good = scene.dumps()
        # Without the right password nothing was saved, with it all is, roles included.
        scene.save(system="remote", expect=0)
        kinds = {p["kind"] for p in manifest(home)["parts"]}
        assert kinds == {"tree", "postgres", "globals"}, kinds
        home.cli("backups", "remove", home.points()[0]["id"], "--yes", expect=0)
        # A restore as somebody who may not create databases.
        scene.save(expect=0)
        home.cli("systems", "set", "shop", "postgres_user=saver", expect=0)
        refused("may not create databases", flow=scene.restore)
        home.cli("systems", "set", "shop", "postgres_user=postgres", expect=0)
        refused("older than the saved database", flow=scene.restore, environment=path)
        # A point that was damaged since: refused before anything is renamed.
        point = home.points()[0]
        dump = next((home.store() / "shop" / point["id"] / "parts").glob("*.dump"))
        whole = dump.read_bytes()
        dump.write_bytes(whole[:-len(whole) // 3])
        scene.restore(expect=1)
        assert not different(good, scene.dumps())
        scene.nothing_beside()
        for file in home.path.rglob("*"):
            if file.is_file() and file != secret:
                assert PASSWORD.encode() not in file.read_bytes(), file


def test_missing_extension():
    """Said by a check, before anything is made."""
    with Home(PROGRAM) as home, Cluster() as cluster, Cluster(without=("pg_trgm",)) as other:
        scene = Scene(home, cluster, names=("shop",), rows=500)
        scene.save(expect=0)
        scene.add("other", other, ("shop",))
        refused = scene.restore("--restore-point", home.points()[0]["id"], "--only",
                                "database-shop", "--accept", "identity=a new server",
                                system="other", expect=1)
        assert "lacks 1 extension" in refused.stderr and "pg_trgm" in refused.stderr, refused.stderr
        assert "postgresql-contrib-" in refused.stdout, refused.stdout
        assert other.names() == {""}, other.names()
        assert not home.json("obligations", "list")["obligations"]


def test_sessions_that_do_not_end():
    """A backend that hangs: nothing is renamed, and nobody stays shut out."""
    with Home(PROGRAM) as home, Cluster() as cluster:
        scene = Scene(home, cluster, names=("shop",), rows=500)
        scene.save(expect=0)
        scene.damage()
        damaged = scene.dumps()

        def hung(flow):
            guest = subprocess.Popen(["psql", "-qAt", *cluster.address(), "--dbname=shop"],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, text=True)
            guest.stdin.write("SELECT pg_backend_pid();\n")
            guest.stdin.flush()
            backend = int(guest.stdout.readline())
            os.kill(backend, signal.SIGSTOP)
            try:
                refused = flow()
            finally:
                os.kill(backend, signal.SIGCONT)
                guest.communicate()
            assert "do not end" in refused.stderr, refused.stderr
            assert cluster.value("shop", "SELECT 1") == "1"

        hung(lambda: scene.restore(expect=1))
        assert not different(damaged, scene.dumps()), different(damaged, scene.dumps())
        run = home.runs()[-1]
        home.cli("runs", "undo", run, "--yes", "--confirm", scene.text, expect=0)
        scene.nothing_beside()

        scene.restore("--restore-point", "latest", expect=0)
        restored, run = scene.dumps(), home.runs()[-1]
        hung(lambda: home.cli("runs", "undo", run, "--yes", "--confirm", scene.text, expect=1))
        assert not different(restored, scene.dumps()), different(restored, scene.dumps())
        home.cli("runs", "undo", run, "--yes", "--confirm", scene.text, expect=0)
        assert not different(damaged, scene.dumps()), different(damaged, scene.dumps())
        scene.nothing_beside()


def killed_at(place):
    return {"LD_PRELOAD": KILL_AT, "LIFEBOAT_KILL_AT": place}


def places(events):
    every = [f"{kind}:{n}" for n in range(1, events + 1) for kind in ("line", "half", "sync")]
    return every if FULL else random.Random(SEED).sample(every, SAMPLES)


def resumed(home, run, place):
    """False when it never got its first line."""
    until(lambda: not [p for p in home.processes() if is_ours(p)], 30, "the runner to end")
    done = home.cli("runs", "resume", run, expect=(0, 1, 3))
    if done.returncode == 1 and "was never begun" in done.stderr:
        return False
    assert done.returncode == 0, f"{place}: {done.stdout}\n{done.stderr}"
    return True


def is_ours(pid):
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"--runner" in words or b"--guard" in words


def test_killed():
    with Home(PROGRAM) as home, Cluster() as cluster:
        scene = Scene(home, cluster, names=("shop",), rows=300)
        scene.save(expect=0)
        good, point = scene.dumps(), home.points()[0]["id"]

        def each(flow, events):
            for place in places(events):
                before = set(home.runs())
                flow(environment=killed_at(place))
                new = [r for r in home.runs() if r not in before]
                if new and resumed(home, new[0], place):
                    yield place, new[0]

        for place, run in each(scene.save, len(home.events(home.runs()[-1]))):
            assert "p" + run[1:] in {p["id"] for p in home.points()}, place
            assert not different(good, scene.dumps()), place
        for one in home.points():
            if one["id"] != point:
                home.cli("backups", "remove", one["id"], "--yes", expect=0)

        scene.damage()
        scene.restore(expect=0)
        events = len(home.events(home.runs()[-1]))
        scene.discharge()
        damaged = {}

        def again(**more):
            nonlocal damaged
            cluster.psql("shop", "DELETE FROM data.lines WHERE id % 2 = 0")
            damaged = scene.dumps()
            return scene.restore(**more)
        for place, run in each(again, events):
            assert not different(good, scene.dumps()), f"{place}: {different(good, scene.dumps())}"
            aside = cluster.names() - set(NAMES)
            assert aside == {f"shop_lifeboat_aside_{run}"}, f"{place}: {aside}"
            home.cli("runs", "undo", run, "--yes", "--confirm", scene.text, expect=0)
            assert not different(damaged, scene.dumps()), place
            scene.nothing_beside()

        def back(run, **more):
            return home.cli("runs", "undo", run, "--yes", "--confirm", scene.text, **more)
        before = scene.dumps()
        scene.restore(expect=0)
        back(home.runs()[-1], expect=0)
        for place in places(len(home.events(home.runs()[-1]))):
            scene.restore(expect=0)
            known = home.runs()
            back(known[-1], environment=killed_at(place))
            new = [run for run in home.runs() if run not in known]
            if not (new and resumed(home, new[0], place)):
                back(known[-1], expect=0)
            assert not different(before, scene.dumps()), place
            scene.nothing_beside()


if __name__ == "__main__":
    main(globals())
