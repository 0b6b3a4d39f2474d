#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of toolchains that a person has made in the browser, only when asked to: found by name and
time, never taken for one that was there before; the address with the token stays to be undone."""

import sys
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from copies import NAMES  # noqa: E402
from lifeboat import main, until  # noqa: E402
from toolchains import (TARGET, RecordedHome, Scene, files_with_secrets,  # noqa: E402
                        secrets_in)

NAME = NAMES[0]
ASKS = f"open[{NAME}]"


def opened(scene, said):
    """The page that the text names, with the token at its end; its button makes the toolchain."""
    address = next(word for word in said.split() if word.startswith("/devops/setup/deploy"))
    fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query,
                                         keep_blank_values=True))
    assert fields["env_id"] == f"ibm:yp:{TARGET}" and not fields["repository_token"], fields
    form = {**fields, "autocreate": "true",
            "repository_token": (scene.folder / "git_token").read_text(),
            "resourceGroupId": scene.state()["toolchains"][0]["resource_group_id"]}
    login = urllib.parse.urlencode({"apikey": "canary-api-key",
                                    "grant_type": "urn:ibm:params:oauth:grant-type:apikey"})
    base = f"http://127.0.0.1:{scene.port}"
    with urllib.request.urlopen(f"{base}/identity/token", login.encode(), timeout=10) as answer:
        token = answer.read().decode().split('"access_token":"')[1].split('"')[0]
    request = urllib.request.Request(
        f"{base}/devops/setup/deploy?env_id={fields['env_id']}",
        urllib.parse.urlencode(form).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/x-www-form-urlencoded"})
    urllib.request.urlopen(request, timeout=10).close()


def asked(scene):
    """A restore that waits for somebody with a browser: its id and what it says."""
    told = scene.restore(NAME, more=("--set", "by_browser=yes"), expect=4)
    run = scene.home.begun_runs()[-1]
    return run, " ".join(told.stdout.split())


def answered(scene, run):
    home = scene.home
    home.cli("runs", "answer", run, ASKS, "done", expect=(0, 1, 3))
    until(lambda: home.json("runs", "show", run)["state"] in ("warned", "failed"), 60, "the end")
    return home.json("runs", "show", run)


def test_made_by_a_person():
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save(expect=3)
        before = len(scene.requests())
        run, said = asked(scene)
        assert not scene.copies(), "made although a person was to do it"
        opened(scene, said)
        shown = answered(scene, run)
        assert shown["state"] == "warned", shown
        assert len(scene.copies(NAME)) == 1
        # Whoever opened it knows where the address is; project and token are gone.
        assert scene.owed() == [f"address[{NAME}]"], scene.owed()
        assert not scene.projects() and not scene.live_tokens()
        posts = [one for one in scene.requests()[before:] if "/setup/deploy" in one["target"]]
        assert len(posts) == 1, "Lifeboat asked as well"
        assert not [one for one in scene.requests() if secrets_in(one["target"].encode())]
        assert not files_with_secrets(home.path, but=scene.folder.parent)
        assert not [text for text in home.said if secrets_in(text.encode())]
        home.cli("obligations", "discharge", run, f"address[{NAME}]", "--note", "deleted", expect=0)
        scene.is_clean("the browser")


def test_not_made():
    with RecordedHome() as home:
        scene = Scene(home)
        scene.save(expect=3)
        run, _ = asked(scene)
        shown = answered(scene, run)
        assert shown["state"] == "failed", shown
        said = home.cli("runs", "show", run).stdout
        assert "since the run began" in " ".join(said.split()), said
        assert not scene.copies() and not scene.projects() and not scene.live_tokens()


if __name__ == "__main__":
    main(globals())
