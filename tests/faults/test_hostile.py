# SPDX-License-Identifier: GPL-3.0-or-later
"""Restore points from an enemy (F15, F17): names that lead out, links that lead out, special files,
archives and indexes that lie about each other, bombs. Their hashes fit, so that nothing but the
content can be the reason to refuse. Each goes through restore, extract and verify: nothing outside of
the target, no special file, no crash, each refusal named; harmless names come back byte for byte."""

import os
import re
import shutil
import stat
import subprocess
import threading
import time
import unicodedata
from pathlib import Path

from hostile import (FRAME, HEAD, Archive, Entry, pad, pax, publish, record, ustar, zeros_frame,
                     zstd)
from lifeboat import KILL_AT, PROGRAM, Home, digest, main

assert KILL_AT  # the same arguments as every test here

REFUSED, DAMAGED, WHOLE = "refused", "damaged", "whole"


def between(*entries):
    """Good entries around these, so that their names alone are the reason."""
    return Archive([Entry(b"aa-good", content=b"good"), *entries,
                    Entry(b"zz-good", content=b"good")]).pack()


def first(*entries):
    """For names that sort before all others."""
    return Archive([*entries, Entry(b"zz-good", content=b"good")]).pack()


def lying(header, content=b"x", path=b"m"):
    """An entry that is a plain file in the index and something else in the archive."""
    return between(Entry(path, content=content, header=header))


def changed(archive, **more):
    for key, value in more.items():
        setattr(archive, key, value)
    return archive


def frames(change):
    def build(_):
        archive = Archive([Entry(b"aa-good", content=b"good"),
                           Entry(b"big", content=os.urandom(5000))])
        archive.pack()
        change(archive)
        return archive
    return build


def overlap(archive):
    archive.frames[1]["at"] = archive.frames[0]["at"]


def beyond(archive):
    archive.frames[1]["at"] = 1 << 40


def huge_frame(archive):
    archive.frames[0]["raw"] = 0xFFFFFFFF


def more_than_said(archive):
    archive.frames[0]["raw"] -= 512


def totals(**more):
    return lambda _: (lambda a: (a.totals.update(more), a)[1])(between())


def deep(_):
    entries, path = [], b""
    for _ in range(22):
        path += (b"/" if path else b"") + b"n" * 200
        entries.append(Entry(path, "folder"))
    entries.append(Entry(path + b"/leaf", content=b"deep"))
    return Archive(entries).pack()


def hard_link(target, path=b"m"):
    return lambda _: between(Entry(path, "hard_link", target=target))


