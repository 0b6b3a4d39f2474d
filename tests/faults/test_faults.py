# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the machine and of its people, made for real: two runs on one target (F10), a front end
that aborts (F12), damaged journals (F3, F4) and restore points (F13), missing programs (F33), and
SIGTERM, pause and cancel of a run."""

import json
import os
import random
import shutil
import signal
import stat
import subprocess
import time

from lifeboat import FULL, IDENTITY, PROGRAM, Home, digest, main, until
from shop import Scene, ends, partial, runner_of

SEED = 20261121


# ---- Two runs on one target ------------------------------------------------------------------

def test_second_run_on_the_same_target():
    with Home(PROGRAM) as home:
        scene = Scene(home)
        home.cli("systems", "add", "other", "--type", "files", "--set", f"folder={scene.tree}/a",
                 expect=0)
        home.cli("run", "files.save", "--system", "other", "--yes", expect=(0, 3))
        text = home.json("systems", "show", "other")["identity"]["pinned"]["text"]
        good = digest(scene.tree / "a")
        (scene.tree / "a/file1").write_text("damaged")
        first = scene.hold()
        owner = runner_of(home, first)
        damaged = digest(scene.tree / "a")
        restore = ("run", "files.restore", "--system", "other", "--yes", "--confirm", text)
        refused = home.cli(*restore, expect=1)
        for part in (first, str(owner), os.uname().nodename):
            assert part in refused.stdout + refused.stderr, f"{part}: {refused.stdout}"
        assert digest(scene.tree / "a") == damaged
        # Another account of the same person's, with its own data folder, is refused as well.
        with Home(PROGRAM) as stranger:
            stranger.cli("systems", "add", "it", "--type", "files", "--set",
                         f"folder={scene.tree}", expect=0)
            own = stranger.path / "config/lifeboat/runbooks/own.change.yaml"
            own.parent.mkdir(parents=True)
            own.write_text(CHANGE)
            stranger.cli("systems", "add", "own", "--type", "own", "--set",
                         f"folder={scene.tree}", expect=0)
            said = stranger.cli("run", "own.change", "--system", "own", "--yes", expect=1)
            assert "in use" in said.stdout + said.stderr, said.stdout + said.stderr
            assert digest(scene.tree / "a") == damaged
        os.kill(owner, signal.SIGKILL)
        begun = time.monotonic()
        home.cli("version")
        usual = time.monotonic() - begun
        until(lambda: not any(l["run"] == first for l in home.json("leases", "list")["leases"]),
              2 + 4 * usual, "the dead owner's lease to be free")
        scene.release()
        home.cli(*restore, expect=(0, 3))
        assert digest(scene.tree / "a") == good


CHANGE = """\
lifeboat: 1
id: own.change
system: own
purpose: change
title: Change something
inputs:
  folder: {type: path, required: true, title: Folder}
""" + IDENTITY + """\
steps:
  - id: touch
    run: {program: touch, args: ["{{ inputs.folder }}/changed"]}
    effect: change
    resume: repeat
    undo: {run: {program: rm, args: [-f, "{{ inputs.folder }}/changed"]}}
