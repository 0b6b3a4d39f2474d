# SPDX-License-Identifier: GPL-3.0-or-later
"""Where bench scripts work: a disk of their own, the trees on it, and the reference programs."""
import contextlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from bench_table import shell

ROOT = pathlib.Path(__file__).resolve().parents[2]
TAR_SAVE, TAR_RESTORE = "tar | zstd -T0 -3, sync", "zstd -d | tar x"


@contextlib.contextmanager
def disk(gib):
    """A journalled ext4 image of its own, mounted; gone afterwards."""
    if os.geteuid() != 0:
        sys.exit("bench: needs root for the loop mount")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the mount goes
    # Short, because the path of a local socket may have 107 bytes.
    work = pathlib.Path(tempfile.mkdtemp(prefix="lbb."))
    image, mount, loop = work / "image", work / "m", None
    mount.mkdir()
    try:
        shell(f"truncate -s {gib}G {image} && mkfs.ext4 -q -N 3000000 "
              f"-E lazy_itable_init=0,lazy_journal_init=0 {image}")
        loop = subprocess.run(["losetup", "--direct-io=on", "-f", "--show", image], check=True,
                              capture_output=True, text=True).stdout.strip()
        shell(f"mount {loop} {mount}")
        yield mount
    finally:
        if loop:
            subprocess.run(["umount", "--lazy", mount], check=False)
            subprocess.run(["losetup", "-d", loop], check=False)
        shutil.rmtree(work, ignore_errors=True)


class Content:
    """Random bytes and text-like bytes in turn, 2 KiB each. The random half never repeats: a
    compressor must not find it again in another file."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.words = b"".join(
            self.rng.choice([b"config ", b"restore ", b"value=", b"server.example ", b"\n"])
            + b"%d" % self.rng.randrange(10000) for _ in range(65536))

    def make(self, size):
        out = bytearray(self.rng.randbytes(size))
        for begin in range(2048, size, 4096):
            n = min(2048, size - begin)
            at = self.rng.randrange(len(self.words) - n)
            out[begin:begin + n] = self.words[at:at + n]
        return out


def make_small(folder, seed):
    content = Content(seed)
    for i in range(20000):
        sub = folder / f"d{i % 500:03}"
        sub.mkdir(parents=True, exist_ok=True)
        size = content.rng.randrange(1 << 10, 64 << 10)
        (sub / f"file{i:05}").write_bytes(content.make(size))


def make_big(folder, seed, files, size):
    content = Content(seed)
    folder.mkdir(parents=True)
    for i in range(files):
        with open(folder / f"big{i}", "wb") as out:
            for _ in range(size >> 20):
                out.write(content.make(1 << 20))


def make_many(folder, count):
    """Empty files in one folder, their names in no order."""
    folder.mkdir(parents=True)
    for i in range(count):
        os.close(os.open(folder / f"entry-with-a-name-{i * 7919 % count:08}", os.O_CREAT))


def make_trees(place, small_only):
    """The two trees of the save and restore rows: [(name, folder)]."""
    trees = [("20,000 small files", place / "small")]
    make_small(trees[0][1], 1)
    if not small_only:
        trees.append(("4 x 512 MiB", place / "big"))
        make_big(trees[1][1], 2, 4, 512 << 20)
    os.sync()
    return trees


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.sync()


def tar_save(tree, archive):
    begin = time.monotonic()
    shell(f"tar -C {tree} -cf - . | zstd -q -T0 -3 -f -o {archive} && sync {archive}")
    return time.monotonic() - begin


def tar_restore(archive, folder, sync=False):
    fresh(folder)
    folder.mkdir()
    begin = time.monotonic()
    shell(f"zstd -q -dc {archive} | tar -C {folder} -xpf -" + f" && sync -f {folder}" * sync)
    return time.monotonic() - begin
