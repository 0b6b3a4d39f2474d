# SPDX-License-Identifier: GPL-3.0-or-later
"""Restore points that no save would make: tar, frames, index, manifest and sums written by hand, so
that every hash fits and only what is in them is hostile."""

import base64
import ctypes
import ctypes.util
import hashlib
import json
import os
import struct

FRAME = 4 * 1024 * 1024
HEAD = b'{"format":1,"kind":"lifeboat-tree-index","order":"path, component by component"}\n'

_zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
_zstd.ZSTD_compressBound.restype = _zstd.ZSTD_compress.restype = ctypes.c_size_t
_zstd.ZSTD_compressBound.argtypes = [ctypes.c_size_t]
_zstd.ZSTD_compress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t,
                                ctypes.c_int]


def zstd(data):
    room = _zstd.ZSTD_compressBound(len(data))
    packed = ctypes.create_string_buffer(room)
    size = _zstd.ZSTD_compress(packed, room, data, len(data), 3)
    return packed.raw[:size]


def zeros_frame(size):
    """A zstd frame of so many zeros, 4 bytes for each 128 KiB of them."""
    blocks, left = [], size
    while left > 0:
        n = min(left, 128 * 1024)
        left -= n
        blocks.append(struct.pack("<I", (left == 0) | 1 << 1 | n << 3)[:3] + b"\0")
    return struct.pack("<IBQ", 0xFD2FB528, 0xE0, size) + b"".join(blocks)


def text(data):
    """As the index writes strings."""
    out = b""
    for byte in data:
        if byte in b'"\\':
            out += b"\\" + bytes([byte])
        elif byte < 0x20:
            out += b"\\u00%02x" % byte
        else:
            out += bytes([byte])
    return b'"' + out + b'"'


def member(key, data):
    try:
        data.decode()
        return b'"%s":%s' % (key, text(data))
    except UnicodeDecodeError:
        return b'"%s_b64":"%s"' % (key, base64.b64encode(data))


def record(key, value):
    rest = len(key) + len(value) + 3
    length = rest + 1
    while rest + len(str(length)) != length:
        length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


def ustar(name, kind=b"0", mode=0o644, uid=0, gid=0, size=0, mtime=0, target=b"", prefix=b""):
    block = bytearray(512)
    for at, value in ((0, name[:100]), (100, b"%07o" % mode), (108, b"%07o" % uid),
                      (116, b"%07o" % gid), (124, b"%011o" % size), (136, b"%011o" % mtime),
                      (148, b" " * 8), (156, kind), (157, target[:100]), (257, b"ustar\00000"),
                      (329, b"0" * 7), (337, b"0" * 7), (345, prefix)):
        block[at:at + len(value)] = value
    block[148:155] = b"%06o\0" % sum(block)
    return bytes(block)


def pad(data):
    return data + b"\0" * (-len(data) % 512)


def pax(records):
    return ustar(b"./PaxHeaders/x", b"x", size=len(records)) + pad(records)


class Entry:
    KINDS = {"file": b"0", "folder": b"5", "symlink": b"2", "hard_link": b"1"}

    def __init__(self, path, kind="file", content=b"", target=b"", mode=None, **more):
        self.path, self.kind, self.content, self.target = path, kind, content, target
        self.mode = mode if mode is not None else 0o755 if kind == "folder" else 0o644
        self.size = more.get("size", len(content))
        self.uid = self.gid = os.geteuid()
        self.mtime = more.get("mtime", 1_700_000_000)
        self.sha = more.get("sha", hashlib.sha256(content).hexdigest())
        self.header = more.get("header")  # other bytes than those that fit the line
        self.line_more = more.get("line_more", b"")
        self.line_kind = more.get("line_kind", kind)
        self.frame, self.offset = more.get("frame"), more.get("offset")

    def tar(self):
        if self.header is not None:
            return self.header
        name = b"./" if self.path == b"." else b"./" + self.path
        name += b"/" if self.kind == "folder" and self.path != b"." else b""
        target = b"./" + self.target if self.kind == "hard_link" else self.target
        records, prefix, short = b"", b"", name
        if len(name) > 100:
            slash = name.find(b"/", len(name) - 101)
            if 0 < slash <= 155 and slash + 1 < len(name):
                prefix, short = name[:slash], name[slash + 1:]
            else:
                short = name[-100:]
                if not name.isascii():
                    records += record(b"hdrcharset", b"BINARY")
                records += record(b"path", name)
        if len(target) > 100:
            records += record(b"linkpath", target)
        return (pax(records) if records else b"") + ustar(
            short, self.KINDS[self.kind], self.mode, self.uid, self.gid,
            self.size if self.kind == "file" else 0, self.mtime, target, prefix)

    def line(self):
        out = b"{" + member(b"path", self.path)
        out += b',"type":"%s","mode":"%04o"' % (self.line_kind.encode(), self.mode)
        out += b',"uid":%d,"gid":%d' % (self.uid, self.gid)
        out += b',"mtime_ns":%d' % (self.mtime * 10**9)
        if self.kind == "file":
            out += b',"size":%d,"sha256":"%s"' % (self.size, self.sha.encode())
        elif self.kind != "folder":
            out += b"," + member(b"target", self.target)
        return out + self.line_more + b',"frame":%d,"offset":%d}\n' % (self.frame, self.offset)


