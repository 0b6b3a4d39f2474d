# SPDX-License-Identifier: GPL-3.0-or-later
"""Practice with the simulators of Elasticsearch and Alien: save, rehearse, damage, restore, equal;
named faults that a check or a step must tell; and the simulator held against real servers, which get
the same requests: where they differ, the simulator is wrong."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "servers"))

from elasticsearch import Api, Elasticsearch, free_ports, why_not  # noqa: E402
from lifeboat import PROGRAM, Home, Skip, main, until  # noqa: E402

SYSTEM = "practice-alien4cloud"
# Everything Lifeboat asks a cluster, in an order in which the answers say something.
BOOKS = {"settings": {"number_of_shards": 2, "number_of_replicas": 0},
         "mappings": {"doc": {"properties": {"alienScore": {"type": "long"}}}}}
BULK = "".join(f'{{"index":{{"_index":"books","_type":"doc","_id":"{n}"}}}}\n'
               f'{{"name":"Doc {n}","version":"{n}.0","alienScore":{n}}}\n' for n in range(1, 41))
ALL = {"size": 10000, "_source": ["name", "version"], "query": {"match_all": {}}}
SNAPSHOT = {"indices": "books", "ignore_unavailable": False, "include_global_state": False,
            "partial": False}
RESTORE = {"indices": "books", "ignore_unavailable": False, "include_global_state": False}
BESIDE = RESTORE | {"rename_pattern": "(.+)", "rename_replacement": "rehearse_$1",
                    "include_aliases": False,
                    "index_settings": {"index.number_of_replicas": 0}}


def repository(location):
    return {"type": "fs", "settings": {"location": location, "compress": True}}


# Method, path, body; "part": the real answer holds more, and what the simulator has of it is right;
# "over": only waits until that is so.
REQUESTS = [
    ("GET", "/", None, "part"), ("GET", "/_cluster/health", None, ""),
    ("GET", "/_nodes/settings", None, "part"), ("GET", "/_nodes/stats/fs", None, "part"),
    ("GET", "/_cluster/settings", None, ""), ("GET", "/_cluster/state/metadata", None, "part"),
    ("GET", "/books/_count", None, ""), ("GET", "/books/_recovery", None, ""),
    ("POST", "/books/_close", None, ""), ("DELETE", "/books", None, ""),
    ("POST", "/books/_search", ALL, ""),
    ("PUT", "/books", BOOKS, ""), ("PUT", "/books", BOOKS, ""),
    ("POST", "/_bulk", BULK, ""), ("POST", "/books/_refresh", None, ""),
    ("PUT", "/books/doc/1", {"name": "Doc 1", "version": "x"}, "part"),
    ("PUT", "/books/doc/ferry%3A1.0", {"name": "ferry"}, "part"),
    ("DELETE", "/books/doc/40", None, "part"), ("POST", "/books/_refresh", None, ""),
    ("POST", "/books/_flush", None, ""), ("GET", "/books", None, "part"), ("GET", "/none", None, ""),
    ("PUT", "/books/_settings", {"index": {"refresh_interval": "-1"}}, ""),
    ("PUT", "/books/_settings", {"index": {"refresh_interval": "1s"}}, ""),
    ("GET", "/books/_count", None, ""), ("GET", "/books/doc/ferry%3A1.0/_source", None, ""),
    ("GET", "/books/doc/nosuch/_source", None, ""), ("POST", "/books/_search", ALL, "hits"),
    ("GET", "/books/_search?size=5&_source=false", None, "hits"),
    ("GET", "/_stats/store", None, "part"), ("GET", "/books/_recovery", None, "part"),
    ("GET", "/_cluster/health/books", None, ""), ("GET", "/_cluster/state/metadata", None, "part"),
    ("GET", "/_cluster/health?level=indices", None, ""),
    ("GET", "/_snapshot/backup", None, ""), ("GET", "/_snapshot/backup/s1", None, ""),
    ("POST", "/_snapshot/backup/_verify", None, ""), ("DELETE", "/_snapshot/backup", None, ""),
    ("PUT", "/_snapshot/backup", repository("/outside"), ""),
    ("PUT", "/_snapshot/backup", {"type": "fs", "settings": {}}, ""),
    ("PUT", "/_snapshot/backup?verify=false", repository("SHARE/backup"), ""),
    ("PUT", "/_snapshot/backup", repository("SHARE/backup"), ""),
    ("GET", "/_snapshot/backup", None, ""), ("POST", "/_snapshot/backup/_verify", None, ""),
    ("GET", "/_snapshot/backup/s1", None, ""), ("GET", "/_snapshot/backup/s1/_status", None, ""),
    ("DELETE", "/_snapshot/backup/s1", None, ""), ("GET", "/_snapshot/_status", None, ""),
    ("POST", "/_snapshot/backup/s1/_restore?wait_for_completion=false", RESTORE, ""),
    ("PUT", "/_snapshot/backup/S1", SNAPSHOT, ""),
    ("PUT", "/_snapshot/backup/s0", SNAPSHOT | {"indices": "nosuch"}, ""),
    ("PUT", "/_snapshot/backup/s1?wait_for_completion=false", SNAPSHOT, ""),
    ("GET", "/_snapshot/backup/s1", None, "over"), ("GET", "/_snapshot/backup/s1", None, ""),
    ("GET", "/_snapshot/backup/s1/_status", None, ""),
    ("PUT", "/_snapshot/backup/s1?wait_for_completion=false", SNAPSHOT, ""),
    ("POST", "/_snapshot/backup/s1/_restore?wait_for_completion=false", RESTORE, ""),
    ("POST", "/_snapshot/backup/s1/_restore?wait_for_completion=false", BESIDE, ""),
    ("GET", "/rehearse_books/_recovery", None, "over"),
    ("GET", "/rehearse_books/_recovery", None, ""), ("GET", "/rehearse_books/_count", None, ""),
    ("GET", "/_cluster/health/books,rehearse_books", None, ""),
    ("GET", "/_cluster/state/metadata,customs", None, "part"),
    ("DELETE", "/rehearse_books,books", None, ""), ("GET", "/rehearse_books/_count", None, ""),
    ("POST", "/_snapshot/backup/s1/_restore?wait_for_completion=false", RESTORE, ""),
    ("GET", "/books/_recovery", None, "over"), ("POST", "/books/_close", None, ""),
    ("GET", "/books/_count", None, ""), ("GET", "/books/_recovery", None, ""),
    ("POST", "/books/_search", ALL, ""), ("GET", "/books/doc/1/_source", None, ""),
    ("PUT", "/_snapshot/backup/s2", SNAPSHOT, ""), ("GET", "/_cluster/health/books", None, ""),
    ("POST", "/_snapshot/backup/s1/_restore?wait_for_completion=false",
     RESTORE | {"indices": "nosuch"}, ""),
    ("POST", "/_snapshot/backup/s1/_restore?wait_for_completion=false", RESTORE, ""),
    ("GET", "/books/_recovery", None, "over"), ("GET", "/books/_count", None, ""),
    ("GET", "/books/doc/ferry%3A1.0/_source", None, ""),
    ("DELETE", "/_snapshot/backup/s1", None, ""), ("GET", "/_snapshot/backup/s1", None, ""),
    ("DELETE", "/_snapshot/backup", None, ""), ("DELETE", "/books", None, ""),
]
# Of these only the kind of value is compared: they differ from server to server.
OWN = re.compile(r"took|.*_in_(millis|bytes)|.*_time|.*uuid|build_.*|percent|host|transport_address|ip"
                 r"|id|version|number_of_files|processed_files|file_count|creation_date|restoreUUID"
                 r"|http|tcp|port|data(\[0\])?|timestamp|files|published_host|max_score|roles|recovered"
                 r"|active_shards_percent_as_number|task_max_waiting_in_queue_millis"
                 r"|number_of_pending_tasks|node|_seq_no")


def different(real, played, mode, at=""):
    """Why the simulator's value is not the real one's, or ""."""
    if at.endswith("/index/files"):  # their number is the server's own
        return "" if set(real) == set(played) else f"{at}: other members"
    if isinstance(real, dict) and isinstance(played, dict):
        if at.endswith("/nodes"):  # their names are random
            return different(list(real.values())[0], list(played.values())[0], mode, at + "/*")
        keys = set(played) if mode == "part" else set(played) | set(real)
        for key in sorted(keys):
            if key not in real or key not in played:
                return f"{at}/{key}: {'too many' if key in played else 'missing'}"
            if why := different(real[key], played[key], mode, f"{at}/{key}"):
                return why
        return ""
    if isinstance(real, list) and isinstance(played, list):
        if mode == "hits":  # in which order documents come is not promised
            real, played = ([*sorted(value, key=json.dumps)] for value in (real, played))
            return "" if [set(r) for r in real] == [set(p) for p in played] else f"{at}: other hits"
        if len(real) != len(played):
            return f"{at}: {len(played)} instead of {len(real)}"
        return next((why for n, (r, p) in enumerate(zip(real, played))
                     if (why := different(r, p, mode, f"{at}[{n}]"))), "")
    if OWN.fullmatch(at.rsplit("/", 1)[-1]) and type(real) in (int, float, str):
        return "" if type(real) is type(played) or {type(real), type(played)} == {int, float} \
            else f"{at}: {played!r} instead of {real!r}"
    return "" if real == played else f"{at}: {played!r} instead of {real!r}"


class Played:
    """The simulator alone, as `practice start` runs it."""

    def __init__(self, home, version):
        self.home = home
        self.folder = home.path / "practice"
        self.folder.mkdir()
        ports = free_ports(2)
        (self.folder / "settings.json").write_text(json.dumps({
            "format": 1, "elasticsearch_port": ports[0], "alien_port": ports[1],
            "faults": [] if version == "1.7.6" else ["later-version"]}))
        self.share = self.folder / "share"
        self.api = Api(f"http://127.0.0.1:{ports[0]}")
        self.process = subprocess.Popen(
            [home.program, "--practice", "serve-elasticsearch", str(self.folder)],
            env=home.environment, stdin=subprocess.DEVNULL)
        until(self.answers, 20, "the simulator")

    def answers(self):
        try:
            return self.api.ask("GET", "/")[0] == 200
        except OSError:
            return False


def asked(api, share, request):
    method, path, body, mode = request
    if isinstance(body, dict):
        body = json.loads(json.dumps(body).replace("SHARE", str(share)))
    if mode == "over":
        def is_over():
            text = api.ask(method, path)[1].decode()
            return "IN_PROGRESS" not in text and '"INDEX"' not in text and '"INIT"' not in text \
                and '"stage"' in text.replace('"state":"SUCCESS"', '"stage"')
        until(is_over, 30, path)
        return None
    status, answer = api.ask(method, path, body)
    text = answer.decode().replace(str(share), "SHARE")
    # Node ids, uuids of indices and snapshots, addresses.
    text = re.sub(r"/[A-Za-z0-9_-]{22}\b", "/UUID", text)
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text


def scanned(api):
    """What a scan of 1.7 answers: first, a page, the last page, its end, asked beyond it, and asked
    after it was ended early; and the documents. Without the ids of its scrolls."""
    def ask(method, path, body):
        status, answer = api.ask(method, path, body)
        return status, json.loads(answer)

    def begin():
        answer = ask("POST", "/books/_search?search_type=scan&scroll=120s&version=true"
                     "&fields=_source,_routing", {"size": 4, "query": {"match_all": {}}})
        return answer, answer[1].pop("_scroll_id")

    def page(of):
        answer = ask("POST", "/_search/scroll?scroll=120s", of)
        return answer, answer[1].pop("_scroll_id")
    first, last = begin()
    pages, documents = [], set()
    while not pages or pages[-1][1]["hits"]["hits"]:
        answer, last = page(last)
        pages.append(answer)
        documents |= {json.dumps(hit, sort_keys=True) for hit in answer[1]["hits"]["hits"]}
    # How many shards are still asked depends on which documents they have.
    pages[-1][1].pop("_shards")
    ended, beyond = ask("DELETE", "/_search/scroll", last), page(last)[0]
    _, early = begin()
    return [first, pages[0], pages[-1], ended, beyond, ask("DELETE", "/_search/scroll", early),
            page(early)[0]], documents


def scans_as(server, played):
    (real, theirs), (simulated, ours) = scanned(server), scanned(played)
    assert theirs == ours, sorted(theirs ^ ours)[:6]
    for r, s in zip(real, simulated):
        why = different(without_ids(r[1]), without_ids(s[1]), "hits")
        assert r[0] == s[0] and not why, (r, s, why)


def without_ids(answer):
    return json.loads(re.sub(r"for id \[\d+\]", "for id [N]", json.dumps(answer)))


def against(version):
    if reason := why_not(version):
        raise Skip(reason)
    with Home(PROGRAM) as home, tempfile.TemporaryDirectory(prefix="lifeboat-servers-") as place, \
            Elasticsearch(version, path_repo=Path(place) / "share",
                          cluster_name="practice") as server:
        played = Played(home, version)
        wrong = []
        for request in REQUESTS:
            real = asked(server, Path(place) / "share", request)
            if request[3] == "real":
                continue
            simulated = asked(played.api, played.share, request)
            if request[3] == "over":
                continue
            why = f"{simulated[0]} instead of {real[0]}" if real[0] != simulated[0] else \
                different(real[1], simulated[1], request[3])
            if request[1] == "/books/_flush" and version == "1.7.6":
                scans_as(server, played.api)
            if why:
                wrong.append(f"{request[0]} {request[1]}: {why}\n      real {str(real)[:600]}"
                             f"\n      simulated {str(simulated)[:600]}")
        assert not wrong, "\n  ".join([f"{len(wrong)} of {len(REQUESTS)} differ", *wrong])


def test_as_elasticsearch_1():
    against("1.7.6")


def test_as_elasticsearch_6():
    against("6.8.23")


def run(home, name, *more, **how):
    return home.cli("run", f"alien4cloud.{name}", "--system", SYSTEM, "--yes", *more, **how)


def need_age():
    if not shutil.which("age-keygen"):
        raise Skip("age is not installed")


def test_story():
    need_age()
    with Home(PROGRAM) as home:
        home.cli("practice", "start", "alien4cloud", expect=0)
        run(home, "save", expect=0)
        run(home, "rehearse", "--restore-point", "latest", expect=0)
        assert_equal(home.cli("practice", "run", "alien4cloud", expect=0))
        # And the way back: what was restored over is there again.
        identity = next(point for point in home.points())["identity"]["text"]
        home.cli("practice", "damage", "alien4cloud", expect=0)
        assert not has_csar(home)
        run(home, "restore", "--restore-point", "latest", "--confirm", identity, expect=0)
        assert has_csar(home)
        home.cli("runs", "undo", home.runs()[-1], "--yes", "--confirm", identity, expect=0)
        assert not has_csar(home)
        home.cli("practice", "stop", "alien4cloud", expect=0)
        assert not home.processes()
        assert not (home.data / "practice/alien4cloud").exists()


def test_migration():
    """By the commands that `practice start` prints."""
    need_age()
    with Home(PROGRAM) as home:
        told = home.cli("practice", "start", "alien4cloud", expect=0).stdout.splitlines()

        def printed(words):
            line = next(line for line in told if line.startswith("  lifeboat-cli " + words))
            return shlex.split(line)[1:]
        home.cli(*printed("run alien4cloud.save"), "--yes", expect=0)
        point = home.points()[0]
        verify = [point["id"] if word == "POINT" else word for word in printed("backups verify")]
        home.cli(*verify, expect=0)
        api = Api(home.json("systems", "show", SYSTEM)["inputs"]["elasticsearch_url"][0])
        part = "/toscaelement/indexedcapabilitytype/harbour.elements.Part1%3A1.0.0/_source"
        before = api.ask("GET", part)[1]
        assert b'"properties":{"size":{' in before and b"12345678901234567890" in before, before
        confirm = ("--yes", "--confirm", point["identity"]["text"])
        home.cli(*printed("run alien4cloud.migrate"), *confirm, expect=3)
        after = api.ask("GET", part)[1]
        assert b'"properties":[{"key":"size","value":{' in after, after
        assert b"12345678901234567890" in after, after
        assert api.ask("GET", "/suggestion/_count")[0] == 200
        home.cli("runs", "undo", home.runs()[-1], *confirm, expect=(0, 3))
        assert api.ask("GET", part)[1] == before
        assert api.ask("GET", "/suggestion/_count")[0] == 404
        home.cli("practice", "stop", "alien4cloud", expect=0)
        assert not home.processes()


def assert_equal(done):
    assert done.stdout.strip().splitlines()[-1].startswith("practice: equal"), done.stdout


def has_csar(home):
    shown = home.json("systems", "show", SYSTEM)
    return "csar" in Api(shown["inputs"]["elasticsearch_url"][0]).call(
        "GET", "/_cluster/state/metadata")["metadata"]["indices"]


def test_later_version():
    need_age()
    with Home(PROGRAM) as home:
        home.cli("practice", "start", "alien4cloud", "--fault", "later-version", expect=0)
        refused = run(home, "save", expect=4)
        assert "Elasticsearch 6.8.23" in refused.stdout + refused.stderr, refused.stdout
        assert_equal(home.cli("practice", "run", "alien4cloud", expect=0))


def test_faults_are_told():
    need_age()
    with Home(PROGRAM) as home:
        for fault, words in (("path-repo-empty", "is not in path.repo"),
                             ("verify-fails-on-node-2", "n2"),
                             ("busy", "nightly"),
                             ("snapshot-partial", "PARTIAL")):
            home.cli("practice", "start", "alien4cloud", "--fault", fault, expect=0)
            failed = run(home, "save", expect=1)
            assert words in failed.stdout + failed.stderr, (fault, failed.stdout, failed.stderr)
        home.cli("practice", "start", "alien4cloud", "--fault", "cut-during-create", expect=0)
        run(home, "save", expect=0)
        home.cli("practice", "start", "alien4cloud", "--fault", "disk-watermark", expect=0)
        full = run(home, "rehearse", "--restore-point", "latest", expect=1)
        assert "over 80 % full" in full.stdout + full.stderr, (full.stdout, full.stderr)
        home.cli("practice", "stop", "alien4cloud", expect=0)


if __name__ == "__main__":
    main(globals())
