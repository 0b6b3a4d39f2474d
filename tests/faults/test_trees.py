# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree with every kind of metadata, saved, damaged and restored in place, beside and onto a mount
point by lifeboat-cli, and by hand with the commands of its own RESTORE.md; compared by rsync and by
allocated blocks. Needs root for owners, device numbers and mounts (else skipped)."""

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

from lifeboat import PROGRAM, Home, Skip, main

NS = 123456789


def sh(*words, cwd=None):
    done = subprocess.run(words, capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def need_root():
    if os.geteuid() != 0:
        raise Skip("needs root: owners, trusted attributes and mounts")


def make_tree(top):
    """Everything that an ordinary tree can hold."""
    top.mkdir(parents=True)
    b = os.fsencode(top)
    (top / "plain").write_bytes(os.urandom(70_000))
    (top / "empty").write_bytes(b"")
    with open(top / "sparse", "wb") as file:
        file.write(b"begin")
        file.seek(5_000_000)
        file.write(b"middle" * 1000)
        file.truncate(12_000_000)
    with open(top / "hole", "wb") as file:
        file.truncate(3_000_000)
    os.link(top / "plain", top / "second-name")
    (top / "d/e").mkdir(parents=True)
    os.link(top / "plain", top / "d/e/third-name")
    for name, mode in (("setuid", 0o4755), ("setgid", 0o2755), ("nobody-may", 0o000)):
        (top / name).write_text(name)
        os.chmod(top / name, mode)
    (top / "sticky").mkdir()
    os.chmod(top / "sticky", 0o1777)
    (top / "read-only").mkdir()
    (top / "read-only/file").write_text("x")
    os.chmod(top / "read-only/file", 0o444)
    os.chmod(top / "read-only", 0o555)
    os.chown(top / "plain", 1234, 5678)
    for name in (b"new\nline", b"x" * 255, b"latin1-\xe9\xff", "nfc-\u00e9".encode(),
                 "nfd-e\u0301".encode(), b" leading space", b"-dash", b"back\\slash", b"'quote\"",
                 b"\x1b[31mred"):
        with open(os.path.join(b, name), "wb") as file:
            file.write(name)
    for name, target in (("absolute", "/etc/passwd"), ("dangling", "nowhere"), ("loop", "loop"),
                         ("up", "../.."), ("dirlink", "d")):
        os.symlink(target, top / name)
    os.lchown(top / "absolute", 42, 43)
    deep, here = 0, os.open(b, os.O_RDONLY | os.O_DIRECTORY)
    while deep + 201 < 4000 - len(b):
        os.mkdir(b"n" * 200, dir_fd=here)
        below = os.open(b"n" * 200, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here, deep = below, deep + 201
    leaf = os.open(b"leaf", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=here)
    os.write(leaf, b"deep")
    os.close(leaf)
    os.close(here)
    os.setxattr(top / "plain", b"user.note", b"bytes\x00\xff")
    os.setxattr(top / "d", b"user.folder", b"too")
    os.setxattr(top / "plain", b"trusted.secret", b"root's")
    sh("setfacl", "-m", "u:1000:rw,g:100:r", str(top / "empty"))
    sh("setfacl", "-d", "-m", "u:1000:rwx", str(top / "d"))
    os.utime(top / "empty", ns=(NS, 978307200 * 10**9 + NS))
    os.utime(top / "absolute", ns=(NS, 10**18 + NS), follow_symlinks=False)
    os.utime(top / "d", ns=(NS, 1_500_000_000 * 10**9 + 1))
    os.utime(top, ns=(NS, 1_400_000_000 * 10**9 + 999_999_999))


def blocks(top):
    """Allocated blocks of the sparse files: rsync does not look at holes."""
    return {name: os.lstat(Path(top) / name).st_blocks for name in ("sparse", "hole")}


def assert_equal(one, other, what):
    listed = sh("rsync", "-naicHAX", "--numeric-ids", "--modify-window=-1", "--delete",
                f"{one}/", f"{other}/")
    assert not listed.strip(), f"{what} differs:\n{listed[:700]}"
    a, b = blocks(one), blocks(other)
    for name in a:
        assert b[name] <= a[name] + 16, f"{what}: {name} takes {b[name]} blocks, not {a[name]}"


def damage(top):
    (top / "plain").unlink()
    (top / "empty").write_text("damaged")
    (top / "intruder").write_text("x")
    os.chmod(top / "setuid", 0o644)
    os.removexattr(top / "d", b"user.folder")


class Scene:
    def __init__(self, home, top):
        self.home, self.top = home, top
        make_tree(top)
        self.good = home.path / "good"
        sh("rsync", "-aHAXS", "--numeric-ids", "--modify-window=-1", f"{top}/", f"{self.good}/")
        assert_equal(top, self.good, "the copy that is compared with")
        home.cli("systems", "add", "tree", "--type", "files", "--set", f"folder={top}", expect=0)
        home.cli("run", "files.save", "--system", "tree", "--yes", expect=(0, 3))
        self.point = home.points()[0]
        self.confirm = ("--confirm", f"tree@{socket.gethostname()}")


def test_in_place_and_undo():
    need_root()
    with Home(PROGRAM) as home:
        scene = Scene(home, home.path / "srv/top")
        assert_equal(scene.good, scene.top, "the tree after its save")
        damage(scene.top)
        broken = home.path / "broken"
        sh("rsync", "-aHAXS", "--numeric-ids", "--modify-window=-1", f"{scene.top}/", f"{broken}/")
        home.cli("run", "files.restore", "--system", "tree", "--yes", *scene.confirm, expect=0)
        assert_equal(scene.good, scene.top, "the tree restored in place")
        run = home.json("runs", "list")["runs"][0]["id"]
        home.cli("runs", "undo", run, "--yes", *scene.confirm, expect=0)
        assert_equal(broken, scene.top, "the tree after undo")
        left = [p.name for p in scene.top.parent.iterdir()]
        assert left == ["top"], left


def test_beside():
    need_root()
    with Home(PROGRAM) as home:
        scene = Scene(home, home.path / "srv/top")
        beside = home.path / "beside"
        beside.mkdir()
        home.cli("run", "files.restore", "--system", "tree", "--set", f"into_folder={beside}",
                 "--yes", expect=0)
        assert_equal(scene.good, beside / "top", "the tree restored beside")
        assert_equal(scene.good, scene.top, "the live tree")
        inside = home.cli("run", "files.restore", "--system", "tree", "--set",
                          f"into_folder={scene.top}/d", "--yes")
        assert inside.returncode in (1, 2), "a rehearsal inside the live folder must be refused"
        assert_equal(scene.good, scene.top, "the live tree after the refusal")


def test_mount_point():
    need_root()
    with Home(PROGRAM) as home:
        mount = home.path / "mnt"
        mount.mkdir()
        image = home.path / "disk.img"
        with open(image, "wb") as file:
            file.truncate(200 * 1024 * 1024)
        sh("mkfs.ext4", "-q", str(image))
        done = subprocess.run(["mount", "-o", "loop", str(image), str(mount)], capture_output=True)
        if done.returncode != 0:
            raise Skip("cannot mount a loop device here")
        try:
            (mount / "lost+found").rmdir()
            tree = home.path / "made/top"
            make_tree(tree)
            sh("rsync", "-aHAXS", "--numeric-ids", "--modify-window=-1", f"{tree}/", f"{mount}/")
            good = home.path / "good"
            sh("rsync", "-aHAXS", "--numeric-ids", "--modify-window=-1", f"{mount}/", f"{good}/")
            home.cli("systems", "add", "tree", "--type", "files", "--set", f"folder={mount}",
                     expect=0)
            home.cli("run", "files.save", "--system", "tree", "--yes", expect=(0, 3))
            damage(mount)
            broken = home.path / "broken"
            sh("rsync", "-aHAXS", "--numeric-ids", "--modify-window=-1", f"{mount}/", f"{broken}/")
            confirm = ("--confirm", f"tree@{socket.gethostname()}")
            home.cli("run", "files.restore", "--system", "tree", "--yes", *confirm, expect=0)
            run = home.json("runs", "list")["runs"][0]["id"]
            plan = (home.data / "runs" / run / "plan.json").read_text()
            assert '"children"' in plan, "a mount point needs the way of moving children"
            aside = next(p for p in mount.iterdir() if p.name.startswith(".lifeboat-aside-"))
            listed = sh("rsync", "-naicHAX", "--numeric-ids", "--modify-window=-1", "--delete",
                        f"--exclude=/{aside.name}", f"{good}/", f"{mount}/")
            assert not listed.strip(), listed[:700]
            home.cli("runs", "undo", run, "--yes", *confirm, expect=0)
            assert_equal(broken, mount, "the mount point after undo")
        finally:
            sh("umount", str(mount))


def test_diff():
    """What differs between two restore points, path by path, as a copy of the tree says it."""
    with Home(PROGRAM) as home:
        tree = home.path / "srv/shop"
        (tree / "sub").mkdir(parents=True)
        names = ("same", "content", "mode", "time", "gone", "sub/in it", "kind")
        for name in names:
            (tree / name).write_text(name)
        (tree / "link").symlink_to("same")
        os.link(tree / "same", tree / "sub/second name")
        home.cli("systems", "add", "shop", "--type", "files", "--set", f"folder={tree}", expect=0)
        save = ("run", "files.save", "--system", "shop", "--yes")
        home.cli(*save, expect=0)
        home.cli(*save, expect=0)
        new, old = (p["id"] for p in home.points())
        same = home.json("backups", "diff", old, new)
        assert not same["differences"] and same["changed"] == 0, same

        stat = (tree / "content").stat()
        (tree / "content").write_text("CONTENT")
        os.utime(tree / "content", ns=(stat.st_atime_ns, stat.st_mtime_ns))
        (tree / "mode").chmod(0o600)
        os.utime(tree / "time", ns=(1, 1))
        (tree / "gone").unlink()
        (tree / "kind").unlink()
        (tree / "kind").mkdir()
        (tree / "link").unlink()
        (tree / "link").symlink_to("content")
        with open(os.fsencode(tree) + b"/not \xff UTF-8", "wb") as odd:
            odd.write(b"new")
        home.cli(*save, expect=0)
        after = home.points()[0]["id"]
        found = home.json("backups", "diff", new, after)
        by_path = {d.get("path", d.get("path_b64")): d for d in found["differences"]}

        def of(name):
            return by_path.pop(f"{tree}/{name}")
        assert of("content")["what"] == ["content"], found
        assert of("mode")["what"] == ["mode"], found
        assert of("time")["what"] == ["time"], found
        assert of("gone")["change"] == "removed", found
        assert of("kind")["what"] == ["kind"], found
        assert of("link")["what"][0] == "target", found
        odd = [d for d in by_path.values() if "path_b64" in d]
        assert len(odd) == 1 and odd[0]["change"] == "added" and odd[0]["size"] == 3, found
        # The folder's own time, and nothing else.
        assert {p for p, d in by_path.items() if d is not odd[0]} <= {str(tree)}, found
        lines = home.cli("backups", "diff", new, after, expect=0).stdout.splitlines()
        assert f"- {tree}/gone" in lines and f"~ {tree}/mode (mode)" in lines, lines
        assert lines[-1].endswith("1 added, 1 removed, 6 changed"), lines
        missing = home.cli("backups", "diff", new, "p20200101-000000-000000", expect=(1, 2))
        assert "p20200101-000000-000000" in missing.stderr, missing.stderr


def commands_of(text, tool):
    """The commands of RESTORE.md's code blocks that use this program."""
    blocks_ = re.findall(r"```(?:sh)?\n(.*?)```", text, re.S)
    lines = [line.strip() for block in blocks_ for line in block.splitlines()]
    return [line for line in lines if re.search(rf"\b{tool}\b", line)]


