# SPDX-License-Identifier: GPL-3.0-or-later
"""Each check of an Alien4Cloud system and each error of its cluster (systems/alien4cloud.md §5.5 and
§6), provoked on real Elasticsearch servers where they show it, else on the simulator: what is said
names the target, the cause and a remedy, and nothing live has changed. Many cases share a server;
what somebody else does at the wrong moment, a server in between does."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from between import Between
from cloud import NAME, Scene, asked, compare, start
from alien4cloud import write_zip
from compare import all_documents, difference
from elasticsearch import Elasticsearch, why_not
from lifeboat import PROGRAM, Home, Skip, main, until
from test_clock import DAY, Clock
from test_disks import Disk
from test_migration import migration
from test_practice import SYSTEM, need_age

SAVE, RESTORE, MIGRATE = "alien4cloud.save", "alien4cloud.restore", "alien4cloud.migrate"
LATEST = ("--restore-point", "latest")
CREATE = r"PUT /_snapshot/([^/]+)/([^/?]+)\?.*"
BEGIN = r"POST /_snapshot/([^/]+)/([^/?]+)/_restore\?.*"
KEPT = "lifeboat-kept-"
# Not the repository that a check makes for a moment.
REGISTER = rf"PUT /_snapshot/(?!lifeboat-check|{KEPT})([^/?]+)(\?verify=false)?"
DISK = "cluster.routing.allocation.disk."


def holds(text, *parts):
    for part in parts:
        assert str(part) in text, f"“{part}” is not in: {text}"


class Checks:
    """Checks of one system; `told` are those that did not pass, by id."""

    def __init__(self, home, *fixed, book=SAVE):
        self.home, self.fixed, self.book = home, fixed, book

    def ask(self, *more, **how):
        done = self.home.cli("check", self.book, "--system", NAME, *self.fixed, *more, "--json", **how)
        self.said = done.stderr
        assert done.stdout, (done.returncode, done.stderr)
        shown = json.loads(done.stdout)
        told = {one["id"]: one for one in shown["checks"] if one["verdict"] != "passed"}
        worst = {one["verdict"] for one in told.values()}
        self.status = 1 if "failed" in worst or "lifeboat-cli: Cannot" in done.stderr else \
            3 if worst else 0
        assert done.returncode == self.status, (done.returncode, told, done.stderr)
        return told

    def good(self, *more):
        assert self.ask(*more) == {}, self.ask(*more)

    def tells(self, check, target, cause, remedy, *more, verdict="failed", also=(), **how):
        """This check alone (and those of `also`) does not pass, for that reason."""
        told = self.ask(*more, **how)
        assert set(told) == {check, *also}, (check, told, self.said)
        one = told[check]
        assert one["verdict"] == verdict, one
        holds(one["evidence"], *([target] if isinstance(target, (str, Path)) else target), cause)
        holds(one["hint"], remedy)
        return told

    def cannot(self, target, cause, remedy, *more):
        """Without an answer there is not even a plan."""
        assert self.ask(*more) == {}
        assert self.status == 1, self.said
        holds(self.said, "lifeboat-cli: ", target, cause, remedy)


def failure(home, step, target, cause, remedy, done):
    """The last run has failed at this step, for that reason, and says so."""
    run = home.runs()[-1]
    assert done.returncode == 1, (done.returncode, done.stdout[-2000:])
    assert home.json("runs", "show", run)["state"] == "failed", done.stdout[-2000:]
    errors = {one["step"]: one["error"] for one in home.events(run) if one["event"] == "step_failed"}
    assert step in errors, (errors, done.stdout[-2000:])
    error = errors[step]
    what = f"{error['summary']}: {error.get('detail', '')}"
    holds(what, *([target] if isinstance(target, (str, Path)) else target), cause)
    holds(error.get("advice", ""), remedy)
    holds(done.stderr, f"lifeboat-cli: {step}: {error['summary']}", error.get("advice"))
    return errors


@contextlib.contextmanager
def changed(file, old, new):
    text = file.read_text()
    assert old in text, (file, old)
    file.write_text(text.replace(old, new))
    try:
        yield
    finally:
        file.write_text(text)


def setting(server, **values):
    server.call("PUT", "/_cluster/settings", {"transient": values})


def opened(server, index):
    server.call("POST", f"/{index}/_open")
    server.call("GET", f"/_cluster/health/{index}?wait_for_status=yellow&timeout=30s")


def hold(server, share, kind="snapshot"):
    """Work of somebody else that takes long."""
    server.call("PUT", "/_snapshot/held", {"type": "fs", "settings": {
        "location": str(share / "held"), f"max_{kind}_bytes_per_sec": "10kb"}})
    if kind == "snapshot":
        server.call("PUT", "/_snapshot/held/held?wait_for_completion=false",
                    {"indices": "toscaelement"})
        return
    # An index of their own: Alien's are closed when we restore.
    server.call("PUT", "/_snapshot/held/held?wait_for_completion=true", {"indices": "foreign-shop"})
    server.call("POST", "/_snapshot/held/held/_restore?wait_for_completion=false", {
        "indices": "foreign-shop", "rename_pattern": "(.+)", "rename_replacement": "their_$1"})


def let_go(server, share, kind="snapshot"):
    if kind == "restore":
        server.call("DELETE", "/their_foreign-shop")
    server.call("DELETE", "/_snapshot/held/held")
    server.call("DELETE", "/_snapshot/held")
    shutil.rmtree(share / "held")


def blind(server, node, folder):
    """This node has a folder of its own where the others have theirs."""
    plain = server.command

    def command(one):
        if one != node:
            return plain(one)
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                'mount -t tmpfs tmpfs "$0" && mkdir -p "$0/nodes-only" && exec "$@"', str(folder),
                *plain(one)]
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        raise Skip("a node cannot get a mount of its own here")
    server.command = command


# ---- Checks -----------------------------------------------------------------------------------

def test_checks():
    if reason := why_not("1.7.6"):
        raise Skip(reason)
    with Home(PROGRAM) as home:
        share, remote = home.path / "share", home.path / "remote"
        server = Elasticsearch("1.7.6", path_repo=[share, remote])
        blind(server, 0, remote)
        with server:
            scene = Scene(home, server, share, documents=400, size=1_000_000)
            before, foreign = scene.state(), all_documents(server, [scene.foreign])
            checks = Checks(home)
            checks.good()
            the_cluster(checks, scene)
            the_share(checks, scene, remote)
            the_indices(checks, scene)
            the_configuration(checks, scene)
            the_files(checks, scene)
            alien_runs(checks, scene)
            checks.good()
            compare(before, scene.state(), "only looked at")
            assert all_documents(server, [scene.foreign]) == foreign
            assert scene.own_traces() == [], scene.own_traces()
            before_a_restore(scene)
            without_path_repo(checks, scene)


def the_cluster(checks, scene):
    server, address = scene.server, scene.server.url
    checks.cannot("http://127.0.0.1:9/", "Connection refused", "9200",
                  "--set", "elasticsearch_url=http://127.0.0.1:9")
    transport = f"http://127.0.0.1:{server.transport_ports[0]}"
    checks.cannot(transport, "Connection closed", "the port 9300",
                  "--set", f"elasticsearch_url={transport}")
    subprocess.run(scene.rest.command("start"), check=True)
    checks.cannot(scene.rest.url, "404", "elasticsearch_url",
                  "--set", f"elasticsearch_url={scene.rest.url}")
    subprocess.run(scene.rest.command("stop"), check=True)
    # The first that answers is taken.
    checks.good("--set", "elasticsearch_url=http://127.0.0.1:9", "--set",
                f"elasticsearch_url={address}")
    told = checks.tells("cluster", address, "is called escluster, and other was expected",
                        "Correct elasticsearch_url or cluster_name", "--set", "cluster_name=other",
                        verdict="warned", also=["config"])
    holds(told["config"]["evidence"], "alien4cloud-config.yml names the cluster escluster")
    holds(told["config"]["hint"], "Correct cluster_name")

    server.call("PUT", "/half", {"settings": {
        "number_of_shards": 1, "index.routing.allocation.require._name": "nobody"}})
    checks.tells("health", [address, "half"], "is red: a primary shard is missing", "_cat/shards")
    server.call("DELETE", "/half")

    hold(server, scene.share)
    checks.tells("idle", [address, "snapshot held in repository held"], "is busy", "Wait for it")
    let_go(server, scene.share)
    hold(server, scene.share, "restore")
    # On 1.7 what is being restored is red.
    told = checks.ask()
    assert set(told) == {"idle", "health"}, told
    holds(told["idle"]["evidence"], address, "is busy", "restore from repository held")
    holds(told["idle"]["hint"], "Wait for it")
    holds(told["health"]["evidence"], "their_foreign-shop")
    let_go(server, scene.share, "restore")


def the_share(checks, scene, remote):
    server, share = scene.server, scene.share
    outside = scene.home.path / "outside"
    outside.mkdir()
    checks.tells("share", [outside, "n1 has"], "is not in path.repo of 1 node",
                 "alien4cloud.prepare", "--set", f"snapshot_dir={outside}")
    assert not list(outside.iterdir())
    (share / "file").write_text("in the way")
    checks.tells("share", share / "file", "Path is not a directory", "a folder that the user",
                 "--set", f"snapshot_dir={share / 'file'}")
    (share / "file").unlink()
    unseen = remote / "nodes-only"
    checks.tells("share", unseen, "is no folder on this machine", "Mount the share here too",
                 "--set", f"snapshot_dir={unseen}", also=["share_room"])
    with Disk(share / "small", "64k"):
        checks.tells("share_room", [share / "small", "free", "the indices have"],
                     "no room for what the indices hold", "Free space there",
                     "--set", f"snapshot_dir={share / 'small'}")
    shutil.rmtree(share / "small")
    setting(server, **{"cluster.blocks.read_only": True})
    checks.tells("share", share, "cluster read-only", "cluster.blocks.read_only")
    setting(server, **{"cluster.blocks.read_only": False})


def the_indices(checks, scene):
    server = scene.server
    server.call("POST", "/csar/_close")
    told = checks.tells("indices", "csar", "1 closed index", "restore again, or open them",
                        verdict="warned", also=["references"])
    holds(told["references"]["evidence"], "csar", "closed")
    holds(told["references"]["hint"], "_open")
    left = Checks(checks.home, book="alien4cloud.assess")
    server.call("PUT", "/rehearse_r20261122-044610-abcdef_user", {})
    told = left.ask()
    assert set(told) == {"leftovers", "indices", "references"}, told
    holds(told["leftovers"]["evidence"], "closed: csar",
          "left by a rehearsal: rehearse_r20261122-044610-abcdef_user")
    holds(told["leftovers"]["hint"], "runs resume or undo")
    server.call("DELETE", "/rehearse_r20261122-044610-abcdef_user")
    opened(server, "csar")
    checks.tells("indices", "premium", "1 index of Alien missing", "Is this the right cluster?",
                 "--set", "extra_index=premium", verdict="warned")


def the_configuration(checks, scene):
    file = scene.alien.config / "alien4cloud-config.yml"
    for old, new, cause, remedy in (
            ("resetData: false", "resetData: true", "elasticSearch.resetData is true",
             "Set it to false"),
            ("client: true", "client: false", "Elasticsearch is embedded",
             "a server of its own"),
            ("clusterName: escluster", "clusterName: other",
             "names the cluster other, and the system says escluster", "Correct cluster_name"),
            (f"alien: {scene.alien.data}", "alien: /elsewhere",
             f"directories.alien is /elsewhere in {file}, and the system says {scene.alien.data}",
             "Correct alien_dir")):
        with changed(file, old, new):
            checks.tells("config", file, cause, remedy)
    with changed(file, file.read_text(), "a: [b\n"):
        checks.tells("config", file, "is not valid YAML", "config_dir")
    with away_from(scene.alien.folder, file):
        checks.tells("config", file, "No such file", "config_dir")


def the_files(checks, scene):
    data, documents = scene.alien.data, scene.alien.documents

    def lacks(path, *named, **how):
        checks.tells("references", [data, *named], "do not fit together", how["remedy"],
                     verdict="warned")
    for path, named in (
            (data / f"images/{documents.images[0]}.png", f"imagedata {documents.images[0]}"),
            (data / "csar" / documents.csars[0][0] / documents.csars[0][1],
             "csar {}:{}".format(*documents.csars[0])),
            (data / "work/plugins/content" / documents.plugins[0].path_id,
             f"plugin {documents.plugins[0].id}")):
        with away_from(data, path):
            lacks(path, "not there", named, remedy="Put the files back, or restore both")
    for stray in ("csar/stray/1.0", "work/plugins/content/stray"):
        top = data / stray.removesuffix("/1.0")
        with same_time(top.parent):
            (data / stray).mkdir(parents=True)
            lacks(top, f"named by no document: {stray}", remedy="They harm nothing")
            shutil.rmtree(top)
    with away_from(data, data / "csar"):
        checks.tells("references", data, "holds no csar", "directories.alien", verdict="warned")


@contextlib.contextmanager
def away_from(data, path):
    """Not in the tree for a moment."""
    place = data.parent / f"away-{path.name}"
    with same_time(path.parent):
        path.rename(place)
        try:
            yield
        finally:
            place.rename(path)


@contextlib.contextmanager
def same_time(folder):
    when = os.stat(folder)
    yield
    os.utime(folder, ns=(when.st_atime_ns, when.st_mtime_ns))


def alien_runs(checks, scene):
    subprocess.run(scene.rest.command("start"), check=True)
    checks.tells("stopped", scene.rest.url, "HTTP status 200", "Stop it", "--set",
                 "stop_command=[]", "--set", "start_command=[]", verdict="warned")
    subprocess.run(scene.rest.command("stop"), check=True)
    told = checks.tells("stop_program", "/nosuch/stop", "No such file", "Correct stop_command",
                        "--set", 'stop_command=["/nosuch/stop"]', "--set",
                        'start_command=["/nosuch/start"]', also=["start_program"])
    holds(told["start_program"]["evidence"], "/nosuch/start")
    holds(told["start_program"]["hint"], "Correct start_command")


def before_a_restore(scene):
    server = scene.server
    scene.save(expect=0)
    subprocess.run(scene.rest.command("stop"), check=True)
    checks = Checks(scene.home, *LATEST, book=RESTORE)
    checks.good()
    setting(server, **{"cluster.routing.allocation.enable": "none"})
    checks.tells("restorable[indices]", server.url, "cluster.routing.allocation.enable is “none”",
                 "Set it to “all”")
    for enough in ("primaries", "new_primaries", "all"):
        setting(server, **{"cluster.routing.allocation.enable": enough})
        checks.good()
    setting(server, **{DISK + "threshold_enabled": True, DISK + "watermark.low": "1%",
                       DISK + "watermark.high": "2%"})
    checks.tells("restore_room[indices]", ["n1", "% used afterwards"],
                 f"{DISK}watermark.low is 1%", "free space there, or raise the watermark")
    setting(server, **{DISK + "watermark.low": "900tb", DISK + "watermark.high": "800tb"})
    checks.tells("restore_room[indices]", ["n1", "free afterwards"],
                 f"{DISK}watermark.low is 900tb", "raise the watermark")
    setting(server, **{DISK + "threshold_enabled": False})
    checks.good()
    made = server.call("GET", "/group")["group"]
    server.call("DELETE", "/group")
    server.call("PUT", "/group", {"settings": {"number_of_shards": 3, "number_of_replicas": 0},
                                  "mappings": made["mappings"]})
    checks.tells("restorable[indices]", "group has 3 shards here and 1 in the snapshot",
                 "1 index of other shards", "DELETE /INDEX")
    before = scene.state()
    done = scene.restore(expect=1)
    holds(done.stdout + done.stderr, "group has 3 shards here", "Nothing was changed")
    compare(before, scene.state(), "other shards")
    server.call("DELETE", "/group")
    told = Checks(scene.home).tells("indices", "group", "1 index of Alien missing",
                                    "Is this the right cluster?", verdict="warned")
    assert told
    server.call("DELETE", "/csar")
    told = Checks(scene.home).ask()
    assert set(told) == {"indices", "references"}, told
    holds(told["indices"]["evidence"], "csar, group")
    holds(told["references"]["evidence"], "csar", "missing")
    holds(told["references"]["hint"], "another cluster")


def without_path_repo(checks, scene):
    server = scene.server
    file = server.configuration()
    lines = [line for line in file.read_text().splitlines(True) if "path.repo" not in line]
    file.write_text("".join(lines))
    server.restart()
    told = checks.ask()
    assert "share" in told, told
    holds(told["share"]["evidence"], scene.share, "is not in path.repo of 1 node", "n1 has none")
    holds(told["share"]["hint"], "elasticsearch.yml of every node")


def test_two_nodes():
    """A share that one node has not, by path.repo and by its mounts; then no node leads."""
    if reason := why_not("1.7.6"):
        raise Skip(reason)
    with Home(PROGRAM) as home:
        share, alone = home.path / "share", home.path / "alone"
        server = Elasticsearch("1.7.6", nodes=2, path_repo={0: [share, alone], 1: [share]})
        blind(server, 1, share)
        with server:
            scene = Scene(home, server, share, documents=400, size=1_000_000)
            checks = Checks(home)
            before = scene.state()
            checks.tells("share", [alone, "n2 has"], "is not in path.repo of 1 node",
                         "alien4cloud.prepare", "--set", f"snapshot_dir={alone}")
            told = checks.tells("share", [share, "n2"], "cannot be accessed on the node",
                                "mount it on every node at the same path")
            assert "[[n1]" not in told["share"]["evidence"], told
            done = scene.save(expect=1)
            holds(done.stderr, "share", "n2", "Nothing was changed")
            assert not home.points()
            compare(before, scene.state(), "a blind node")
            assert not [name for name in server.call("GET", "/_snapshot/_all")], "left in the cluster"
            assert scene.rest.is_running() is False

            # The other node is left alone: it answers, and nobody leads.
            server.kill9(0)
            left = f"http://127.0.0.1:{server.ports[1]}"
            checks.cannot(left, "finds no master", "nodes that may lead the cluster are away",
                          "--set", f"elasticsearch_url={left}")


# ---- Errors in the middle of a run ------------------------------------------------------------

def test_errors_of_a_save():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server, Between(server.url) as between:
            scene = Scene(home, server, share, documents=400, size=1_000_000,
                          elasticsearch_url=between.url)
            before, expected = scene.state(), []

            def fails(target, cause, remedy, step="snapshot"):
                done = scene.save()
                between.done()
                errors = failure(home, step, target, cause, remedy, done)
                run = home.runs()[-1]
                assert scene.rest.is_running(), "Alien was not started again"
                subprocess.run(scene.rest.command("stop"), check=True)
                assert len(home.points()) == len(expected), home.points()
                return run, set(errors)

            # Somebody begins a snapshot after the check that nobody does.
            between.before(CREATE, lambda _: hold(server, share))
            run, errors = fails(between.url, "ConcurrentSnapshotExecutionException", "wait for it")
            # Nothing is deleted meanwhile; it is told, and done later.
            assert errors == {"snapshot", "release"}, errors
            assert len(home.json("obligations", "list")["obligations"]) == 1
            let_go(server, share)
            home.cli("runs", "resume", run, expect=0)
            subprocess.run(scene.rest.command("stop"), check=True)
            assert scene.own_traces() == [], scene.own_traces()
            # With what was in the way gone, it is saved after all.
            points = home.points()
            assert len(points) == 1, points
            expected.extend(points)

            between.before(CREATE, lambda m: server.call("DELETE", f"/_snapshot/{m[1]}"))
            fails(between.url, "RepositoryMissingException[[lifeboat-r", "registers it again")
            between.before(CREATE, lambda m: server.call(
                "PUT", f"/_snapshot/{m[1]}/{m[2]}?wait_for_completion=true", {"indices": "user"}))
            fails(between.url, "snapshot with such name already exists",
                  "each run has a name of its own")
            between.before(CREATE, lambda _: server.call("POST", "/csar/_close"))
            fails("csar", "1 closed index, which cannot be saved", "open them")
            opened(server, "csar")
            made = server.call("GET", "/group")["group"]
            kept = {hit["_id"]: server.ask("GET", f"/group/group/{hit['_id']}/_source")[1]
                    for hit in server.call("GET", "/group/_search?size=1000")["hits"]["hits"]}
            between.before(CREATE, lambda _: server.call("DELETE", "/group"))
            fails([between.url, "group"], "1 index missing", "Plan again, or restore")
            server.call("PUT", "/group", {"settings": {"number_of_shards": 1, "number_of_replicas": 0},
                                          "mappings": made["mappings"]})
            for identifier, source in kept.items():
                server.call("PUT", f"/group/group/{identifier}?refresh=true", source)

            outside = home.path / "outside"
            between.changed(REGISTER, lambda _, body: relocated(body, outside))
            fails(str(share), "doesn't match any of the locations specified by path.repo",
                  "alien4cloud.prepare")
            assert not outside.exists()
            # An index is closed while the snapshot is taken: half of it answers 200.
            between.changed(REGISTER, slowed)
            between.after(CREATE, lambda _: until(
                lambda: '"STARTED"' in json.dumps(server.call("GET", "/_snapshot/_status")), 20,
                "the snapshot") and server.call("POST", "/toscaelement/_close"))
            fails(["The snapshot r", "toscaelement[0]"], "its state is PARTIAL",
                  "does not count as a backup")
            opened(server, "toscaelement")
            # Somebody deletes it while it is taken.
            between.changed(REGISTER, slowed)
            taken = {}
            between.before(CREATE, lambda m: taken.update(path=f"/_snapshot/{m[1]}/{m[2]}"))
            between.after(r"GET /_snapshot/lifeboat-r[^/]+/[^/]+/_status",
                          lambda _: server.call("DELETE", taken["path"]))
            fails(["The snapshot r", between.url], "is gone", "save again")
            compare(before, scene.state(), "saves that failed")
            assert scene.own_traces() == [], scene.own_traces()


def relocated(body, place):
    body = json.loads(body)
    body["settings"]["location"] = str(place)
    return json.dumps(body).encode()


def slowed(_, body):
    body = json.loads(body)
    body["settings"]["max_snapshot_bytes_per_sec"] = "40kb"
    return json.dumps(body).encode()


def test_errors_of_a_restore():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server, Between(server.url) as between:
            scene = Scene(home, server, share, documents=400, size=1_000_000,
                          elasticsearch_url=between.url)
            scene.save(expect=0)
            subprocess.run(scene.rest.command("stop"), check=True)
            # Not as it was saved: else the cluster takes its own files for those of the snapshot.
            server.call("DELETE", "/user")
            server.call("PUT", "/user", {"settings": {"number_of_shards": 1, "number_of_replicas": 0}})
            server.call("PUT", "/user/user/intruder?refresh=true", {"username": "intruder"})
            before, foreign = scene.state(), all_documents(server, [scene.foreign])

            def staged():
                return next(one for one in share.iterdir()
                            if one.name.startswith(".lifeboat-stage-") and (one / "index").exists())

            def cut(pattern):
                found = list(staged().glob(pattern))
                assert found, (pattern, list(staged().rglob("*"))[:20])
                for file in found:
                    os.truncate(file, file.stat().st_size // 2)

            def fails(target, cause, remedy, undone=True):
                done = scene.restore()
                between.done()
                run = home.runs()[-1]
                failure(home, "restore_indices[indices]", target, cause, remedy, done)
                assert not scene.rest.is_running(), "Alien runs on what was not restored"
                holds(done.stdout, f"lifeboat-cli runs undo {run}")
                assert all_documents(server, [scene.foreign]) == foreign
                if undone:
                    undo(cause)

            def undo(what):
                home.cli("runs", "undo", home.runs()[-1], "--yes", "--confirm", scene.text,
                         expect=(0, 3))
                subprocess.run(scene.rest.command("stop"), check=True)
                compare(before, scene.state(), what)

            between.before(BEGIN, lambda _: opened(server, "csar"))
            fails([between.url, "index [csar]"], "because it's open", "The indices stay closed")
            between.before(BEGIN, lambda m: server.call("DELETE", f"/_snapshot/{m[1]}"))
            fails(between.url, "RepositoryMissingException", "registers it again")
            between.before(REGISTER, lambda _: [one.unlink() for one in staged().glob("snapshot-*")])
            fails([share, "lifeboat-r"], "SnapshotMissingException", "made anew")
            between.before(REGISTER, lambda _: cut("snapshot-*"))
            fails([share, "lifeboat-r"], "LZFException[EOF", "damaged or cut off")
            between.before(REGISTER, lambda _: cut("metadata-*"))
            fails([between.url, "lifeboat-r"], "LZFException[EOF", "damaged or cut off")
            # A shard that cannot be read is accepted, and tried for ever.
            between.before(REGISTER, lambda _: cut("indices/user/0/__*"))
            fails([between.url, "user[0]"], "CorruptIndexException", "restore another restore point")
            # Somebody makes an index anew between the plan and the restore.
            made = server.call("GET", "/group")["group"]

            def other_shards(_):
                server.call("DELETE", "/group")
                server.call("PUT", "/group", {"settings": {
                    "number_of_shards": 2, "number_of_replicas": 0}, "mappings": made["mappings"]})
            between.before(r"GET /_snapshot/lifeboat-r[^/]+/[^/?]+", other_shards)
            fails([between.url, "[group]"], "with [2] shard from snapshot with [1] shards",
                  "Delete it by hand", undone=False)
            server.call("DELETE", "/group")
            undo("other shards")
            # Somebody restores something else at the same time.
            between.before(BEGIN, lambda _: hold(server, share, "restore"))
            fails(between.url, "Restore process is already running", "wait for it", undone=False)
            let_go(server, share, "restore")
            undo("somebody's restore")

            # What is in the store is damaged: it does not get as far as the cluster.
            point = home.store() / NAME / home.points()[0]["id"]
            part = max((one for one in point.rglob("*") if "indices" in one.name and one.is_file()),
                       key=lambda one: one.stat().st_size)
            with part.open("r+b") as file:
                file.seek(part.stat().st_size // 2)
                byte = file.read(1)
                file.seek(-1, os.SEEK_CUR)
                file.write(bytes([byte[0] ^ 0xFF]))
            done = scene.restore()
            failure(home, "restore_indices[indices]/stage", "of the archive damaged",
                    "lost with damaged frame",
                    "choose another restore point", done)
            compare(before, scene.state(), "a damaged part")
            assert all_documents(server, [scene.foreign]) == foreign


def test_what_alien_says():
    """A plugin that Alien cannot load is saved as switched off; a stray folder harms nothing."""
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = Scene(home, server, share, documents=400, size=1_000_000)
            asked(scene)
            (scene.alien.data / "csar/stray/1.0").mkdir(parents=True)
            plugin = scene.alien.documents.plugins[0]
            descriptor = scene.alien.data / "work/plugins/content" / plugin.path_id / "META-INF"
            descriptor.rename(home.path / "META-INF")
            done = scene.save("--accept", "references=an old folder", expect=3)
            holds(done.stdout, "csar/stray/1.0")
            subprocess.run(scene.rest.command("stop"), check=True)
            done = scene.restore(expect=1)
            errors = failure(home, "plugins", f"{plugin.id} is switched off", "not as they were saved",
                             "its log", done)
            # And with it goes what needs it.
            assert set(errors) == {"plugins", "orchestrators"}, errors
            holds(errors["orchestrators"]["detail"], "Cloudify production is DISABLED")
            holds(errors["orchestrators"]["advice"], "switch it on there")
            shown = home.json("runs", "show", home.runs()[-1])
            holds(json.dumps(shown["warnings"]), "csar/stray/1.0")


# ---- A later version, with users --------------------------------------------------------------

def test_a_later_version_with_users():
    if reason := why_not("6.8.23"):
        raise Skip(reason)
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with Elasticsearch("6.8.23", path_repo=share, users={"lifeboat": "right-word"}) as server:
            scene = Scene(home, server, share, documents=400, size=1_000_000,
                          elasticsearch_user="lifeboat")
            own = [*scene.alien.indices(), scene.foreign]  # the server has one of its own, of users
            scene.rest.settings["elasticsearch"] = ""  # the stand-in of Alien has no password
            scene.rest.fault()
            before = all_documents(server, own, expiring=False)
            plain = Checks(home)

            def secret(word):
                file = home.path / "word"
                file.write_text(word)
                home.cli("secrets", "set", NAME, "elasticsearch_password", "--program",
                         json.dumps(["cat", str(file)]), expect=0)
            secret("wrong-word")
            plain.cannot(server.url, "unable to authenticate user [lifeboat]",
                         "the secret elasticsearch_password")
            assert "wrong-word" not in plain.said
            plain.cannot(server.url, "missing authentication", "elasticsearch_user", "--set",
                         "elasticsearch_user=")
            transport = f"http://127.0.0.1:{server.transport_ports[0]}"
            secret("right-word")
            plain.cannot(transport, "Connection closed", "9200", "--set",
                         f"elasticsearch_url={transport}")
            version = ["cluster"]
            told = plain.tells("cluster", [server.url, "6.8.23"], "use Elasticsearch 1.7",
                               "Alien works with it", verdict="warned")
            assert "elasticsearch_url" not in told["cluster"]["hint"], told

            server.call("PUT", "/_xpack/security/role/reader", {
                "cluster": ["monitor"],
                "indices": [{"names": ["*"], "privileges": ["read", "view_index_metadata", "monitor"]}]})
            server.call("PUT", "/_xpack/security/user/small", {"password": "right-word",
                                                               "roles": ["reader"]})
            told = plain.tells("share", "cluster:admin/repository/put", "unauthorized for user [small]",
                               "rights to manage snapshots", "--set", "elasticsearch_user=small",
                               also=["cluster", "idle"])
            holds(told["idle"]["evidence"], "unauthorized for user [small]")
            holds(told["idle"]["hint"], "rights to manage snapshots")

            (share / "file").write_text("in the way")
            plain.tells("share", share / "file", "cannot create blob store", "a folder that the user",
                        "--set", f"snapshot_dir={share / 'file'}", also=version)
            (share / "file").unlink()
            if server.user:
                (share / "locked").mkdir(mode=0o755)
                plain.tells("share", share / "locked", "failed to create blob container",
                            "that the user elasticsearch may write to", "--set",
                            f"snapshot_dir={share / 'locked'}", also=version)
                (share / "locked").rmdir()
            setting(server, **{"cluster.blocks.read_only": True})
            plain.tells("share", share, "cluster read-only", "cluster.blocks.read_only", also=version)
            setting(server, **{"cluster.blocks.read_only": None})
            server.call("POST", "/csar/_close")
            told = plain.tells("indices", "csar", "1 closed index", "open them", verdict="warned",
                               also=["references", *version])
            holds(told["references"]["evidence"], "index_closed_exception", "csar")
            holds(told["references"]["hint"], "_open")
            opened(server, "csar")
            server.call("PUT", "/half?wait_for_active_shards=0", {"settings": {
                "number_of_shards": 1, "index.routing.allocation.require._name": "nobody"}})
            plain.tells("health", [server.url, "half"], "is red", "_cat/shards", also=version)
            server.call("DELETE", "/half")
            assert not difference(before, all_documents(server, own, expiring=False))

            # Its own words in the middle of a restore.
            later_errors(scene, secret)


def later_errors(scene, secret):
    home, server, share = scene.home, scene.server, scene.share
    with Between(server.url) as between:
        home.cli("systems", "set", NAME, f"elasticsearch_url={between.url}", expect=0)
        scene.save(expect=3)
        subprocess.run(scene.rest.command("stop"), check=True)
        before = scene.state()

        def fails(target, cause, remedy):
            done = scene.restore()
            between.done()
            failure(home, "restore_indices[indices]", target, cause, remedy, done)
            home.cli("runs", "undo", home.runs()[-1], "--yes", "--confirm", scene.text, expect=(0, 3))
            subprocess.run(scene.rest.command("stop"), check=True)
            compare(before, scene.state(), cause)
        between.before(BEGIN, lambda _: opened(server, "csar"))
        fails([between.url, "csar"], "an open index with same name already exists",
              "The indices stay closed")
        between.before(BEGIN, lambda m: server.call("DELETE", f"/_snapshot/{m[1]}"))
        fails(between.url, "repository_missing_exception", "registers it again")

        def staged():
            return next(one for one in share.iterdir()
                        if one.name.startswith(".lifeboat-stage-") and list(one.glob("index-*")))
        between.before(REGISTER, lambda _: [os.truncate(one, one.stat().st_size // 2)
                                            for one in staged().glob("snap-*.dat")])
        fails([share, "lifeboat-r"], "failed to get snapshots", "damaged or cut off")
        between.before(REGISTER, lambda _: [one.unlink() for one in staged().glob("snap-*.dat")])
        fails([share, "lifeboat-r"], "snapshot_missing_exception", "made anew")


# ---- A migration that may not begin -----------------------------------------------------------

def test_before_a_migration():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with start(path_repo=share) as server:
            scene = migration(home, server, share, documents=400, size=1_000_000)
            before = scene.state()
            checks = Checks(home, *LATEST, *scene.to_migrate, book=MIGRATE)
            checks.good()
            plugin = scene.alien.documents.plugins[0]
            file = home.path / "plugin.zip"
            checks.tells("plugin_zip", file, "is no file", "Choose the zip", "--set",
                         f"plugin_zip={file}")
            file.write_text("no zip")
            checks.tells("plugin_zip", file, "cannot be read as a .tar.zst or .zip", "Choose the zip",
                         "--set", f"plugin_zip={file}")
            file.unlink()
            write_zip(file, {"lib/code.jar": "code"})
            checks.tells("plugin_zip", file, "holds no META-INF/plugin.yml", "Choose the zip", "--set",
                         f"plugin_zip={file}")
            file.unlink()
            write_zip(file, {"META-INF/plugin.yml": "id: another-plugin\nname: x\nversion: 1.2.0\n"})
            checks.tells("plugin_zip", [plugin.id, "another-plugin"], "No plugin here is called",
                         "Choose the zip", "--set", f"plugin_zip={file}")
            file.unlink()
            scene.alien.plugin_zip(plugin, file, "1.2.0")
            checks.good("--set", f"plugin_zip={file}")

            server.call("PUT", "/suggestion", {})
            checks.tells("source_version", "suggestion", "Alien4Cloud 1.2 has been started",
                         "begins with 1.1.0")
            server.call("DELETE", "/suggestion")
            new = home.path / "new/config/alien4cloud-config.yml"
            with changed(new, "resetData: false", "resetData: true"):
                checks.tells("new_config", new, "resetData is true", "Set it to false")
            with changed(new, f"alien: {scene.alien.data}", "alien: /elsewhere"):
                checks.tells("new_config", new, "directories.alien is /elsewhere", "Correct alien_dir")
            another = ['new_start_command=["/nosuch/start"]' if word.startswith("new_start_command=")
                       else word for word in scene.to_migrate]
            Checks(home, *LATEST, *another, book=MIGRATE).tells(
                "new_start_program", "/nosuch/start", "No such file", "Correct new_start_command")
            checks.tells("admin_tool", "/nosuch/a4c-admin-tool.sh", "No such file",
                         "Correct admin_tool", "--set", "admin_tool=/nosuch")
            with contextlib.suppress(Skip):
                clock = Clock(home)
                clock.set(2 * DAY)
                checks.tells("backup", home.points()[0]["id"], "is too old", "Save again",
                             environment=clock.environment)
            scene.save(expect=0)
            subprocess.run(scene.rest.command("stop"), check=True)
            newest = max(one["id"] for one in home.points())
            checks.tells("backup", newest, "Nobody has verified", f"backups verify {newest} --open")
            compare(before, scene.state(), "only looked at")
            assert scene.own_traces() == [], scene.own_traces()


# ---- The simulator ----------------------------------------------------------------------------

def practice(home, *faults):
    home.cli("practice", "start", "alien4cloud",
             *[word for fault in faults for word in ("--fault", fault)], expect=0)


class Stuck:
    """A restore that stays red takes a minute and a half to be called so: meanwhile others run."""

    def __init__(self):
        self.home = Home(PROGRAM)
        home = self.home
        practice(home)
        home.cli("run", SAVE, "--system", SYSTEM, "--yes", expect=0)
        practice(home, "restore-stuck-red")
        self.text = home.points()[0]["identity"]["text"]
        self.going = subprocess.Popen(
            [home.program, "run", RESTORE, "--system", SYSTEM, *LATEST, "--confirm", self.text,
             "--yes"], env=home.environment, cwd=home.path, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)


STUCK = None


def test_on_the_simulator():
    need_age()
    global STUCK
    STUCK = STUCK or Stuck()
    with Home(PROGRAM) as home:
        # Of a generation that this cluster cannot read.
        practice(home, "later-version")
        home.cli("run", SAVE, "--system", SYSTEM, "--yes", "--accept", "cluster=practice", expect=3)
        text = home.points()[0]["identity"]["text"]
        practice(home)
        done = home.cli("run", RESTORE, "--system", SYSTEM, *LATEST, "--confirm", text, "--yes",
                        "--accept", "identity=practice", expect=1)
        holds(done.stdout + done.stderr, "restorable[indices]",
              "A snapshot of Elasticsearch 6.8.23 cannot be restored on 1.7.6", "practice answers at",
              "Restore it on the generation it was made on")
        for fault, check, cause, remedy in (
                ("path-repo-empty", "share", "n1 has none", "elasticsearch.yml of every node"),
                ("verify-fails-on-node-2", "share", "n2", "at the same path"),
                ("busy", "idle", "nightly", "Wait for it"),
                ("disk-watermark", "restore_room[indices]", "over 80 % full", "free space there")):
            practice(home, fault)
            book = ("alien4cloud.rehearse", *LATEST) if fault == "disk-watermark" else (SAVE,)
            shown = home.json("check", *book[:1], "--system", SYSTEM, *book[1:], expect=1)
            told = {one["id"]: one for one in shown["checks"] if one["verdict"] == "failed"}
            assert check in told, (fault, told)
            holds(told[check]["evidence"], cause)
            holds(told[check]["hint"], remedy)
        home.cli("practice", "stop", "alien4cloud", expect=0)

    with STUCK.home as home:
        said, errors = STUCK.going.communicate(timeout=240)
        done = subprocess.CompletedProcess([], STUCK.going.returncode, said, errors)
        failure(home, "restore_indices[indices]", ["nothing yet of", "csar"], "the indices are red",
                "cluster.routing.allocation.enable", done)
        holds(said, "runs undo", "runs resume")


if __name__ == "__main__":
    if shutil.which("age-keygen") and (not sys.argv[3:] or "test_on_the_simulator" in sys.argv[3:]):
        STUCK = Stuck()
    main(globals())
