# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for a value in every form that text can have it in."""

import base64
import html
import json
import urllib.parse
from pathlib import Path


def forms(value):
    """Ten forms and more in which a value must not be found anywhere."""
    raw = value.encode()
    inner = [base64.b64encode(b"\0" * n + raw)[(0, 2, 3)[n]:] for n in range(3)]
    found = {"plain": raw, "json": json.dumps(value)[1:-1].encode(),
             "json, not only ASCII": json.dumps(value, ensure_ascii=False)[1:-1].encode(),
             "url": urllib.parse.quote(value, safe="").encode(),
             "url form": urllib.parse.quote_plus(value).encode(),
             "xml": html.escape(value).encode(), "hex": raw.hex().encode(),
             "hex, capitals": raw.hex().upper().encode(),
             "shell": value.replace("'", "'\\''").encode(),
             "utf-16": value.encode("utf-16-le")}
    for n, text in enumerate(inner):
        # The last characters also hold bits of what follows.
        found[f"base64 at {n}"] = text.rstrip(b"=")[:(n + len(raw)) * 4 // 3 - (0, 2, 3)[n] - 1]
    return found


def search(folder, value, but=()):
    """Where below a folder any form of the value stands."""
    wanted = forms(value)
    hits = []
    for path in Path(folder).rglob("*"):
        if path in but or path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        hits += [f"{path}: {name}" for name, form in wanted.items() if form in content]
    return hits


def in_memory(pid, value):
    """Where in a process's memory any form of the value stands, or its first half."""
    wanted = {**forms(value), "its first half": value[:len(value) // 2].encode()}
    hits = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            place, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            begin, end = (int(x, 16) for x in place.split("-"))
            try:
                memory.seek(begin)
                content = memory.read(end - begin)
            except OSError:
                continue
            hits += [f"{name} in {line.split()[-1]}" for name, form in wanted.items()
                     if form in content]
    return hits