def test_by_hand():
    """The archive is standard: GNU tar and bsdtar bring everything back with the commands of the
    restore point's own RESTORE.md (GNU tar cannot make paths over 4095 bytes)."""
    need_root()
    for program in ("tar", "bsdtar"):
        if shutil.which(program) is None:
            raise Skip(f"{program} is not installed")
    with Home(PROGRAM) as home:
        scene = Scene(home, home.path / "srv/top")
        point = home.store() / "tree" / scene.point["id"]
        sh("sha256sum", "--quiet", "-c", "SHA256SUMS", cwd=point)
        text = (point / "RESTORE.md").read_text()
        part = scene.point["parts"][0]["file"]
        extract = [c for c in commands_of(text, "bsdtar") if os.path.basename(part) in c]
        assert extract, text
        for tool in ("bsdtar", "tar"):
            into = home.path / f"by-{tool}"
            into.mkdir()
            if tool == "bsdtar":
                sh("sh", "-c", f"zstd -dc '{point / part}' | bsdtar -xpf - -C '{into}'")
            else:
                sh("sh", "-c", f"tar --zstd -xpf '{point / part}' --numeric-owner --xattrs "
                   f"--xattrs-include='*' --acls -C '{into}'")
            found = into if (into / "plain").exists() else into / "top"
            assert_equal(scene.good, found, f"the tree restored by {tool}")