"""


def test_front_end_aborts():
    """SIGABRT of the command line that follows: the run ends by itself, and can be followed."""
    with Home(PROGRAM) as home:
        scene = Scene(home)
        (scene.service / "hold").touch()
        before, calls = set(home.runs()), len(scene.log())
        child = subprocess.Popen([PROGRAM, "run", "files.save", "--system", "shop", "--yes"],
                                 env=home.environment, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, cwd=home.path)
        until(lambda: len(scene.log()) > calls, 30, "the service to be stopped")
        run = [r for r in home.runs() if r not in before][0]
        child.send_signal(signal.SIGABRT)
        child.communicate()
        assert child.returncode == -signal.SIGABRT
        assert home.json("runs", "show", run)["state"] == "running"
        scene.release()
        ends(home, run, "succeeded")
        assert scene.is_on() and not partial(home.store())
        attempts = [e for e in home.events(run) if e["event"] == "step_intended"]
        assert len({e["step"] for e in attempts}) == len(attempts)


# ---- Damaged journals ------------------------------------------------------------------------

def journal_scene(home):
    scene = Scene(home)
    run = home.runs()[0]
    path = home.data / "runs" / run / "journal.jsonl"
    return run, path, path.read_bytes()


def verified(home, run):
    done = home.cli("runs", "verify", run, "--json")
    assert done.returncode in (0, 1), f"exit {done.returncode}: {done.stderr}"
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def test_journal_is_cut():
    """Cut anywhere: a clean prefix; what is left of the last line is set aside and counted."""
    with Home(PROGRAM) as home:
        run, path, whole = journal_scene(home)
        assert verified(home, run)[0] == 0
        places = range(len(whole)) if FULL else sorted(
            random.Random(SEED).sample(range(1, len(whole)), 12))
        for place in places:
            path.write_bytes(whole[:place])
            prefix = whole[:place].rfind(b"\n") + 1
            status, report, said = verified(home, run)
            if prefix == 0:
                assert status == 1 or report["events"] == 0, f"{place}: {report}{said}"
                continue
            assert status == 0, f"{place}: {report}{said}"
            assert report["events"] == whole[:prefix].count(b"\n"), f"{place}: {report}"
            assert report["torn_bytes"] == place - prefix, f"{place}: {report}"
            shown = home.json("runs", "show", run)["state"]
            assert shown in ("interrupted", "draft"), f"{place}: {shown}"
            assert path.read_bytes() == whole[:place], f"{place}: looking changed the journal"


def test_journal_has_flipped_bits():
    """Every flip is told with the number of its line, and the run is not continued."""
    with Home(PROGRAM) as home:
        run, path, whole = journal_scene(home)
        dice = random.Random(SEED)
        for turn in range(1000 if FULL else 16):
            place, bit = dice.randrange(len(whole)), 1 << dice.randrange(8)
            damaged = bytearray(whole)
            damaged[place] ^= bit
            path.write_bytes(damaged)
            line = whole[:place].count(b"\n") + 1
            status, report, said = verified(home, run)
            where = f"byte {place} (line {line}) xor {bit}"
            if place == len(whole) - 1:
                # The last line has lost its end: it counts as not written.
                assert status == 0 and report["torn_bytes"] > 0, f"{where}: {report}"
                continue
            assert status == 1, f"{where}: silently taken: {report}"
            problems = " ".join(report["problems"]) if report else said
            assert f"ine {line} " in problems, f"{where}: {problems}"
            if turn % 8:
                continue
            refused = home.cli("runs", "resume", run)
            assert refused.returncode == 1 and f"ine {line} " in refused.stderr, refused.stderr
            shown = home.cli("runs", "show", run, expect=0).stdout
            assert "DAMAGED" in shown, shown
            assert path.read_bytes() == damaged, f"{where}: the damaged journal was changed"


# ---- Damaged restore points ------------------------------------------------------------------

def flip(path, dice):
    whole = bytearray(path.read_bytes())
    place = dice.randrange(len(whole))
    whole[place] ^= 1 << dice.randrange(8)
    mode = path.stat().st_mode
    path.chmod(stat.S_IMODE(mode) | stat.S_IWUSR)
    path.write_bytes(whole)
    path.chmod(stat.S_IMODE(mode))
    return place


def test_restore_point_has_flipped_bits():
    with Home(PROGRAM) as home:
        scene = Scene(home)
        (scene.tree / "a/file1").write_bytes(b"damaged")
        damaged = digest(scene.tree)
        folder = home.store() / "shop" / scene.point
        keep = home.path / "keep"
        shutil.copytree(folder, keep)
        files = sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
        files = [f for f in files if f.suffix != ".lock" and "proof" not in f.name]
        assert any("manifest" in f.name for f in files) and len(files) >= 3, files
        dice = random.Random(SEED)
        for turn in range(125 if FULL else 1):
            for name in files:
                place = flip(folder / name, dice)
                where = f"{name} at {place}"
                calls = scene.log()
                found = home.cli("backups", "verify", scene.point)
                assert found.returncode == 1, f"{where}: exit {found.returncode}\n{found.stdout}"
                said = found.stdout + found.stderr
                # A damaged list of sums can only be told by what it does not list right any more.
                names = [f.name for f in files] if name.name == "SHA256SUMS" else [name.name]
                assert any(n in said for n in names), f"{where} is not named: {said}"
                if turn == 0:
                    listed = [p for p in home.points() if p["id"] == scene.point]
                    assert not listed or listed[0]["proof"]["level"] in ("listed", None) or \
                        listed[0]["completeness"] != "complete", f"{where}: {listed}"
                shutil.rmtree(folder)
                shutil.copytree(keep, folder)
                flip_again = random.Random(place)
                flip(folder / name, flip_again)
                done = scene.restore()
                needed = name.parts[0] == "parts" or "manifest" in name.name
                if needed:
                    assert done.returncode in (1, 2), f"{where}: exit {done.returncode}"
                    assert digest(scene.tree) == damaged, f"{where}: the live folder changed"
                    assert scene.log() == calls, f"{where}: the service was stopped"
                elif digest(scene.tree) != damaged:
                    assert digest(scene.tree) == scene.good, f"{where}: something else restored"
                    run = home.json("runs", "list")["runs"][0]["id"]
                    home.cli("runs", "undo", run, "--yes", "--confirm", scene.text, expect=(0, 3))
                    assert digest(scene.tree) == damaged
                shutil.rmtree(folder)
                shutil.copytree(keep, folder)


# ---- Missing programs ------------------------------------------------------------------------

def test_programs_that_cannot_run():
    """Each is named by a check before any change; one in a folder with spaces is found."""
    with Home(PROGRAM) as home:
        scene = Scene(home)
        plain = home.path / "not-executable"
        plain.write_text("#!/bin/sh\n")
        folder = home.path / "a-folder"
        folder.mkdir()
        dangling = home.path / "dangling"
        dangling.symlink_to("nowhere")
        known = [p["id"] for p in home.points()]
        for program in (home.path / "not-there", plain, folder, dangling, "no-such-program-at-all"):
            for which in ("quiesce_command", "resume_command"):
                before = home.json("systems", "show", "shop")["inputs"][which]
                home.cli("systems", "set", "shop",
                         f"{which}={json.dumps([str(program), 'x'])}", expect=0)
                calls = scene.log()
                for action in (scene.save, scene.restore):
                    refused = action(expect=1)
                    assert str(program) in refused.stdout + refused.stderr, refused.stdout
                    assert scene.log() == calls, f"{which} {program}: the other was run"
                home.cli("systems", "set", "shop", f"{which}={json.dumps(before)}", expect=0)
        assert [p["id"] for p in home.points()] == known and digest(scene.tree) == scene.good
        spaced = home.path / "a b/the switch"
        spaced.parent.mkdir()
        shutil.copy(home.path / "switch", spaced)
        home.cli("systems", "set", "shop", "quiesce_command=" +
                 json.dumps([str(spaced), str(scene.service), "off"]), expect=0)
        scene.save(expect=0)


# ---- Signals and commands --------------------------------------------------------------------

def test_sigterm_stops_at_a_safe_point():
    with Home(PROGRAM) as home:
        scene = Scene(home)
        run = scene.hold()
        runner = runner_of(home, run)
        calls = scene.log()
        os.kill(runner, signal.SIGTERM)
        scene.release()
        until(lambda: runner not in home.processes(), 20, "the runner to stop")
        state = home.json("runs", "show", run)["state"]
        assert state == "interrupted", f"{state}: {home.events(run)[-4:]}"
        assert scene.log() == calls, "a step began after the stop"
        ended = [e for e in home.events(run) if e.get("step") == "quiesce"
                 and e["event"] == "step_succeeded"]
        assert len(ended) == 1, "the step that was open has ended and is on record"
        listed = home.cli("runs", "list", expect=0)
        assert "interrupted" in listed.stdout + listed.stderr
        home.cli("runs", "resume", run, expect=0)
        assert scene.is_on() and scene.log().count("off") == calls.count("off")
        assert len(home.points()) == 2


def test_ctrl_c_leaves_the_run_going():
    """It ends the following, with no person there to be asked; the run is not touched by it."""
    with Home(PROGRAM) as home:
        scene = Scene(home)
        run = scene.hold()
        follower = subprocess.Popen([PROGRAM, "runs", "resume", run], env=home.environment,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, cwd=home.path)
        # The line about the step comes from the watch, which is there from then on.
        until(lambda: "quiesce" in follower.stdout.readline(), 20, "the follower to follow")
        follower.send_signal(signal.SIGINT)
        os.kill(runner_of(home, run), signal.SIGINT)  # what a terminal sends to all of its own
        output, _ = follower.communicate(timeout=20)
        assert "The run goes on" in output, f"{follower.returncode}: {output}"
        assert home.json("runs", "show", run)["state"] == "running"
        scene.release()
        ends(home, run, "succeeded")
        assert scene.is_on()


def test_pause_and_resume():
    with Home(PROGRAM) as home:
        scene = Scene(home)
        run = scene.hold()
        home.cli("runs", "pause", run, expect=0)
        scene.release()
        until(lambda: home.json("runs", "show", run)["state"] == "paused", 20, "the pause")
        assert scene.log()[-1] == "off"
        assert f"runs resume {run}" in home.cli("runs", "show", run, expect=0).stdout
        home.cli("runs", "resume", run, expect=0)
        assert home.json("runs", "show", run)["state"] == "succeeded"
        assert scene.is_on() and len(home.points()) == 2


def test_cancel_of_a_save():
    """The service is started again, no partial restore point is left, exit 5."""
    with Home(PROGRAM) as home:
        scene = Scene(home)
        known = [p["id"] for p in home.points()]
        run = scene.hold()
        follower = subprocess.Popen([PROGRAM, "runs", "resume", run], env=home.environment,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                    cwd=home.path)
        home.cli("runs", "cancel", run, "--yes", expect=0)
        output, _ = follower.communicate(timeout=60)
        assert follower.returncode == 5, f"{follower.returncode}: {output}"
        assert home.json("runs", "show", run)["state"] == "cancelled"
        asked = [e for e in home.events(run) if e["event"] == "cancel_requested"]
        assert len(asked) == 1
        for part in ("afterwards the service is up", "No restore point", "half done"):
            assert part in asked[0]["leaves"], asked[0]["leaves"]
        assert scene.is_on(), "cancelling a save starts the service again"
        assert not partial(home.store()) and [p["id"] for p in home.points()] == known
        assert not home.json("obligations", "list")["obligations"]
        again = home.cli("runs", "cancel", run, "--yes")
        assert again.returncode != 0 and "ended" in again.stderr
        until(lambda: not home.processes(), 10, "all processes to end")


main(globals())
