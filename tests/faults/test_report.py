# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of runs that ended in every way, read with a real HTML parser; and runs that travel:
exported, taken in on another home, and packs that lie."""

import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
from html.parser import HTMLParser
from pathlib import Path

from lifeboat import PROGRAM, Home, Skip, main, until
from shop import Scene, runner_of

# Stands in folder names, step titles and a person's words: shown, never interpreted.
HOSTILE = "<script>alert(1)</script><img src=x onerror=go()> \x1b[31m\u202e%1 &amp;"
CANARY = "canary-6b1f0e"

OWN = """\
lifeboat: 1
id: own.change
system: own
purpose: change
title: {title}
secrets:
  word: {{title: A word}}
inputs:
  folder: {{type: path, required: true, title: Folder}}
identity:
  facts:
    hostname: {{hostname: {{}}}}
    filesystem: {{filesystem: {{path: "{{{{ inputs.folder }}}}"}}}}
  text: "own@{{{{ hostname }}}}"
  scope: ["{{{{ inputs.folder }}}}"]
deviations:
  - {{document: restart first, lifeboat: look first, why: {title}}}
steps:
  - id: tell
    title: {title}
    run: {{program: cat, input: {{secret: word}}}}
    effect: read
  - id: last
    title: {title}
    run: {{program: {last}}}
    effect: read
"""


class Page(HTMLParser):
    """Refuses whatever could run or load something."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.text, self.policy = [], None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        assert tag in ("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table",
                       "thead", "tbody", "tr", "th", "td", "ul", "li", "pre"), tag
        for name, value in attributes:
            assert name in ("lang", "charset", "content", "http-equiv", "name", "class",
                            "scope"), name
            assert "//" not in (value or ""), value
        values = dict(attributes)
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]

    def handle_data(self, data):
        self.text.append(data)


def looked_at(home, run):
    """The report in both forms; every one must hold what its parser demands."""
    raw = home.cli("report", run, "--html", "-", expect=0).stdout
    page = Page(raw)
    assert page.policy == "default-src 'none'; style-src 'unsafe-inline'", page.policy
    for bad in ("\x1b", "\u202e", CANARY):
        assert bad not in raw, f"{bad!r} is in the page"
    assert "url(" not in raw and "@import" not in raw
    text = home.cli("report", run, "--json", "-", expect=0).stdout
    assert CANARY not in text
    document = json.loads(text)
    shown = home.json("runs", "show", run)
    assert document["run"] == shown
    flat = "".join(page.text)
    head = home.events(run)[-1]["sha256"]
    assert head in flat and document["journal"]["head"] == head
    assert run in flat and shown["plan_sha256"] in flat
    return document, flat


def own_system(home, last="true"):
    folder = home.path / f"place {HOSTILE.split('/')[0]}"
    folder.mkdir()
    books = home.path / "config/lifeboat/runbooks"
    books.mkdir(parents=True)
    (books / "own.yaml").write_text(OWN.format(title=json.dumps(HOSTILE), last=last))
    home.cli("systems", "add", "own", "--type", "own", "--set", f"folder={folder}", expect=0)
    word = home.path / "word"
    word.write_text(f"#!/bin/sh\nprintf {CANARY}\n")
    word.chmod(0o755)
    home.cli("secrets", "set", "own", "word", "--program", json.dumps([str(word)]), expect=0)


def test_reports_of_every_end():
    with Home(PROGRAM) as home:
        own_system(home)
        home.cli("run", "own.change", "--system", "own", "--yes", expect=0)
        good = home.runs()[-1]
        document, text = looked_at(home, good)
        assert document["outcome"] == "It succeeded." and "It succeeded." in text
        assert "<script>alert(1)</script>" in text, "a title is shown as it was written"
        assert [act["what"] for act in document["people"]] == ["asked for it", "said go"]
        assert all(act["by"] for act in document["people"])
        assert document["deviations"][0]["lifeboat"] == "look first"
        assert document["plan"]["steps"] and "cat" in text

        books = home.path / "config/lifeboat/runbooks/own.yaml"
        books.write_text(OWN.format(title=json.dumps(HOSTILE), last="false"))
        home.cli("run", "own.change", "--system", "own", "--yes", expect=1)
        failed = home.json("runs", "list")["runs"][0]["id"]
        document, text = looked_at(home, failed)
        assert document["outcome"].startswith("It failed at the step “last”"), document["outcome"]
        assert document["outcome"] in text.replace("\\u202e", "\u202e")

        target = home.path / "report.html"
        home.cli("report", good, "--html", target, expect=0)
        assert target.stat().st_mode & 0o777 == 0o600
        before = target.read_bytes()
        refused = home.cli("report", failed, "--html", target, expect=1)
        assert "exists already" in refused.stderr and target.read_bytes() == before
        home.cli("report", good, target, expect=2)
        home.cli("report", "r20200101-000000-aaaaaa", "--html", home.path / "x", expect=2)
        assert not (home.path / "x").exists()


