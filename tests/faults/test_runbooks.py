# SPDX-License-Identifier: GPL-3.0-or-later
"""An admin's own runbook with every feature of the language, run for real; and the promise that
what the plan prints is what runs: every program is a recording stand-in, and what it recorded is
held against the printed plan with the slots filled as journalled."""

import json
import os
import re
import shlex
import sys
from pathlib import Path

from lifeboat import PROGRAM, Home, main, until

EVERYTHING = Path(__file__).parent.parent / "core/config/good/everything.yaml"

# Writes its own name and arguments, NUL-separated, one file a call, then does what it stands for.
STAND_IN = """#!/bin/sh
n=$(mktemp "$RECORD_FOLDER/call.XXXXXX")
printf '%s\\0' "{name}" "$@" > "$n"
{body}
"""

RECORDED = """\
lifeboat: 1
id: recorded.change
system: recorded
purpose: change
title: Call recording stand-ins
inputs:
  folder: {{type: path, required: true, title: Folder}}
  odd: {{type: text, title: Odd text, default: "it's $HOME; `id` \\"x\\" *"}}
  own: {{type: command, title: Own command, default: ["{bin}/own", "a b", "$(id)"]}}
identity:
  facts:
    hostname: {{hostname: {{}}}}
    filesystem: {{filesystem: {{path: "{{{{ inputs.folder }}}}"}}}}
  text: "{{{{ system }}}}@{{{{ hostname }}}}"
  scope: ["{{{{ inputs.folder }}}}"]
discover:
  items:
    run: {{program: {bin}/list, output: lines}}
steps:
  - id: measure
    run: {{program: {bin}/measure, args: ["{{{{ inputs.odd }}}}", "{{{{ run }}}}"], output: json}}
    effect: read
  - id: each
    for_each: discovered.items
    run: {{program: {bin}/each, args: ["{{{{ item }}}}", "--size={{{{ steps.measure.outputs.size }}}}"]}}
    effect: change
    resume: repeat
    undo: {{run: {{program: {bin}/undo, args: ["{{{{ item }}}}"]}}}}
  - id: own
    run: {{command: "{{{{ inputs.own }}}}"}}
    effect: read
  - id: skipped
    when: {{equals: ["{{{{ inputs.odd }}}}", never]}}
    run: {{program: {bin}/never}}
    effect: read
finally:
  - {{id: close, when: always, run: {{program: {bin}/close, args: [now]}}, effect: change, resume: repeat}}
"""


def own_runbook(home, name, text):
    folder = home.path / "config/lifeboat/runbooks"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_every_feature():
    with Home(PROGRAM) as home:
        own_runbook(home, "everything.yaml", EVERYTHING.read_text())
        folder = home.path / "place"
        folder.mkdir()
        home.cli("systems", "add", "ev", "--type", "everything", "--set", f"folder={folder}",
                 expect=0)
        assert "everything.change" in home.cli("runbooks", "list", expect=0).stdout
        home.cli("runbooks", "lint", home.path / "config/lifeboat/runbooks/everything.yaml",
                 expect=0)
        asked = home.cli("run", "everything.change", "--system", "ev", "--set", "person=yes",
                         "--yes", expect=4)
        assert "Look at" in asked.stdout
        run = home.runs()[-1]
        refused = home.cli("runs", "answer", run, "look", "done")
        assert refused.returncode != 0, "an evidence that is asked for must be given"
        home.cli("runs", "answer", run, "look", "done", "--note", "a note", expect=0)
        until(lambda: home.json("runs", "show", run)["state"] == "succeeded", 20, "the run's end")
        log = (folder / "log").read_text().split("\n")
        assert log[:3] == ["stop", "room kitchen", "room attic"] or \
            log[:3] == ["stop", "room attic", "room kitchen"], log
        assert log[3:] == ["flaky", "flaky", "decided", "start", "proven", ""], log
        note = (folder / "note.txt").read_text()
        assert note == f"good evening from ev on {os.uname().nodename}\nrun {run}\n" \
            "size 10 of red {{braces}}\n", note
        assert (folder / "note.txt").stat().st_mode & 0o777 == 0o640
        states = {s["id"]: s for s in home.json("runs", "show", run)["steps"]}
        assert states["loud"]["state"] == "skipped" and states["flaky"]["attempts"] == 2
        answers = [e for e in home.events(run) if e["event"] == "answered"]
        assert answers[0]["by"] and answers[0]["note"] == "a note", answers
        home.cli("runs", "undo", run, "--yes", expect=0)
        assert sorted(p.name for p in folder.iterdir()) == ["log", "up"]


