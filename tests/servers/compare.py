# SPDX-License-Identifier: GPL-3.0-or-later
"""Every document of a server and every file of a folder, read without Lifeboat and without its
libraries, to hold what was restored against what was there before."""

import hashlib
import json
import os
import re
import stat
import time
from collections import namedtuple
from pathlib import Path

File = namedtuple("File", "mode uid gid mtime_ns size sha256 link")
SPACE = re.compile(r"[ \t\n\r]*")


class Reader:
    """Walks through a JSON text and knows where a value begins and ends: the bytes of a source count,
    and a parsed one has lost the order of its keys, double keys and the form of its numbers."""

    def __init__(self, text):
        self.text, self.at = text, 0
        self.scan = json.JSONDecoder().scan_once

    def next_mark(self):
        self.at = SPACE.match(self.text, self.at).end()
        return self.text[self.at]

    def skip(self, mark):
        if self.next_mark() != mark:
            raise ValueError(f"{mark} expected at {self.at}: {self.text[self.at:self.at + 40]!r}")
        self.at = SPACE.match(self.text, self.at + 1).end()

    def value(self):
        value, self.at = self.scan(self.text, self.at)
        return value

    def items(self, first, last):
        self.skip(first)
        while self.next_mark() != last:
            yield
            if self.next_mark() == ",":
                self.skip(",")
        self.skip(last)

    def members(self):
        """Each key; the caller then reads its value."""
        for _ in self.items("{", "}"):
            key = self.value()
            self.skip(":")
            yield key

    def elements(self):
        return self.items("[", "]")


def read_page(text):
    """A search's answer without its hits, and those: `_source` of each is the text as it was sent."""
    reader, answer, hits = Reader(text), {}, []
    for key in reader.members():
        if key != "hits":
            answer[key] = reader.value()
            continue
        for inner in reader.members():
            if inner != "hits":
                answer[inner] = reader.value()
                continue
            for _ in reader.elements():
                hit = {}
                for name in reader.members():
                    begin = reader.at
                    value = reader.value()
                    hit[name] = text[begin:reader.at] if name == "_source" else value
                hits.append(hit)
    return answer, hits


def ask(api, *call):
    status, answer = api.ask(*call)
    if status != 200:
        raise AssertionError(f"{call[0]} {call[1]}: {status} {answer[:500]}")
    return answer.decode()


def scroll(api, index, page, fields=None):
    """Every hit of an index: by scan and scroll before 2.0, later by a scroll in index order."""
    query = {"query": {"match_all": {}}, "size": page}
    if fields:
        query["fields"] = fields
    if api.version()[0] < 2:
        first = f"/{index}/_search?search_type=scan&scroll=5m"
        more = lambda token: ("POST", "/_search/scroll?scroll=5m", token)
        end = lambda token: ("DELETE", "/_search/scroll", token)
    else:
        query["sort"] = ["_doc"]
        first = f"/{index}/_search?scroll=5m"
        more = lambda token: ("POST", "/_search/scroll", {"scroll": "5m", "scroll_id": token})
        end = lambda token: ("DELETE", "/_search/scroll", {"scroll_id": [token]})
    answer, hits = read_page(ask(api, "POST", first, query))
    total, seen, begun = answer["total"], 0, bool(hits)
    while True:
        if answer["_shards"]["failed"] or answer["timed_out"]:
            raise AssertionError(f"{index} cannot be read: {answer}")
        yield from hits
        seen += len(hits)
        if begun and not hits:
            break
        answer, hits = read_page(ask(api, *more(answer["_scroll_id"])))
        begun = True
    api.ask(*end(answer["_scroll_id"]))
    if seen != total:
        raise AssertionError(f"{index}: {seen} of {total} documents")


def index_states(api):
    """`open` or `close` of every index."""
    rows = ask(api, "GET", "/_cat/indices?h=index,status").split("\n")
    return dict(row.split() for row in rows if row.strip())


def expires(api, index):
    """Whether documents of this index go away by themselves (`_ttl`, 1.x only)."""
    mappings = json.loads(ask(api, "GET", f"/{index}/_mapping"))[index].get("mappings", {})
    return any(kind.get("_ttl", {}).get("enabled") for kind in mappings.values())


def all_documents(api, indices=None, expiring=True, page=1000):
    """Each index with the SHA-256 of the bytes of every source by (type, id); of a closed index,
    None. `expiring=False` leaves out those whose documents expire. `api`: elasticsearch.Api."""
    found = {}
    for index, state in index_states(api).items():
        if indices is not None and index not in indices:
            continue
        if state != "open":
            found[index] = None
            continue
        if not expiring and expires(api, index):
            continue
        api.call("POST", f"/{index}/_refresh")
        found[index] = {(hit["_type"], hit["_id"]): hashlib.sha256(hit["_source"].encode()).hexdigest()
                        for hit in scroll(api, index, page)}
    return found


def all_expiries(api, index, page=1000):
    """Of every document of an index by (type, id): when it expires, in milliseconds since 1970, as
    exact as the answer was quick; None where it never does."""
    found = {}
    for hit in scroll(api, index, page, ["_ttl"]):
        left = hit.get("fields", {}).get("_ttl")
        found[hit["_type"], hit["_id"]] = None if left is None else left + time.time() * 1000
    return found


def all_files(folder):
    """Everything below a folder and itself, by its path from there. Names that are not UTF-8 stand
    as os.fsdecode() gives them; what is no file has no hash."""
    found = {}
    folder = Path(folder)

    def add(path):
        info = os.lstat(path)
        link = os.readlink(path) if stat.S_ISLNK(info.st_mode) else ""
        content = ""
        if stat.S_ISREG(info.st_mode):
            with open(path, "rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
        found[os.path.relpath(path, folder)] = File(
            info.st_mode, info.st_uid, info.st_gid, info.st_mtime_ns,
            0 if stat.S_ISDIR(info.st_mode) else info.st_size, content, link)

    add(folder)
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            add(os.path.join(place, name))
    return found


def difference(before, after, name=""):
    """One line for each thing that is gone, new or changed, of two results of all_documents() or of
    all_files(); none when they are equal."""
    lines = []
    for key in sorted({**before, **after}, key=str):
        old, new = before.get(key), after.get(key)
        shown = f"{name}{key if isinstance(key, str) else '/'.join(key)}"
        if key not in after:
            lines.append(f"{shown}: gone")
        elif key not in before:
            lines.append(f"{shown}: new")
        elif isinstance(old, dict) and isinstance(new, dict):
            lines += difference(old, new, f"{shown}: ")
        elif old != new:
            what = [field for field in File._fields if getattr(old, field) != getattr(new, field)] \
                if isinstance(old, File) else []
            lines.append(f"{shown}: changed{' in ' + ', '.join(what) if what else ''}")
    return lines
