# SPDX-License-Identifier: GPL-3.0-or-later
"""An installation of Alien4Cloud on a real Elasticsearch server, for tests, and what they do with it."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "servers"))

from alien4cloud import Alien4Cloud, add_foreign_index  # noqa: E402
from alien_rest import AlienRest  # noqa: E402
from compare import all_documents, all_files, difference  # noqa: E402
from elasticsearch import Elasticsearch, why_not  # noqa: E402
from lifeboat import FULL, Skip, until  # noqa: E402
from test_encrypted import Key, recipients  # noqa: E402

SEED = 20261122
SAMPLES = 3
DOCUMENTS = 200_000 if FULL else 2_000
SIZE = 2_000_000_000 if FULL else 20_000_000
HOST = os.uname().nodename
NAME = "cloud"
# Must never be seen outside of what may hold it.
PASSWORD = "-".join(("CANARY", "rest", "94c1"))


def words(command):
    return json.dumps([str(word) for word in command])


class Scene:
    """An installation with its cluster and its share, and a system that knows them."""

    def __init__(self, home, server, share, documents=DOCUMENTS, size=SIZE, **more):
        self.home, self.server, self.share = home, server, share
        self.alien = Alien4Cloud(server, home.path / "alien", documents=documents, size=size)
        self.alien.make()
        self.foreign = add_foreign_index(server)
        self.rest = AlienRest(home.path / "rest", elasticsearch=server.url,
                              alien_dir=self.alien.data, password=PASSWORD)
        self.daily, recovery = Key(home, "daily"), Key(home, "recovery")
        recipients(home, "--recipient", self.daily.recipient, "--recovery-recipient",
                   recovery.recipient)
        self.add_system(more)
        self.text = f"{NAME}@{HOST}"
        self.accept = [] if server.is_old() else ["--accept", "cluster=a later version"]
        self.good = 0 if server.is_old() else 3

    def add_system(self, more):
        home = self.home
        extra = [name for name in self.alien.indices() if name not in self.known()]
        values = {"elasticsearch_url": self.server.url, "cluster_name": self.server.cluster_name,
                  "alien_dir": self.alien.data, "config_dir": self.alien.config,
                  "snapshot_dir": self.share, "alien_url": self.rest.url,
                  "start_command": words(self.rest.command("start")),
                  "stop_command": words(self.rest.command("stop")), **more}
        sets = [f"{key}={value}" for key, value in values.items()]
        sets += [f"extra_index={name}" for name in extra]
        home.cli("systems", "add", NAME, "--type", "alien4cloud",
                 *[word for one in sets for word in ("--set", one)], expect=0)
        home.cli("secrets", "set", NAME, "age_identity", "--program",
                 f'["cat", "{self.daily.file}"]', expect=0)

    def known(self):
        """The indices of Alien that Lifeboat knows by itself: those of 1.7."""
        from alien4cloud import layout
        return {name for name, *_ in layout(True)}

    def save(self, *more, **how):
        return self.home.cli("run", "alien4cloud.save", "--system", NAME, "--yes", *self.accept,
                             *more, **how)

    def restore(self, *more, **how):
        return self.home.cli("run", "alien4cloud.restore", "--system", NAME, "--restore-point",
                             "latest", "--confirm", self.text, "--yes", *self.accept, *more, **how)

    def state(self):
        """Every document and file, but for those that go away by themselves or while Alien runs."""
        return (all_documents(self.server, expiring=False), all_files(self.alien.data))

    def own_traces(self):
        """What runs have left in the cluster and in the share."""
        left = [name for name in self.server.call("GET", "/_cluster/state/metadata")
                ["metadata"]["indices"] if name.startswith("rehearse")]
        left += [name for name in self.server.call("GET", "/_snapshot/_all")]
        return left + [path.name for path in self.share.iterdir() if path.name != "tests"]


def compare(before, after, what):
    left = difference(before[0], after[0]) + difference(before[1], after[1])
    # The folder itself is a new one; what an exclusion left out is not there.
    left = [line for line in left if not line.startswith(("upload", "elasticsearch", ".: "))]
    assert not left, (what, left[:10])


def by_hand(scene, point):
    """The commands of RESTORE.md bring the indices back, without Lifeboat; of those that it closes
    only what is there."""
    part = (point / "RESTORE.md").read_text().split("### Part indices", 1)[1]
    script = "set -e\n" + "".join(re.findall(r"```sh\n(.*?)```", part.split("### Part", 1)[0],
                                             re.DOTALL))
    script = script.replace("/path/to/the/share/by-hand", str(scene.share / "by-hand"))
    script = script.replace("http://127.0.0.1:9200", scene.server.url)
    close = next(line for line in script.splitlines() if "_close" in line)
    live = scene.server.call("GET", "/_cluster/state/metadata")["metadata"]["indices"]
    names = re.search(r"ES/([^/]*)/_close", close)[1]
    there = ",".join(name for name in names.split(",") if name in live)
    script = script.replace(close, close.replace(names, there))
    done = subprocess.run(["bash", "-c", script], cwd=point, text=True, capture_output=True,
                          check=False)
    assert done.returncode == 0, (script, done.stdout, done.stderr)
    scene.server.call("GET", "/_cluster/health?wait_for_status=yellow&timeout=60s")


def start(version="1.7.6", **how):
    if reason := why_not(version):
        raise Skip(reason)
    return Elasticsearch(version, **how)


def dies(scene, words, mark):
    """Starts a run, kills the cluster when `mark` stands in its journal, and starts it again; the run's
    id when it has ended well."""
    home, server = scene.home, scene.server
    server.call("POST", "/_flush")  # 1.7 syncs what it was told only every five seconds
    known = home.runs()
    going = subprocess.Popen([home.program, "run", *words, "--yes"], env=home.environment,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def is_there():
        journals = [home.data / "runs" / run / "journal.jsonl" for run in home.runs()
                    if run not in known]
        return any(mark in journal.read_bytes() for journal in journals if journal.exists())
    until(is_there, 60, f"{mark} in the journal")
    server.kill9()
    time.sleep(2)
    server.start()
    server.call("GET", "/_cluster/health?wait_for_status=yellow&timeout=60s")
    told, _ = going.communicate(timeout=240)
    run = [one for one in home.runs() if one not in known][-1]
    shown = home.json("runs", "show", run)
    assert shown["state"] in ("succeeded", "warned"), (mark, shown["state"], told[-3000:])
    subprocess.run(scene.rest.command("stop"), check=True)
    return run


def asked(scene):
    """From now on Alien itself is asked what it has."""
    scene.home.cli("systems", "set", NAME, "alien_user=admin", expect=0)
    file = scene.home.path / "alien_password"
    file.write_text(PASSWORD)
    scene.home.cli("secrets", "set", NAME, "alien_password", "--program",
                   json.dumps(["cat", str(file)]), expect=0)


def no_canary(home):
    """The password is in no file of Lifeboat's."""
    found = [path for path in home.data.rglob("*") if path.is_file() and
             PASSWORD.encode() in path.read_bytes()]
    assert not found, found
