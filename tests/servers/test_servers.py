# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of Alien4Cloud stand on: real Elasticsearch servers, what fills them, the comparison
and the stand-in for the application, each held against what it promises. Skipped with the reason
where a server cannot be had."""

import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import zipfile
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "faults"))

import elasticsearch
from alien4cloud import Alien4Cloud, add_foreign_index, counts, layout
from alien_rest import AlienRest, running
from compare import all_documents, all_expiries, all_files, difference, index_states
from documents import EXPIRING, ODD_NUMBERS
from elasticsearch import Api, Elasticsearch, why_not
from lifeboat import Skip, main, until

HERE = Path(__file__).parent


@contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="lifeboat-servers-") as name:
        os.chmod(name, 0o711)
        yield Path(name)


def need(version):
    if reason := why_not(version):
        raise Skip(reason)


def expected(alien):
    """What all_documents() has to find, from the sources that were sent."""
    found = {index: {} for index in alien.indices()}
    names = {(index, kind): name for name, index, kind in layout(alien.old)}
    for index, kind, identifier, source in alien.documents:
        found[names[index, kind]][kind, identifier] = hashlib.sha256(source.encode()).hexdigest()
    return found


def snapshot(server, share, name, indices):
    server.call("PUT", "/_snapshot/saved", {"type": "fs", "settings": {"location": str(share)}})
    done = server.call("PUT", f"/_snapshot/saved/{name}?wait_for_completion=true", {
        "indices": ",".join(indices), "include_global_state": False})["snapshot"]
    assert done["state"] == "SUCCESS" and sorted(done["indices"]) == sorted(indices), done


def test_elasticsearch_1():
    need("1.7.6")
    with folder() as place, Elasticsearch("1.7.6", path_repo=place / "share") as server:
        alien = Alien4Cloud(server, place / "opt", size=3_000_000)
        alien.make()
        foreign = add_foreign_index(server)
        assert sum(alien.counts().values()) == 2000 and len(alien.indices()) == 24
        assert counts(server, alien.indices()) == alien.counts()
        documents, files = all_documents(server), all_files(alien.data)
        # To the byte, and so every odd number, double key and order of keys.
        assert not difference(expected(alien), {k: v for k, v in documents.items() if k != foreign})
        sent = [source for *_, source in alien.documents]
        assert all(any(f":{text}" in source for source in sent) for text in ODD_NUMBERS)
        assert any(source.count('"port":{"value":"8') > 1 and '"port":{"value":1.0}' in source
                   for source in sent)
        assert set(documents) - set(all_documents(server, expiring=False)) == set(EXPIRING)
        day = time.time() * 1000 + 86_400_000
        assert all(day - 120_000 < when < day for when in all_expiries(server, "alienaudit").values())
        kinds = server.call("GET", "/_mapping")
        assert all(kind["properties"]["alienScore"]["type"] == "long" for index in alien.indices()
                   for kind in kinds[index]["mappings"].values())

        share = place / "share/repository"
        snapshot(server, share, "before", alien.indices())
        server.call("POST", "/_flush")
        server.kill9()
        assert not server.is_running()
        server.start()
        assert not difference(documents, all_documents(server))

        damaged = alien.damage()
        found = difference(documents, all_documents(server)) + difference(files, all_files(alien.data))
        # A folder's own time changes with what is in it.
        found = [line for line in found if not line.endswith("changed in mtime_ns")]
        assert sorted(found) == sorted(damaged), found
        server.call("POST", f"/{','.join(i for i in alien.indices() if i in index_states(server))}"
                            "/_close")
        assert index_states(server)["plugin"] == "close" and index_states(server)[foreign] == "open"
        assert all_documents(server)["plugin"] is None
        server.call("POST", "/_snapshot/saved/before/_restore?wait_for_completion=true",
                    {"include_global_state": False})
        server.call("GET", "/_cluster/health?wait_for_status=green&timeout=60s")
        assert not difference(documents, all_documents(server))
        server.stop()
        assert server.processes[0].returncode in (0, 143), server.ends()


def test_two_nodes():
    """One that does not see the folder of the snapshots is named."""
    need("1.7.6")
    with folder() as place, Elasticsearch("1.7.6", path_repo={
            0: place / "share", 1: place / "other"}, nodes=2) as server:
        assert server.call("GET", "/_cluster/health")["number_of_nodes"] == 2
        body = {"type": "fs", "settings": {"location": str(place / "share/repository")}}
        status, answer = server.ask("PUT", "/_snapshot/saved", body)
        assert status == 500 and "RepositoryVerificationException" in answer.decode(), answer
        assert "[n2]" in answer.decode() and "[n1]" not in answer.decode(), answer
        server.stop(1)
        path = server.configuration(1)
        path.write_text(path.read_text().replace(str(place / "other"), str(place / "share")))
        server.start(1)
        server.call("PUT", "/_snapshot/saved", body)
        nodes = server.call("POST", "/_snapshot/saved/_verify")["nodes"]
        assert sorted(node["name"] for node in nodes.values()) == ["n1", "n2"], nodes


def test_elasticsearch_6():
    need("6.8.23")
    with folder() as place, Elasticsearch("6.8.23", path_repo=place / "share",
                                          users={"saver": "right"}) as server:
        assert Api(server.url).ask("GET", "/")[0] == 401
        assert Api(server.url, "saver:wrong").ask("GET", "/")[0] == 401
        alien = Alien4Cloud(server, place / "opt", documents=800, size=500_000)
        alien.make()
        documents = all_documents(server)
        assert not difference(expected(alien), documents)
        snapshot(server, place / "share/repository", "before", alien.indices())
        damaged = alien.damage()
        assert not set(difference(documents, all_documents(server))) - set(damaged)
        server.call("POST", f"/{','.join(i for i in alien.indices() if i in index_states(server))}"
                            "/_close")
        server.call("POST", "/_snapshot/saved/before/_restore?wait_for_completion=true",
                    {"include_global_state": False})
        server.call("GET", "/_cluster/health?wait_for_status=green&timeout=60s")
        assert not difference(documents, all_documents(server))
        if os.getuid() == 0:
            assert os.stat(place / "share/repository").st_uid == server.user.pw_uid != 0


def test_ends_with_the_test():
    need("1.7.6")
    with folder() as place:
        test = subprocess.Popen(
            [sys.executable, "-B", "-c",
             "import sys; sys.path.insert(0, sys.argv[1]); from elasticsearch import Elasticsearch;"
             "server = Elasticsearch('1.7.6', sys.argv[2]); server.spawn(0);"
             "print(server.pid(), flush=True); sys.stdin.read()", str(HERE), str(place / "es")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        pid = int(test.stdout.readline())
        words = Path(f"/proc/{pid}/cmdline")
        until(lambda: words.read_bytes().startswith(b"java\0"), 10, "setpriv to become java")
        test.kill()
        test.communicate()
        # A zombie's are empty.
        until(lambda: not words.exists() or not words.read_bytes(), 10, "the server to end")


FAKE_MVN = """#!/bin/sh
echo called >> "$LIFEBOAT_TEST_CACHE/calls"
[ -e "$LIFEBOAT_TEST_CACHE/refuses" ] && { echo '[ERROR] Unknown host repo.example.test'; exit 1; }
for word; do case $word in -Dmaven.repo.local=*) to=${word#*=};; esac; done
to=$to/org/elasticsearch/distribution/zip/elasticsearch/6.8.23
mkdir -p "$to" && sleep 0.3 && cp "$LIFEBOAT_TEST_CACHE/small.zip" "$to/elasticsearch-6.8.23.zip"
"""


def test_download():
    """Where it cannot be had there is a reason; two tests at once download once."""
    old = {name: os.environ.get(name) for name in ("PATH", "LIFEBOAT_TEST_CACHE")}
    with folder() as place:
        programs, cache = place / "programs", place / "cache"
        programs.mkdir()
        cache.mkdir()

        def program(name, text):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)

        os.environ |= {"PATH": str(programs), "LIFEBOAT_TEST_CACHE": str(cache)}
        try:
            assert "java is not installed (package" in why_not("6.8.23")
            program("java", "#!/bin/sh\n")
            assert "mvn is not installed (package maven)" in why_not("6.8.23")
            program("mvn", FAKE_MVN)
            os.environ["PATH"] = f"{programs}:{old['PATH']}"
            (cache / "refuses").touch()
            assert "Unknown host repo.example.test" in why_not("6.8.23"), why_not("6.8.23")
            assert [p.name for p in cache.iterdir() if p.name.startswith(("partial", "elastic"))] == []
            (cache / "refuses").unlink()
            (cache / "calls").unlink()
            with zipfile.ZipFile(cache / "small.zip", "w") as packed:
                for name in ("lib/a.jar", "bin/elasticsearch", "modules/x-pack-ml/large"):
                    packed.writestr(f"elasticsearch-6.8.23/{name}", name)
            reasons = []
            threads = [threading.Thread(target=lambda: reasons.append(why_not("6.8.23")))
                       for _ in range(3)]
            for one in threads:
                one.start()
            for one in threads:
                one.join()
            assert reasons == [""] * 3, reasons
            assert (cache / "calls").read_text() == "called\n"
            home = elasticsearch.installation("6.8.23")
            assert (home / "lib/a.jar").is_file() and not (home / "modules").exists()
        finally:
            for name, value in old.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


class Browser:
    """Calls with a cookie, as Lifeboat makes them."""

    def __init__(self, url):
        self.address, self.cookie = urllib.parse.urlsplit(url).netloc, ""

    def call(self, method, path, body=None, kind="application/json"):
        connection = http.client.HTTPConnection(self.address, timeout=20)
        connection.request(method, path, body, {"Cookie": self.cookie, "Content-Type": kind})
        answer = connection.getresponse()
        if cookie := answer.getheader("Set-Cookie"):
            self.cookie = cookie.split(";")[0]
        text = answer.read().decode()
        connection.close()
        return answer.status, json.loads(text) if text.startswith("{") else answer.getheader("Location")

    def login(self, password):
        return self.call("POST", "/login", f"username=admin&password={password}",
                         "application/x-www-form-urlencoded")[1]


PLUGIN = {"id": "ferry:1.0", "pluginPathId": "p1", "enabled": True, "configurable": True,
          "descriptor": {"id": "ferry", "version": "1.0"}}
ORCHESTRATOR = {"id": "o1", "name": "Cloud", "pluginId": "ferry:1.0", "state": "DISABLED"}


def test_alien_rest():
    with folder() as place, AlienRest(place / "alien", password="right", plugins=[PLUGIN],
                                      orchestrators=[ORCHESTRATOR], starting=1) as alien:
        browser = Browser(alien.url)
        assert browser.call("GET", "/rest/latest/auth/status")[0] == 503
        assert browser.call("GET", "/rest/latest/auth/status")[1]["data"]["isLogged"] is False
        assert browser.call("GET", "/rest/latest/plugins")[0] == 401
        assert browser.login("wrong") == "/rest/auth/authenticationfailed"
        assert browser.login("right") == "/rest/auth/status"
        assert browser.call("GET", "/rest/auth/status")[1]["data"]["roles"] == ["ADMIN"]
        listed = browser.call("GET", "/rest/v1/plugins?from=0&size=50")[1]["data"]
        assert listed["totalResults"] == 1 and listed["data"][0]["pluginPathId"] == "p1"

        one = "/rest/latest/orchestrators/o1"
        state = lambda: browser.call("GET", one)[1]["data"]["state"]
        assert state() == "DISABLED"
        browser.call("POST", f"{one}/instance")
        assert [state() for _ in range(4)] == ["CONNECTING"] * 2 + ["CONNECTED"] * 2
        assert browser.call("POST", f"{one}/instance")[1]["error"]["code"] == 505
        browser.call("DELETE", f"{one}/instance?force=false&clearDeployments=false")
        alien.fault(orchestrator_ends="DISABLED", polls=0)
        browser.call("POST", f"{one}/instance")
        assert state() == "DISABLED"
        assert browser.call("PUT", f"{one}/configuration", '{"delay": 5}')[0] == 200
        assert browser.call("GET", f"{one}/configuration")[1]["data"] == {
            "id": "o1", "configuration": {"delay": 5}}

        alien.fault(error_in_200={"/plugins": [500, "no memory"]}, cut=["/orchestrators"])
        status, answer = browser.call("GET", "/rest/latest/plugins")
        assert (status, answer["error"]["code"]) == (200, 500)
        try:
            browser.call("GET", "/rest/latest/orchestrators")
            raise AssertionError("answered")
        except (http.client.RemoteDisconnected, ConnectionError):
            pass
        browser.call("GET", "/rest/latest/plugins/ferry%3A1.0/disable")
        changes = [(one["method"], one["path"]) for one in alien.requests() if one["changes"]]
        assert changes[-1] == ("GET", "/rest/latest/plugins/ferry%3A1.0/disable"), changes
        assert len(changes) == 6, changes
        assert "right" not in (place / "alien/requests.jsonl").read_text()


def test_alien_rest_in_the_background():
    with folder() as place:
        alien = AlienRest(place / "alien", plugins=[PLUGIN], alien_dir=place / "data")
        for _ in range(2):
            subprocess.run(alien.command("start"), check=True)
            assert alien.is_running()
        browser = Browser(alien.url)
        browser.login("admin")
        # Its files are not there.
        assert browser.call("GET", "/rest/latest/plugins")[1]["data"]["data"][0]["enabled"] is False
        archive = place / "new.zip"
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("META-INF/plugin.yml", "id: ferry\nversion: 1.2\n")
            packed.writestr("ui/entry.js", "//")
        body = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"new.zip\"\r\n\r\n" \
            + archive.read_bytes() + b"\r\n--x--\r\n"
        send = lambda: browser.call("POST", "/rest/latest/plugins", body,
                                    "multipart/form-data; boundary=x")[1]
        assert send()["error"] is None and send()["error"]["code"] == 502
        assert len(list((place / "data" / "work/plugins/ui").glob("*/entry.js"))) == 1
        for _ in range(2):
            subprocess.run(alien.command("stop"), check=True)
            assert not alien.is_running()
        # It does not outlive the test.
        alien.settings["owner"] = [2 ** 22 + 1, "1"]
        alien.fault()
        subprocess.run(alien.command("start"), check=True)
        until(lambda: running(place / "alien") is None, 10, "it to end")


if __name__ == "__main__":
    main(globals(), "servers", sys.argv[1:])