def test_as_an_ordinary_user():
    """Restored by a user who may not set owners: everything else is there, and it is said."""
    need_root()
    with Home(PROGRAM) as other:
        tree = other.path / "srv/top"
        (tree / "read-only").mkdir(parents=True)
        (tree / "file").write_text("x")
        (tree / "read-only/file").write_text("y")
        os.chmod(tree / "read-only", 0o555)
        # Its own copy: a checkout in root's home cannot be entered by anybody else.
        program = shutil.copy(PROGRAM, other.path / "lifeboat-cli")
        sh("chown", "-R", "12345:12345", str(other.path))
        as_user = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", str(program)]

        def cli(*words):
            done = subprocess.run([*as_user, *words], env=other.environment, text=True,
                                  capture_output=True, stdin=subprocess.DEVNULL,
                                  cwd=other.path)
            assert done.returncode in (0, 3), f"{words}: {done.stdout}{done.stderr}"
            return done
        cli("systems", "add", "tree", "--type", "files", "--set", f"folder={tree}")
        cli("run", "files.save", "--system", "tree", "--yes")
        good = other.path / "good"
        sh("rsync", "-aHAX", "--numeric-ids", "--modify-window=-1", f"{tree}/", f"{good}/")
        (tree / "file").write_text("damaged")
        cli("run", "files.restore", "--system", "tree", "--yes", "--confirm",
            f"tree@{socket.gethostname()}")
        listed = sh("rsync", "-naicHAX", "--numeric-ids", "--modify-window=-1", "--delete",
                    f"{good}/", f"{tree}/")
        assert not listed.strip(), listed


main(globals())