# name: (archive made from the watched folder's path, what happens, what the output must say)
CASES = {
    "parent": (lambda w: first(Entry(b"../victim", content=b"x")), REFUSED, "victim"),
    "parent inside": (lambda w: between(Entry(b"in", "folder"),
                                        Entry(b"in/../../victim", content=b"x")), REFUSED,
                      "victim"),
    "two dots": (lambda w: first(Entry(b"..", "folder")), REFUSED, r"\.\."),
    "absolute": (lambda w: first(Entry(w + b"/victim", content=b"x")), REFUSED, "victim"),
    "dot inside": (lambda w: between(Entry(b"in", "folder"), Entry(b"in/./m", content=b"x")),
                   REFUSED, "in/./m"),
    "empty name inside": (lambda w: between(Entry(b"in", "folder"),
                                            Entry(b"in//m", content=b"x")), REFUSED, "in//m"),
    "trailing slash": (lambda w: between(Entry(b"m/", content=b"x")), REFUSED, "m/"),
    "no name": (lambda w: first(Entry(b"", content=b"x")), DAMAGED, "index"),
    "300 bytes": (lambda w: between(Entry(b"m" * 300, content=b"x")), REFUSED, "mmm"),
    "zero byte": (lambda w: between(Entry(b"m\0n", content=b"x")), (REFUSED, DAMAGED), "m"),
    "below a file": (lambda w: between(Entry(b"m", content=b"x"), Entry(b"m/n", content=b"x")),
                     REFUSED, "m/n"),
    "through a link": (lambda w: between(Entry(b"m", "symlink", target=w),
                                         Entry(b"m/victim", content=b"x")), REFUSED, "m/victim"),
    "through two links": (lambda w: between(Entry(b"m", "symlink", target=b"."),
                                            Entry(b"m/n", "symlink", target=b".."),
                                            Entry(b"m/n/victim", content=b"x")), REFUSED,
                          "m/n/victim"),
    "folder below a link": (lambda w: between(Entry(b"m", "symlink", target=w),
                                              Entry(b"m/made", "folder")), REFUSED, "m/made"),
    "folder nobody made": (lambda w: between(Entry(b"m/n", content=b"x")), REFUSED, "m/n"),
    "hard link out": (hard_link(b"../victim"), REFUSED, "m"),
    "hard link absolute": (lambda w: between(Entry(b"m", "hard_link", target=w + b"/victim")),
                           REFUSED, "m"),
    "hard link through a link": (lambda w: between(Entry(b"l", "symlink", target=w),
                                                   Entry(b"m", "hard_link", target=b"l/victim")),
                                 REFUSED, "m"),
    "hard link to nothing": (hard_link(b"bb"), REFUSED, "m"),
    "hard link to a later one": (hard_link(b"zz-good"), REFUSED, "m"),
    "hard link to a folder": (lambda w: between(Entry(b"f", "folder"),
                                                Entry(b"m", "hard_link", target=b"f")), REFUSED,
                              "m"),
    "hard link to itself": (hard_link(b"m"), REFUSED, "m"),
    "link without a target": (lambda w: between(Entry(b"m", "symlink")), REFUSED, "m"),
    "link with a zero byte": (lambda w: between(Entry(b"m", "symlink", target=b"a\0b")),
                              (REFUSED, DAMAGED), "m"),
    "twice": (lambda w: between(Entry(b"m", content=b"1"), Entry(b"m", content=b"2")),
              (REFUSED, DAMAGED), "m"),
    "file over a folder": (lambda w: between(Entry(b"m", "folder"), Entry(b"m", content=b"2")),
                           (REFUSED, DAMAGED), "m"),
    "folder over a file": (lambda w: between(Entry(b"m", content=b"2"), Entry(b"m", "folder")),
                           (REFUSED, DAMAGED), "m"),
    "link over a folder": (lambda w: between(Entry(b"m", "folder"),
                                             Entry(b"m", "symlink", target=w),
                                             Entry(b"m/victim", content=b"x")),
                           (REFUSED, DAMAGED), "m"),
    "out of order": (lambda w: between(Entry(b"n", content=b"1"), Entry(b"m", content=b"2")),
                     (REFUSED, DAMAGED), "m"),
    "the tree as a file": (lambda w: first(Entry(b".", content=b"2")), (REFUSED, DAMAGED), r"\."),
    "device in the index": (lambda w: between(Entry(b"m", line_kind="device")), DAMAGED, "index"),
    "fifo in the archive": (lambda w: lying(ustar(b"./m", b"6"), b""), DAMAGED, "m"),
    "device in the archive": (lambda w: lying(ustar(b"./m", b"3"), b""), DAMAGED, "m"),
    "setuid in the archive": (lambda w: lying(ustar(b"./m", mode=0o4755, size=1)), DAMAGED, "m"),
    "link in the archive": (lambda w: lying(ustar(b"./m", b"2", target=w), b""), DAMAGED, "m"),
    "other name in the archive": (lambda w: lying(ustar(b"./../victim", size=1)), DAMAGED, "m"),
    "GNU long name": (lambda w: lying(ustar(b"././@LongLink", b"L", size=12) +
                                      pad(b"./../victim\0") + ustar(b"./m", size=1)), DAMAGED,
                      "m"),
    "GNU long link": (lambda w: lying(ustar(b"././@LongLink", b"K", size=12) +
                                      pad(b"./../victim\0") + ustar(b"./m", b"1")), DAMAGED, "m"),
    "pax path": (lambda w: lying(pax(record(b"path", b"../victim")) + ustar(b"./m", size=1)),
                 DAMAGED, "m"),
    "pax path with a zero byte": (lambda w: lying(pax(record(b"path", b"./m\0/../victim")) +
                                                  ustar(b"./m", size=1)), DAMAGED, "m"),
    "pax size huge": (lambda w: lying(pax(record(b"size", b"9" * 30)) + ustar(b"./m", size=1)),
                      DAMAGED, "m"),
    "pax size negative": (lambda w: lying(pax(record(b"size", b"-1")) + ustar(b"./m", size=1)),
                          DAMAGED, "m"),
    "pax size twice": (lambda w: lying(pax(record(b"size", b"1") + record(b"size", b"2")) +
                                       ustar(b"./m", size=1)), DAMAGED, "m"),
    "pax length lies": (lambda w: lying(pax(b"99999 path=../victim\n") + ustar(b"./m", size=1)),
                        DAMAGED, "m"),
    "sparse map in the archive": (lambda w: lying(pax(
        record(b"GNU.sparse.major", b"1") + record(b"GNU.sparse.minor", b"0") +
        record(b"GNU.sparse.name", b"../victim") + record(b"GNU.sparse.realsize", b"9" * 18)) +
        ustar(b"./GNUSparseFile.0/m", size=1)), DAMAGED, "m"),
    "sparse beyond the file": (lambda w: between(Entry(b"m", content=b"x",
                                                       line_more=b',"extents":[[5,9]]')), DAMAGED,
                               "index"),
    "checksum of a header": (lambda w: lying(ustar(b"./m", size=1)[:148] + b"0000000\0" +
                                             ustar(b"./m", size=1)[156:]), DAMAGED, "m"),
    "size lies": (lambda w: between(Entry(b"m", content=b"x", size=600)), DAMAGED, "m"),
    "content is other": (lambda w: between(Entry(b"m", content=b"x", sha="0" * 64)), DAMAGED, "m"),
    "cut at a frame": (lambda w: changed(between(), change_part=lambda d: d[:-40]), DAMAGED,
                       "archive|tar"),
    "something after the end": (lambda w: changed(between(), change_part=lambda d: d + b"more"),
                                DAMAGED, "after|archive|bytes"),
    "frames overlap": (frames(overlap), DAMAGED, "frame|end"),
    "frame beyond the file": (frames(beyond), DAMAGED, "frame|end"),
    "frame of 4 GiB": (frames(huge_frame), DAMAGED, "frame"),
    "frame unpacks to more": (frames(more_than_said), DAMAGED, "frame"),
    "fewer entries said": (totals(entries=1), DAMAGED, "says|index|totals"),
    "more entries said": (totals(entries=9), DAMAGED, "says|index|totals"),
    "fewer bytes said": (totals(bytes=1), DAMAGED, "says|index|totals"),
    "cut index": (lambda w: changed(between(), change_index=lambda d: d[:-10]), DAMAGED, "index"),
    "index is no index": (lambda w: changed(between(), change_index=lambda d: os.urandom(300)),
                          DAMAGED, "index"),
    "deep path": (deep, WHOLE, ""),
    "far times": (lambda w: between(Entry(b"m", content=b"x", mtime=2**33 - 1)), WHOLE, ""),
}