def test_a_warning_needs_a_reason():
    with Home(PROGRAM) as home:
        own_runbook(home, "everything.yaml", EVERYTHING.read_text())
        folder = home.path / "place"
        folder.mkdir()
        home.cli("systems", "add", "ev", "--type", "everything", "--set", f"folder={folder}",
                 expect=0)
        start = ("run", "everything.change", "--system", "ev", "--set", "mode=storm", "--yes")
        home.cli(*start, expect=4)
        assert not list(folder.iterdir()), "nothing may happen before go"
        done = home.cli(*start, "--accept", "storm=it is only a drill", expect=3)
        assert "warning" in done.stdout or "warned" in done.stdout, done.stdout
        shown = home.json("runs", "show", home.json("runs", "list")["runs"][0]["id"])
        assert shown["state"] == "warned" and "drill" in json.dumps(shown["warnings"])


def commands_in(plan_step, fills):
    """The argument lists of a planned step, slots filled as journalled."""
    def text(value):
        if isinstance(value, str):
            return value
        return "".join(p if isinstance(p, str) else fills[p["slot"]] for p in value["text"])
    for call in plan_step["calls"]:
        if call["call"] == "run":
            yield [call["program"], *map(text, call.get("arguments", call.get("args", [])))]


def test_the_plan_is_what_runs():
    with Home(PROGRAM) as home:
        bin_, record = home.path / "bin", home.path / "calls"
        bin_.mkdir()
        record.mkdir()
        bodies = {"list": "printf 'one\\ntwo words\\n'", "measure": "printf '{\"size\": 42}'"}
        for name in ("list", "measure", "each", "own", "undo", "never", "close"):
            path = bin_ / name
            path.write_text(STAND_IN.replace("$RECORD_FOLDER", str(record))
                            .format(name=path, body=bodies.get(name, "true")))
            path.chmod(0o755)
        own_runbook(home, "recorded.yaml", RECORDED.format(bin=bin_))
        home.cli("systems", "add", "rec", "--type", "recorded", "--set", f"folder={home.path}",
                 expect=0)
        planned = home.cli("plan", "recorded.change", "--system", "rec", expect=0).stdout
        made = home.json("runs", "list")["runs"][0]["id"]
        reads_only = {p.read_bytes().split(b"\0")[0].decode() for p in record.iterdir()}
        assert reads_only == {str(bin_ / "list")}, f"planning called {reads_only}"
        for path in record.iterdir():
            path.unlink()

        home.cli("run", "recorded.change", "--system", "rec", "--yes", expect=0)
        run = home.json("runs", "list")["runs"][0]["id"]
        assert run != made
        plan = json.loads((home.data / "runs" / run / "plan.json").read_text())
        frozen = json.loads((home.data / "runs" / made / "plan.json").read_text())
        assert plan == frozen, "two plans of the same thing must be equal"
        fills = {}
        for event in home.events(run):
            if event["event"] == "step_intended":
                fills.setdefault(event["step"], {}).update(event.get("fills", {}))
        expected = []
        for step in plan["steps"]:
            if step["id"] in fills:
                expected += list(commands_in(step, fills[step["id"]]))
        seen = [p.read_bytes().decode().split("\0")[:-1] for p in record.iterdir()]
        seen = [call for call in seen if call[0] != str(bin_ / "list")]
        assert sorted(seen) == sorted(expected), f"seen {seen}\nplanned {expected}"
        assert [str(bin_ / "each"), "two words", "--size=42"] in seen
        assert not any("never" in call[0] for call in seen)
        # Every call stands in the printed plan too, in its own words.
        flat = re.sub(r"\s+", " ", planned)
        for program in ("measure", "each", "own", "close", "undo"):
            assert str(bin_ / program) in flat, f"{program} is not in the printed plan"
        assert "‹steps.measure.outputs.size›" in flat and "‹run›" in flat


main(globals())