def test_reports_of_what_did_not_end():
    with Home(PROGRAM) as home:
        scene = Scene(home, save=False)
        run = scene.hold()
        os.kill(runner_of(home, run), signal.SIGKILL)
        until(lambda: home.json("runs", "show", run)["state"] == "interrupted", 20, "the death")
        document, _ = looked_at(home, run)
        assert "interrupted" in document["outcome"], document["outcome"]
        scene.release()
        home.cli("runs", "resume", run, expect=(0, 3))
        document, _ = looked_at(home, run)
        assert any(e["event"] == "step_unknown" for e in document["timeline"])

        run = scene.hold()
        home.cli("runs", "cancel", run, "--yes", expect=0)
        scene.release()
        until(lambda: home.json("runs", "show", run)["state"] == "cancelled", 30, "the end")
        document, text = looked_at(home, run)
        assert "It was cancelled" in document["outcome"]
        assert [a for a in document["people"] if a["what"] == "cancelled it" and a["by"]]


def test_a_run_travels():
    with Home(PROGRAM) as home, Home(PROGRAM) as other:
        scene = Scene(home)
        scene.damage()
        scene.restore(expect=0)
        run = home.json("runs", "list")["runs"][0]["id"]
        pack = home.path / "run.tar.zst"
        held = scene.hold()
        refused = home.cli("runs", "export", held, pack, expect=1)
        assert "still going" in refused.stderr and not pack.exists()
        scene.release()
        until(lambda: home.json("runs", "show", held)["state"] == "succeeded", 30, "the end")

        home.cli("runs", "export", run, pack, expect=0)
        assert pack.stat().st_mode & 0o777 == 0o600
        assert "exists already" in home.cli("runs", "export", run, pack, expect=1).stderr
        by_hand = home.path / "by-hand"
        by_hand.mkdir()
        if shutil.which("zstd"):
            subprocess.run(["tar", "--zstd", "-xf", pack, "-C", by_hand], check=True)
            for name in ("plan.json", "journal.jsonl"):
                assert (by_hand / run / name).read_bytes() == \
                    (home.data / "runs" / run / name).read_bytes()
            assert not (by_hand / run / "lock").exists()

        assert "here already" in home.cli("runs", "import", pack, expect=1).stderr
        other.cli("runs", "import", pack, expect=0)
        assert other.json("runs", "show", run) == home.json("runs", "show", run)
        assert other.cli("runs", "log", run, expect=0).stdout == \
            home.cli("runs", "log", run, expect=0).stdout
        other.cli("runs", "verify", run, expect=0)
        looked_at(other, run)
        assert "here already" in other.cli("runs", "import", pack, expect=1).stderr

        # Nothing that it says is true of this machine.
        owed = home.json("obligations", "list")["obligations"]
        assert owed, "the restore keeps the old folder"
        assert other.json("obligations", "list")["obligations"] == []
        kept = Path(owed[0]["detail"]["folder"])
        assert "imported" in other.cli("runs", "undo", run, "--yes", expect=1).stderr
        assert other.cli("obligations", "discharge", run, owed[0]["id"]).returncode != 0
        assert kept.is_dir(), "the other home's copy was deleted"
        other.cli("runs", "remove", run, expect=0)
        assert run not in other.runs()


def test_an_interrupted_run_is_not_resumed_elsewhere():
    with Home(PROGRAM) as home, Home(PROGRAM) as other:
        scene = Scene(home, save=False)
        run = scene.hold()
        os.kill(runner_of(home, run), signal.SIGKILL)
        until(lambda: home.json("runs", "show", run)["state"] == "interrupted", 20, "the death")
        pack = home.path / "run.tar.zst"
        home.cli("runs", "export", run, pack, expect=0)
        other.cli("runs", "import", pack, expect=0)
        assert other.json("runs", "show", run)["state"] == "interrupted"
        calls = len(scene.log())
        journal = other.data / "runs" / run / "journal.jsonl"
        before = journal.read_bytes()
        assert "imported" in other.cli("runs", "resume", run, expect=1).stderr
        assert journal.read_bytes() == before and len(scene.log()) == calls
        assert "interrupted" not in other.cli("runs", "list", expect=0).stderr
        scene.release()
        home.cli("runs", "resume", run, expect=(0, 3))


