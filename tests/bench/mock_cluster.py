# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that answers as Elasticsearch 1.7 at the speed of memory, so that what is measured is the
client. One index; its documents are made once, in the pages in which they are read, and what is
written is counted and thrown away. A process of its own, on 127.0.0.1: `with MockCluster(…) as url`.
`GET /_sent` says how many seconds the last import took from the making of the index to the refresh.
"""
import contextlib
import json
import random
import re
import socket
import subprocess
import sys
import threading
import time

INDEX = "deployment"
PAGE = 500  # of five shards, 100 documents each
DOCUMENT = 600  # bytes of one, about what the invented installations have


def documents(count):
    """Lines of a page: what a hit of a scan is, with a source of the middle size."""
    rng = random.Random(7)
    words = ["ferry", "harbour", "pier", "quay", "lighthouse", "anchor", "buoy", "tide"]
    for n in range(count):
        source = {"id": f"d{n}", "environmentId": f"{rng.getrandbits(128):032x}",
                  "startDate": 1462060800000 + n, "endDate": None, "sourceName": rng.choice(words),
                  "orchestratorDeploymentId": f"{rng.getrandbits(64):x}-{n}",
                  "locationIds": [f"{rng.getrandbits(128):032x}" for _ in range(3)]}
        text = json.dumps(source, separators=(",", ":"))
        fill = " ".join(rng.choice(words) for _ in range((DOCUMENT - len(text)) // 7))
        yield text[:-1] + f',"note":"{fill}"}}'


class Answers:
    def __init__(self, count):
        self.count, self.pages, self.bulk = count, [], {}
        self.begin = self.sent = 0.0  # of the last import, without what is read back
        self.at = 0  # the page that comes next: there is one reader
        page = []
        for n, source in enumerate(documents(count)):
            page.append(f'{{"_index":"{INDEX}","_type":"{INDEX}","_id":"d{n}","_version":1,'
                        f'"_score":0.0,"_source":{source}}}')
            if len(page) == PAGE or n == count - 1:
                self.pages.append(self.scrolled(page))
                page = []
        self.end = self.scrolled([])

    def scrolled(self, hits):
        return (f'{{"_scroll_id":"c2NhbjsxOzE=","took":1,"timed_out":false,"_shards":{{"total":5,'
                f'"successful":5,"failed":0}},"hits":{{"total":{self.count},"max_score":0.0,'
                f'"hits":[{",".join(hits)}]}}}}').encode()

    def answer(self, method, path, body):
        if path.startswith("/_bulk"):
            size = body.count(b"\n") // 2
            if size not in self.bulk:
                item = f'{{"index":{{"_index":"{INDEX}","_type":"{INDEX}","_id":"d0","_version":1,"status":201}}}}'
                self.bulk[size] = (f'{{"took":1,"errors":false,"items":[{",".join([item] * size)}]}}'
                                   ).encode()
            return self.bulk[size]
        if path.startswith("/_search/scroll"):
            if method == "DELETE":
                return b"{}"
            self.at += 1
            return self.pages[self.at - 1] if self.at <= len(self.pages) else self.end
        if "search_type=scan" in path:
            self.at = 0
            return self.end
        if method == "PUT" and path == f"/{INDEX}":
            self.begin = time.monotonic()
        if path.endswith("/_refresh"):
            self.sent = time.monotonic() - self.begin
        if path == "/_sent":
            return json.dumps(self.sent).encode()
        if path == "/":
            return (b'{"status":200,"name":"mock","cluster_name":"mock","version":{"number":"1.7.6",'
                    b'"build_hash":"x","lucene_version":"4.10.4"},"tagline":"You Know, for Search"}')
        if path.endswith("/_count"):
            return (f'{{"count":{self.count},"_shards":{{"total":5,"successful":5,"failed":0}}}}'
                    ).encode()
        described = {"aliases": {}, "mappings": {INDEX: {"properties": {"id": {"type": "string"}}}},
                     "settings": {"index": {"number_of_shards": "5", "number_of_replicas": "0",
                                            "uuid": "mockmockmockmockmockmo"}}}
        if path.startswith("/_cluster/state/metadata"):
            return json.dumps({"cluster_name": "mock", "metadata": {"indices": {
                INDEX: {"state": "open", **described, "aliases": []}}}}).encode()
        if method == "GET" and path == f"/{INDEX}":
            return json.dumps({INDEX: described}).encode()
        return b'{"acknowledged":true,"_shards":{"total":5,"successful":5,"failed":0}}'


def serve(count):
    answers = Answers(count)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)

    def talk(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        space = memoryview(bytearray(1 << 16))
        with connection, contextlib.suppress(ConnectionError):
            while True:
                got = b""
                while (head := got.find(b"\r\n\r\n")) < 0:
                    size = connection.recv_into(space)
                    if not size:
                        return
                    got += space[:size]
                lines = got[:head].decode("latin-1")
                method, path, _ = lines.split(" ", 2)
                length = re.search(r"(?i)content-length: *(\d+)", lines)
                # There is one request at a time on a connection: what follows is its body.
                body, at = bytearray(int(length[1]) if length else 0), len(got) - head - 4
                body[:at] = got[head + 4:]
                rest = memoryview(body)
                while at < len(body):
                    at += connection.recv_into(rest[at:])
                said = answers.answer(method, path, body)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8"
                                   b"\r\nContent-Length: %d\r\n\r\n" % len(said) + said)
    while True:
        threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()


class MockCluster:
    """Its address, while it runs."""

    def __init__(self, count):
        self.count = count

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, "-B", __file__, str(self.count)],
                                        stdout=subprocess.PIPE, text=True)
        return f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
