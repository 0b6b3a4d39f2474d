# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that are full (F5) and folders that cannot be written (F7), made for real by small
mounts of their own: what is on disk stays whole, and the run waits and goes on or a check fails."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from cluster import Cluster

from lifeboat import PROGRAM, Home, Skip, digest, main, until
from shop import Scene, ends, partial, waits_for


class Disk:
    """A small file system of its own below a home."""

    def __init__(self, path, size):
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs",
                               str(path)], capture_output=True, text=True)
        if done.returncode != 0:
            raise Skip("cannot mount a tmpfs here")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", str(self.path)], check=True)

    def fill(self, leave=0):
        """Takes all room but `leave` bytes."""
        ballast = self.path / ".ballast"
        with open(ballast, "ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(64 * 1024))
            except OSError:
                pass
        if leave:
            os.truncate(ballast, max(0, ballast.stat().st_size - leave))

    def free(self):
        (self.path / ".ballast").unlink(missing_ok=True)


# ---- Full disks ------------------------------------------------------------------------------

def test_server_is_full():
    """A database server's disk: the live database is as it was, and the run goes on with room."""
    place = Path(tempfile.mkdtemp(prefix="lifeboat-pg-disk-"))
    place.chmod(0o711)
    try:
        with Home(PROGRAM) as home, Disk(place, "160m") as disk, Cluster(disk.path) as cluster:
            cluster.psql("postgres", "CREATE DATABASE shop")
            cluster.psql("shop", "CREATE TABLE orders AS SELECT i, repeat(md5(i::text), 20) "
                                 "FROM generate_series(1, 20000) i")
            (home.path / "srv").mkdir()
            values = {"folder": home.path / "srv", "postgres_host": cluster.socket,
                      "postgres_port": cluster.port, "postgres_user": "postgres",
                      "postgres_database": "shop"}
            home.cli("systems", "add", "shop", "--type", "files",
                     *[w for k, v in values.items() for w in ("--set", f"{k}={v}")], expect=0)
            home.cli("run", "files.save", "--system", "shop", "--yes", expect=0)
            good = cluster.dump("shop")
            cluster.psql("shop", "DELETE FROM orders WHERE i % 2 = 0")
            damaged = cluster.dump("shop")
            cluster.psql("shop", "CHECKPOINT")
            disk.fill(leave=12 * 1024 * 1024)
            home.cli("run", "files.restore", "--system", "shop", "--yes", "--detach", "--confirm",
                     f"shop@{os.uname().nodename}", expect=0)
            run = home.runs()[-1]
            waits_for(home, run, "disk")
            said = home.json("runs", "show", run)["waiting"]["text"]
            assert "No space left on device" in said, said
            assert cluster.dump("shop") == damaged
            assert cluster.names() == {"shop"}, cluster.names()
            disk.free()
            ends(home, run, "succeeded")
            assert cluster.dump("shop") == good
    finally:
        place.rmdir()



def test_store_is_full():
    """Too little room is seen before the service is stopped; if it goes later, the run waits."""
    with Home(PROGRAM) as home, Disk(home.path / "disk", "48m") as disk:
        home.cli("stores", "add", "small", "--folder", disk.path / "store", expect=0)
        scene = Scene(home, "--store", "small", size=9_000_000)
        older = disk.path / "store/shop" / scene.point
        older_digest, calls = digest(older), scene.log()
        disk.fill(leave=2 * 1024 * 1024)
        refused = scene.save(expect=(1, 4))
        assert "room" in (refused.stdout + refused.stderr).lower(), refused.stdout
        assert scene.log() == calls, "the service was touched before the check"
        disk.free()

        run = scene.hold()
        disk.fill(leave=1024 * 1024)
        scene.release()
        waits_for(home, run, "disk")
        names = [p.name for p in (disk.path / "store/shop").iterdir()]
        final = [n for n in names if n.startswith("p2") and ".partial" not in n]
        assert final == [scene.point], f"a point that is not whole has a final name: {names}"
        assert [p["id"] for p in home.points()] == [scene.point]
        assert digest(older) == older_digest
        assert "disk" in home.cli("runs", "show", run).stdout
        disk.free()
        ends(home, run, "succeeded")
        assert scene.is_on()
        made = {p["id"]: p for p in home.points()}
        assert set(made) == {scene.point, "p" + run[1:]}
        home.cli("backups", "verify", "p" + run[1:], expect=0)
        assert not partial(disk.path / "store") and digest(older) == older_digest


def test_runs_folder_is_full():
    """Journal and plans: the run stands still before the next step, and goes on with room."""
    with Home(PROGRAM) as home:
        runs = home.path / "data/lifeboat/runs"
        with Disk(runs, "12m") as disk:
            runs.chmod(0o700)
            scene = Scene(home)
            run = scene.hold()
            disk.fill()
            scene.release()
            until(lambda: any(e["event"] == "waiting_started" and e["for"] == "disk"
                              for e in home.events(run)), 60, "the journal to say that it is full")
            before = [e["seq"] for e in home.events(run)]
            assert before == list(range(1, len(before) + 1))
            assert scene.log()[-1] == "off", "a step began that is not on record"
            home.cli("runs", "verify", run, expect=0)
            home.cli("runs", "list", expect=0)
            # A second run can not even begin: said, and nothing half made is left of it.
            second = home.cli("run", "files.save", "--system", "shop", "--yes")
            assert second.returncode == 1, second.stdout
            disk.free()
            ends(home, run, "succeeded")
            home.cli("runs", "verify", run, expect=0)
            assert scene.is_on()
            assert len(home.points()) == 2


def test_log_is_full():
    """A program that prints more than the disk holds: the run waits, and says that the
    log has a gap."""
    with Home(PROGRAM) as home:
        runs = home.path / "data/lifeboat/runs"
        with Disk(runs, "12m") as disk:
            runs.chmod(0o700)
            loud = home.path / "loud"
            loud.write_text("#!/bin/sh\n[ \"$1\" = on ] || head -c 30000000 /dev/zero\n")
            loud.chmod(0o755)
            (home.path / "srv").mkdir()
            (home.path / "srv/file").write_text("x")
            home.cli("systems", "add", "loud", "--type", "files", "--set",
                     f"folder={home.path}/srv", "--set",
                     f"quiesce_command={json.dumps([str(loud), 'off'])}",
                     "--set", f"resume_command={json.dumps([str(loud), 'on'])}", expect=0)
            home.cli("run", "files.save", "--system", "loud", "--yes", "--detach", expect=(0, 4))
            run = until(home.runs, 20, "the run")[0]

            # What is missing in the log is said in the journal, for which there is no room either.
            waits_for(home, run, "disk")
            for log in (runs / run / "log").iterdir():
                os.truncate(log, 0)
            ends(home, run, "warned")
            warnings = home.json("runs", "show", run)["warnings"]
            assert any("not complete" in w for w in warnings), warnings
            home.cli("runs", "verify", run, expect=0)
            assert len(home.points()) == 1


def test_target_is_full():
    with Home(PROGRAM) as home, Disk(home.path / "srv", "40m") as disk:
        scene = Scene(home, size=9_000_000, tree=disk.path / "shop")
        (scene.tree / "a/file1").write_bytes(b"damaged")
        damaged, calls = digest(scene.tree), scene.log()
        disk.fill(leave=2 * 1024 * 1024)
        refused = scene.restore(expect=1)
        assert "room" in (refused.stdout + refused.stderr).lower(), refused.stdout
        assert scene.log() == calls and digest(scene.tree) == damaged
        disk.free()

        # The room goes while the run waits for a person: the stage finds the disk full.
        home.cli("run", "files.restore", "--system", "shop", "--restore-point", scene.point,
                 "--yes", "--detach", expect=4)
        run = home.json("runs", "list")["runs"][0]["id"]
        disk.fill(leave=1024 * 1024)
        sha = [e for e in home.events(run) if e["event"] == "plan_frozen"][-1]["plan_sha256"]
        home.cli("runs", "go", run, "--plan-sha256", sha, "--confirm", scene.text, "--detach",
                 expect=(0, 4))
        waits_for(home, run, "disk")
        assert digest(scene.tree) == damaged, "the live folder changed"
        assert scene.log() == calls, "the service was stopped with no room for the new folder"
        disk.free()
        ends(home, run, "succeeded")
        assert digest(scene.tree) == scene.good and scene.is_on()


# ---- Folders that cannot be written ----------------------------------------------------------

def read_only(home, folder):
    done = subprocess.run(["mount", "--bind", str(folder), str(folder)], capture_output=True)
    if done.returncode != 0:
        raise Skip("cannot mount here")
    subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)


