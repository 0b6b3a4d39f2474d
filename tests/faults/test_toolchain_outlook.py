#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of toolchains without asking anybody, or nobody but an open keychain: the day on which
a region ends, with the system; which secrets a restore needs, with the restore point; and a point that
is verified without a key that nothing needs."""

import datetime
import json
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lifeboat import PROGRAM, Home, main  # noqa: E402
from test_secrets import Keyring  # noqa: E402
from toolchains import SYSTEM, Scene  # noqa: E402

SCHEMA = Path(__file__).resolve().parents[2] / "resources/schemas/restore-points.schema.json"
SECRET = json.loads(SCHEMA.read_text())["$defs"]["secret"]
ENDS = datetime.date(2027, 2, 12)  # of us-east, where the practice's toolchains are


def shown(home):
    """Of the newest point: what is said of its secrets, and the state of each by its name."""
    point = home.points()[0]["id"]
    text = home.cli("backups", "show", point, expect=0).stdout
    secrets = home.json("backups", "show", point)["secrets"]
    return text, {one["name"]: one["state"] for one in secrets}, secrets


def test_a_closing_region_stands_with_the_system():
    with Home(PROGRAM) as home:
        scene = Scene(home)
        asked = len(scene.requests())
        advice = home.json("systems", "show", SYSTEM)["advice"]
        assert home.json("systems", "list")["systems"][0]["advice"] == advice
        days = (ENDS - datetime.date.today()).days
        assert [one["ends_on"] for one in advice] == [ENDS.isoformat()], advice
        assert advice[0]["level"] == ("urgent" if days < 30 else "warning"), advice
        assert advice[0]["text"].startswith("us-east is "), advice
        assert "removed" in advice[0]["text"] and "12" in advice[0]["text"], advice
        if days > 1:
            assert f"in {days} days" in advice[0]["text"], advice
        for words in (("show", SYSTEM), ("list",)):
            said = home.cli("systems", *words, expect=0).stdout
            assert advice[0]["text"] in said and SYSTEM in said, said
        assert len(scene.requests()) == asked, "the network was asked"
        # Toolchains of a region that stays have nothing to be said.
        stays = [one.replace("us-east", "eu-de")
                 for one in home.json("systems", "show", SYSTEM)["inputs"]["toolchain"]]
        home.cli("systems", "set", SYSTEM, f"toolchain={json.dumps(stays)}", expect=0)
        assert home.json("systems", "show", SYSTEM)["advice"] == []
        assert "us-east is" not in home.cli("systems", "list", expect=0).stdout


def test_a_point_says_which_secrets_it_needs():
    with Home(PROGRAM) as home:
        Scene(home).save(expect=3)
        text, states, secrets = shown(home)
        by_hand = [one for one in secrets if one["source"] == "person"]
        places = [one for one in secrets if one["part"] and one not in by_hand]
        assert by_hand and len(places) >= 3, secrets
        assert {"ibm_api_key", "git_token"} <= set(states), states
        assert all(one["title"] for one in secrets), secrets
        for one in secrets:
            assert set(one) == set(SECRET["required"]), one
            for key in ("source", "state"):
                assert one[key] in SECRET["properties"][key]["enum"], one
        # Without a keychain that is no error, and nothing is said to be missing.
        assert {states[one["name"]] for one in places} == {"absent"}, states
        assert f"{len(secrets)} secrets for a restore" in text and "there is no keychain" in text, text
        assert f"{len(by_hand)} by hand" in text and "Secret missing" not in text, text

        keyring = Keyring(home)
        kept, printed, *missing = [one["name"] for one in places]
        home.cli("secrets", "set", SYSTEM, kept, stdin="canary-kept", expect=0)
        home.cli("secrets", "set", SYSTEM, printed, "--program", '["false"]', expect=0)
        text, states, secrets = shown(home)
        assert states[kept] == "present" and states[printed] == "program", states
        assert {states[name] for name in missing} <= {"missing"}, states
        assert "1 in the keychain" in text and "canary" not in text, text
        for name in missing:
            assert f"Secret missing: {name} (" in text, text
        listed = {one["name"]: one["state"]
                  for one in home.json("secrets", "list", SYSTEM)["secrets"]}
        assert {name: listed[name] for name in [kept, *missing]} == \
            {name: states[name] for name in [kept, *missing]}, (listed, states)

        keyring.daemon.send_signal(signal.SIGSTOP)
        begun = time.monotonic()
        text, states, _ = shown(home)
        assert time.monotonic() - begun < 12, "two commands with 3 s for the keychain each"
        assert states[kept] == "frozen" and "does not answer" in text, text
        keyring.daemon.send_signal(signal.SIGCONT)
        keyring.stop()
        keyring.start(locked=True)
        text, states, _ = shown(home)
        assert states[kept] == "locked" and "the keychain is locked" in text, text
        assert f"secrets list {SYSTEM}" in text, text


def test_looking_opens_no_prompt():
    """A keychain that is not running is not started to look: it would ask to be unlocked."""
    with Home(PROGRAM) as home:
        Scene(home).save_one(expect=(0, 3))
        Keyring(home, "none")
        text, states, secrets = shown(home)
        assert {states[one["name"]] for one in secrets if one["source"] == "keychain"} == \
            {"unknown"}, states
        assert "only a prompt of the keychain could tell" in text, text


def test_no_key_is_asked_for_where_nothing_is_encrypted():
    with Home(PROGRAM) as home:
        scene = Scene(home)
        scene.save_one(expect=(0, 3))
        first = home.points()[0]["id"]
        told = home.cli("backups", "verify", first, "--open", expect=0).stdout
        assert "no key was needed" in told and "read in full" in told, told
        scene.save_one(expect=(0, 3))
        home.cli("backups", "diff", first, home.points()[0]["id"], "--open", expect=0)
        home.cli("backups", "files", first, "--open", expect=0)


if __name__ == "__main__":
    main(globals())