# Here all files are whole and only what is behind them is not: extract takes them out.
ENDS = ("cut at a frame", "something after the end", "frames overlap", "frame beyond the file",
        "more entries said")

UNICODE = [b" leading", "'quote\"".encode(), b"-dash", b"--checkpoint-action=exec=sh",
           b"C:", b"CON", b"UPPER", b"\\\\server\\share", b"back\\slash", b"latin1-\xe9\xff",
           "nfc-\u00e9".encode(), b"new\nline", unicodedata.normalize("NFD", "nfd-\u00e9").encode(),
           "rtl-\u202etxt.exe".encode(), b"upper", b"x" * 255, "\U0001f6df".encode(),
           b"\x1b[31mred\x07"]


class Place:
    """A home with one restore point that is replaced again and again, and a watched folder."""

    def __init__(self, home):
        self.home = home
        self.watched = home.path / "watched"
        tree = self.watched / "live"
        tree.mkdir(parents=True)
        (tree / "file").write_text("saved")
        home.cli("systems", "add", "it", "--type", "files", "--set", f"folder={tree}", expect=0)
        home.cli("run", "files.save", "--system", "it", "--yes", expect=(0, 3))
        self.id = home.points()[0]["id"]
        self.point = home.store() / "it" / self.id
        self.system, self.kept = home.store() / "it", home.path / "kept"
        shutil.copytree(self.system, self.kept)
        (self.watched / "victim").write_text("untouched")
        os.utime(self.watched / "victim", (1, 1))
        self.beside, self.to = self.watched / "beside", self.watched / "to"

    def fresh(self):
        for folder in (self.beside, self.to):
            subprocess.run(["rm", "-rf", folder], check=True)
            folder.mkdir()
        # With what is known about the point: a proof that failed would stop the next restore.
        shutil.rmtree(self.system)
        shutil.copytree(self.kept, self.system)

    def outside(self):
        return digest(self.watched / "live"), sorted(
            (e.name, e.stat(follow_symlinks=False).st_mtime_ns if e.name == "victim" else 0,
             e.stat(follow_symlinks=False).st_nlink if e.is_file(follow_symlinks=False) else 0)
            for e in os.scandir(self.watched))

    def restore(self):
        return self.home.cli("run", "files.restore", "--system", "it", "--restore-point", self.id,
                             "--set", f"into_folder={self.beside}", "--yes")

    def extract(self):
        return self.home.cli("backups", "extract", self.id, ".", "--to", self.to)

    def verify(self):
        return self.home.cli("backups", "verify", self.id)


