#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of toolchains without asking anybody: the day on which a region ends, with the
system."""

import datetime
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lifeboat import PROGRAM, Home, main  # noqa: E402
from toolchains import SYSTEM, Scene  # noqa: E402

ENDS = datetime.date(2027, 2, 12)  # of us-east, where the practice's toolchains are


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


if __name__ == "__main__":
    main(globals())