def quick(home, *words, expect=None, limit=2):
    """The answer comes at once. Told apart from a busy machine by the program's own version."""
    begun = time.monotonic()
    home.cli("version", expect=0)
    usual = time.monotonic() - begun
    begun = time.monotonic()
    done = home.cli(*words, expect=expect)
    took = time.monotonic() - begun
    assert took < limit + 4 * usual, f"{words}: {took:.1f} s, version {usual:.1f} s"
    assert done.returncode in (0, 1, 2, 3), f"{words}: {done.returncode} {done.stderr}"
    assert done.stdout or done.stderr, f"{words} said nothing"
    return done


def test_home_is_read_only():
    with Home(PROGRAM) as home:
        scene = Scene(home)
        read_only(home, home.path)
        try:
            assert "shop" in quick(home, "systems", "list", expect=0).stdout
            assert "succeeded" in quick(home, "runs", "list", expect=0).stdout
            quick(home, "runs", "verify", home.runs()[0], expect=0)
            quick(home, "runbooks", "show", "files.save", expect=0)
            assert scene.point in quick(home, "backups", "list", expect=0).stdout
            quick(home, "doctor")
            calls = scene.log()
            for words in (("run", "files.save", "--system", "shop", "--yes"),
                          ("plan", "files.save", "--system", "shop"),
                          ("systems", "set", "shop", "folder=/srv"),
                          ("backups", "verify", scene.point)):
                said = quick(home, *words)
                assert said.returncode in (1, 2), f"{words}: {said.returncode}"
                assert "read-only" in said.stderr.lower() or "cannot" in said.stderr.lower(), \
                    f"{words}: {said.stderr}"
            assert scene.log() == calls
        finally:
            subprocess.run(["umount", str(home.path)], check=True)