def special(folder):
    """Whatever is no file, folder or link, or has setuid."""
    out = subprocess.run(["find", folder, "(", "-not", "-type", "f", "-not", "-type", "d", "-not",
                          "-type", "l", ")", "-o", "-perm", "/7000", "-type", "f"],
                         capture_output=True, check=True)
    return out.stdout


def look(place, name, archive, expected, says, **more):
    place.fresh()
    publish(place.point, archive, **more)
    before = place.outside()
    wanted = expected if isinstance(expected, tuple) else (expected,)
    codes = {REFUSED: 3, DAMAGED: 1, WHOLE: 0}
    for verb, run in (("restore", place.restore), ("extract", place.extract),
                      ("verify", place.verify)):
        done = run()
        said = done.stdout + done.stderr
        where = f"{name}: {verb}: exit {done.returncode}\n{said[-1500:]}"
        assert place.outside() == before, f"{where}\nsomething outside was touched"
        assert not special(place.watched), f"{where}\n{special(place.watched)}"
        assert "\x1b" not in said, f"{where}\nan escape sequence is printed"
        # What is not looked at on the way does not stop an extract; a name does not stop a verify.
        right = {codes[w] for w in wanted}
        if verb == "verify":
            right = {0 if w in (REFUSED, WHOLE) else 1 for w in wanted} | (
                {0, 1} if REFUSED in wanted else set())
        if verb == "extract":
            right |= {0} if name in ENDS else {1, 3} if WHOLE not in wanted else set()
        assert done.returncode in right, f"{where}\nnot one of {right}"
        if done.returncode:
            assert re.search(says, said), f"{where}\ndoes not say {says}"
        if verb == "restore" and done.returncode == 1:
            left = [p.name for p in place.beside.iterdir()
                    if not p.name.startswith(".lifeboat-stage-")]
            assert not left, f"{where}\n{left} was left in the target"
        if verb == "restore" and done.returncode in (0, 3) and name != "deep path":
            assert (place.beside / "live/zz-good").read_text() == "good", where