class Archive:
    """Entries in the order given, small ones in one frame; then a chance to lie before it is
    written: `frames` [[packed, raw, at, size, hash]], `totals`, `blocks`, `change_index`."""

    def __init__(self, entries):
        self.entries = [Entry(b".", "folder")] + list(entries)
        raw = b""
        for entry in self.entries:
            if entry.frame is None:
                entry.frame, entry.offset = 0, len(raw)
            raw += entry.tar() + pad(entry.content)
        self.raws = [raw, self.entries[0].tar() + b"\0" * 1024]
        self.frames = []
        self.totals = {"entries": len(self.entries),
                       "bytes": sum(e.size for e in self.entries if e.kind == "file")}
        self.change_index = self.change_part = lambda data: data
        self.entry_blocks = None

    def pack(self):
        at = 0
        for raw in self.raws:
            packed = zstd(raw)
            self.frames.append({"packed": packed, "raw": len(raw), "at": at, "size": len(packed)})
            at += len(packed)
        return self

    def part(self):
        return self.change_part(b"".join(f["packed"] for f in self.frames))

    def index(self, part_bytes):
        blocks = self.entry_blocks or [
            (self.entries[0].path, zstd(HEAD + b"".join(e.line() for e in self.entries)))]
        frame_lines = b"".join(
            b'{"frame":%d,"at":%d,"size":%d,"raw":%d,"sha256":"%s"}\n' % (
                i, f["at"], f["size"], f["raw"],
                f.get("sha", hashlib.sha256(f["packed"]).hexdigest()).encode())
            for i, f in enumerate(self.frames))
        listed = b'{"entries":%d,"bytes":%d,"frames":%d,"part_bytes":%d}\n' % (
            self.totals["entries"], self.totals["bytes"],
            self.totals.get("frames", len(self.frames)), part_bytes)
        parts, at = [], 0
        for first, packed in blocks:
            listed += b'{"block":%d,"size":%d,%s}\n' % (at, len(packed),
                                                       member(b"first_path", first))
            parts.append(packed)
            at += len(packed)
        packed = zstd(frame_lines)
        listed += b'{"block":%d,"size":%d,"first_frame":0}\n' % (at, len(packed))
        parts.append(packed)
        at += len(packed)
        packed = zstd(self.change_list(listed))
        parts.append(packed)
        trailer = struct.pack("<II8sQQ", 0x184D2A5B, 56, b"LBTREE01", at, len(packed))
        body = b"".join(parts) + trailer
        return self.change_index(body + hashlib.sha256(body).digest())

    @staticmethod
    def change_list(listed):
        return listed


def publish(point, archive, change_manifest=None, sums=True):
    """Puts the archive in the place of the only tree of the restore point in that folder."""
    manifest = json.loads((point / "manifest.json").read_text())
    record_ = next(p for p in manifest["parts"] if p["kind"] == "tree")
    part = archive.part()
    index = archive.index(len(part))
    (point / record_["file"]).chmod(0o600)
    (point / record_["index"]).chmod(0o600)
    (point / record_["file"]).write_bytes(part)
    (point / record_["index"]).write_bytes(index)
    if not sums:
        return
    record_.update(bytes=archive.totals["bytes"], entries=archive.totals["entries"],
                   stored_bytes=len(part) + len(index),
                   sha256=hashlib.sha256(part).hexdigest(),
                   index_sha256=hashlib.sha256(index).hexdigest())
    if change_manifest:
        change_manifest(manifest, record_)
    (point / "manifest.json").chmod(0o600)
    (point / "manifest.json").write_text(json.dumps(manifest))
    lines = []
    for line in (point / "SHA256SUMS").read_text().splitlines():
        name = line[66:]
        lines.append(hashlib.sha256((point / name).read_bytes()).hexdigest() + "  " + name)
    (point / "SHA256SUMS").chmod(0o600)
    (point / "SHA256SUMS").write_text("\n".join(lines) + "\n")