def test_a_store_that_is_not_mounted():
    """No new store is begun where an old one is missing; its points stay known and come back."""
    with Home(PROGRAM) as home:
        big, away = home.path / "big", home.path / "away"
        home.cli("stores", "add", "big", "--folder", big, expect=0)
        scene = Scene(home, "--store", "big")
        calls = scene.log()
        big.rename(away)
        big.mkdir()
        refused = scene.save(expect=1)
        assert "Mount its disk" in refused.stderr and "stores remove" in refused.stderr, refused
        assert not list(big.iterdir()) and scene.log() == calls
        home.cli("doctor", "--rebuild-inventory", expect=(0, 3))
        assert [p["id"] for p in home.points()] == [scene.point]
        big.rmdir()
        away.rename(big)
        scene.save(expect=0)
        assert len(home.points()) == 2


def test_the_default_store_was_deleted():
    with Home(PROGRAM) as home:
        scene = Scene(home)
        shutil.rmtree(home.store())
        refused = scene.save(expect=1)
        assert "doctor --rebuild-inventory" in refused.stderr, refused.stderr
        home.cli("doctor", "--rebuild-inventory", expect=0)
        assert not home.points()
        scene.save(expect=0)


def test_config_folder_is_read_only():
    with Home(PROGRAM) as home:
        scene = Scene(home)
        read_only(home, home.path / "config")
        try:
            said = quick(home, "systems", "set", "shop", "exclude=*.tmp", expect=1)
            assert str(home.path / "config") in said.stderr, said.stderr
            scene.save(expect=(0, 3))  # the system is pinned already: nothing to write there
            assert len(home.points()) == 2
        finally:
            subprocess.run(["umount", str(home.path / "config")], check=True)


def test_no_runtime_folder():
    with Home(PROGRAM) as home:
        scene = Scene(home)
        for value in (None, str(home.path / "not-there"), "", "relative"):
            if value is None:
                home.environment.pop("XDG_RUNTIME_DIR")
            else:
                home.environment["XDG_RUNTIME_DIR"] = value
            before = len(home.points())
            quick(home, "systems", "list", expect=0)
            scene.save(expect=0)
            assert len(home.points()) == before + 1, value


if __name__ == "__main__":
    main(globals())