def test_hostile_archives():
    names, failures = list(CASES), []
    assert len(names) >= 40

    def work(share):
        try:
            with Home(PROGRAM) as home:
                place = Place(home)
                for name in share:
                    build, expected, says = CASES[name]
                    try:
                        look(place, name, build(os.fsencode(place.watched)), expected, says)
                    except AssertionError as error:
                        failures.append(str(error))
        except Exception as error:  # of a thread: told by the one that waits
            failures.append(repr(error))
    threads = [threading.Thread(target=work, args=(names[i::2],)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, f"{len(failures)} failed\n" + "\n\n".join(failures)


def test_harmless_names():
    """Names that look bad and are not, byte for byte; each twin on its own."""
    with Home(PROGRAM) as home:
        place = Place(home)
        names = sorted(UNICODE)
        place.fresh()
        publish(place.point, Archive([Entry(n, content=n) for n in names]).pack())
        said = place.restore()
        assert said.returncode == 0, said.stdout + said.stderr
        assert place.extract().returncode == 0 and place.verify().returncode == 0
        for folder in (place.beside / "live", place.to):
            folder = os.fsencode(folder)
            assert sorted(os.listdir(folder)) == names
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    assert file.read() == name
        listed = home.cli("backups", "files", place.id, expect=0)
        assert "\x1b" not in listed.stdout + listed.stderr


def test_hashes_that_do_not_fit():
    """The same archive with the sums and the manifest of another: nothing of it is taken."""
    with Home(PROGRAM) as home:
        place = Place(home)
        archive = Archive([Entry(b"planted", content=b"x")]).pack()
        place.fresh()
        publish(place.point, archive, sums=False)
        for run in (place.restore, place.extract, place.verify):
            done = run()
            assert done.returncode == 1, f"{done.returncode}: {done.stdout}{done.stderr}"
        assert not list(place.to.iterdir()) and not list(place.beside.iterdir())

        def other_file(path):
            return lambda _, part: part.update(file=path)
        for path in ("../../../victim", "/etc/hostname", "parts/../../x", "parts/nothing.tar.zst"):
            place.fresh()
            publish(place.point, Archive([]).pack(), change_manifest=other_file(path))
            for run in (place.restore, place.extract, place.verify):
                done = run()
                assert done.returncode == 1, f"{path}: {done.stdout}{done.stderr}"
                assert done.stdout + done.stderr, path


# ---- Bombs (F17) -----------------------------------------------------------------------------

def peak(home, run):
    """Seconds and the peak memory in MiB of everything that a command starts."""
    most, ended = 0, threading.Event()

    def watch():
        nonlocal most
        while not ended.is_set():
            for pid in home.processes():
                try:
                    status = Path(f"/proc/{pid}/status").read_text()
                    most = max(most, int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024)
                except (OSError, TypeError):
                    continue
            ended.wait(0.02)
    thread = threading.Thread(target=watch)
    thread.start()
    begun = time.monotonic()
    try:
        done = run()
    finally:
        ended.set()
        thread.join()
    return done, time.monotonic() - begun, most


def many_entries(declared):
    """Ten million lines in a file of some MiB."""
    archive = between()
    lines = [Entry(b"m", frame=0, offset=512).line()] * 700
    same = zstd(b"".join(lines))
    count = 10_000_000 // len(lines)
    archive.entry_blocks = [(b".", zstd(HEAD + archive.entries[0].line()))] + [(b"m", same)] * count
    if declared:
        archive.totals["entries"] = count * len(lines) + 1
    return archive


def zeros(size):
    """A file of so many zeros, each frame of it 4 MiB, in an archive that says it is small."""
    archive = Archive([Entry(b"m", size=size, frame=1, offset=0)])
    archive.totals["bytes"] = 1000
    archive.pack()
    packed = zeros_frame(FRAME)
    at = archive.frames[0]["size"]
    for _ in range(size // FRAME):
        archive.frames.insert(-1, {"packed": packed, "raw": FRAME, "at": at, "size": len(packed)})
        at += len(packed)
    archive.frames[-1]["at"] = at
    return archive


def one_frame_of_zeros():
    archive = between(Entry(b"m", content=b"x"))
    packed = zeros_frame(10 * 2**30)
    archive.frames[0].update(packed=packed, size=len(packed))
    archive.frames[1]["at"] = len(packed)
    return archive


def eight_exbibytes():
    return between(Entry(b"m", size=2**63 - 1, line_more=b',"extents":[]', sha="0" * 64))


def index_block_of_zeros():
    archive = between()
    archive.entry_blocks = [(b".", zeros_frame(200 * 2**20))]
    return archive


def list_of_zeros():
    archive = between()
    archive.change_list = lambda listed: listed + b"\n" * (200 * 2**20)
    return archive


def test_bombs():
    with Home(PROGRAM) as home:
        place = Place(home)
        usual = peak(home, place.verify)[1]
        for name, archive in (("ten million entries", many_entries(False)),
                              ("ten million entries, and it says so", many_entries(True)),
                              ("10 GiB of zeros in frames", zeros(10 * 2**30)),
                              ("10 GiB of zeros in a frame", one_frame_of_zeros()),
                              ("8 EiB sparse", eight_exbibytes()),
                              ("200 MiB in a block of the index", index_block_of_zeros()),
                              ("200 MiB in the list of blocks", list_of_zeros())):
            place.fresh()
            publish(place.point, archive)
            for verb, run in (("restore", place.restore), ("extract", place.extract),
                              ("verify", place.verify)):
                done, seconds, most = peak(home, run)
                where = (f"{name}: {verb}: exit {done.returncode}, {seconds:.1f} s, {most} MiB\n"
                         f"{(done.stdout + done.stderr)[-800:]}")
                print(where.splitlines()[0], flush=True)
                assert done.returncode in (1, 2), where
                assert most <= 128, where
                assert seconds <= 5 + 3 * usual, where
                taken = int(subprocess.run(["du", "-sm", place.watched], capture_output=True,
                                           text=True, check=True).stdout.split()[0])
                assert taken < 20, f"{where}\n{taken} MiB in the target"


def test_bomb_inside_is_only_a_file():
    with Home(PROGRAM) as home:
        place = Place(home)
        place.fresh()
        bomb = zeros_frame(10 * 2**30)
        publish(place.point, between(Entry(b"m.zst", content=bomb)))
        assert place.restore().returncode == 0
        assert (place.beside / "live/m.zst").read_bytes() == bomb
        assert stat.S_ISREG((place.beside / "live/m.zst").lstat().st_mode)


main(globals())