def packed(entries):
    """A .tar.zst of (TarInfo or name, bytes)."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry, content in entries:
            if isinstance(entry, str):
                entry = tarfile.TarInfo(entry)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return subprocess.run(["zstd", "-qc"], input=raw.getvalue(), stdout=subprocess.PIPE,
                          check=True).stdout


def special(name, kind, link=""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, link
    return entry


def test_packs_that_lie():
    if not shutil.which("zstd"):
        raise Skip("there is no zstd to make packs with")
    with Home(PROGRAM) as home, Home(PROGRAM) as other:
        Scene(home)
        run = home.json("runs", "list")["runs"][0]["id"]
        folder = home.data / "runs" / run
        plan, journal = ((folder / n).read_bytes() for n in ("plan.json", "journal.jsonl"))
        good = [(f"{run}/plan.json", plan), (f"{run}/journal.jsonl", journal)]
        twin = run[:-6] + ("000000" if run[-6:] != "000000" else "111111")
        lines = journal.split(b"\n")
        bad_line = b"\n".join(lines[:2] + [lines[2].replace(b":", b": ", 1)] + lines[3:])
        newer = b"\n".join([lines[0].replace(b'"format":1', b'"format":99')] + lines[1:])
        lies = {
            "out of it": good + [(f"{run}/../../escaped", b"x")],
            "absolute": good + [("/tmp/lifeboat-escaped", b"x")],
            "dots alone": good + [(f"{run}/log/..", b"x")],
            "empty name": good + [(f"{run}//plan.json", b"x")],
            "symlink": good + [(special(f"{run}/log", tarfile.SYMTYPE, "/tmp"), b""),
                               (f"{run}/log/x", b"x")],
            "symlinked plan": [(special(f"{run}/plan.json", tarfile.SYMTYPE, "/etc/passwd"), b""),
                               good[1]],
            "hard link": good + [(special(f"{run}/log/x", tarfile.LNKTYPE, "/etc/passwd"), b"")],
            "device": good + [(special(f"{run}/log/x", tarfile.CHRTYPE), b"")],
            "pipe": good + [(special(f"{run}/log/x", tarfile.FIFOTYPE), b"")],
            "two tops": good + [(f"{twin}/plan.json", plan)],
            "twice": good + [(f"{run}/plan.json", plan)],
            "foreign file": good + [(f"{run}/imported.json", b"{}")],
            "lock": good + [(f"{run}/lock", b"{}")],
            "deep": good + [(f"{run}/log/a/b", b"x")],
            "other run's id": [(n.replace(run, twin), c) for n, c in good],
            "no id": [(n.replace(run, "harmless"), c) for n, c in good],
            "a point's id": [(n.replace(run, "p" + run[1:]), c) for n, c in good],
            "no journal": good[:1],
            "empty journal": [good[0], (f"{run}/journal.jsonl", b"")],
            "damaged line": [good[0], (f"{run}/journal.jsonl", bad_line)],
            "line left out": [good[0], (f"{run}/journal.jsonl",
                                        b"\n".join(lines[:2] + lines[3:]))],
            "newer journal": [good[0], (f"{run}/journal.jsonl", newer)],
            "no plan": good[1:],
            "changed plan": [(f"{run}/plan.json", plan.replace(b"shop", b"shoq", 1)), good[1]],
        }
        other.cli("runs", "list", expect=0)
        runs = other.data / "runs"
        pack = other.path / "pack"
        outside = set(Path("/tmp").iterdir())
        packs = {name: packed(entries) for name, entries in lies.items()}
        packs["no pack"] = b"this is no pack"
        packs["cut off"] = packed(good)[:-40]
        packs["nothing"] = packed([])
        for name, content in packs.items():
            pack.write_bytes(content)
            done = other.cli("runs", "import", pack)
            assert done.returncode in (1, 2), f"{name}: exit {done.returncode}, {done.stdout}"
            assert done.stderr.strip(), name
            left = list(runs.iterdir()) if runs.exists() else []
            assert not left, f"{name}: left {left}"
        assert not (other.path / "escaped").exists() and not (other.data / "escaped").exists()
        assert not Path("/tmp/lifeboat-escaped").exists(), set(Path("/tmp").iterdir()) - outside

        # What a power cut leaves is no lie: taken in as it stands, and said.
        pack.write_bytes(packed([good[0], (f"{run}/journal.jsonl", journal + b'{"seq":')]))
        other.cli("runs", "import", pack, expect=0)
        assert other.json("runs", "verify", run)["torn_bytes"] == 7
        assert other.json("runs", "show", run)["state"] == home.json("runs", "show", run)["state"]


main(globals())
