# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of IBM Cloud that saving a toolchain needs, for one with many pipelines, each answered
after a while."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOOLCHAIN = "66666666-7777-4888-8999-aaaaaaaaaaaa"
REGION = "us-south"
KEY = "canary-key-of-many-pipelines"
SOURCE = "https://us-south.git.cloud.ibm.com/ann/lighthouse.git"
CLASSIC = """\
properties:
- {name: NUMBER, value: "%d", type: text}
- {name: API_KEY, value: '****', type: secure}
stages:
- name: BUILD
  inputs: [{type: git, branch: main, url: "%s"}]
  triggers: [{type: git, events: null}]
  jobs: [{name: compile, type: builder, script: make lamp-%d}]
"""
TEKTON = """\
envProperties:
- {name: NUMBER, type: TEXT, value: "%d"}
inputs:
- {type: git, url: "%s", branch: main, path: .tekton-%d}
triggers:
- {type: manual, name: by-hand, eventListener: listener}
"""


def instance(number):
    return f"66666666-7777-4888-8999-{number:012d}"


class ManyPipelines:
    """Answers each request after `delay(path)` seconds; a path in `busy` gets a 429 first, with
    Retry-After; those that begin with `drips` get a byte a second. Knows what it was asked when, and how much at once."""

    def __init__(self, pipelines, delay):
        self.pipelines, self.delay = pipelines, delay
        self.busy, self.asked, self.drips = {}, [], None
        self.at_once, self.most = 0, 0
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.page = f"{self.url}/devops/toolchains/{TOOLCHAIN}?env_id=ibm:yp:{REGION}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def begin(self):
        with self.lock:
            self.asked, self.most = [], 0

    def span(self):
        """Seconds from the question that names the pipelines to the last answer about one."""
        about = [one for one in self.asked if "/pipelines/" in one[0]]
        first = min(begin for _, begin, _ in about)
        before = [begin for path, begin, end in self.asked
                  if path.startswith("/devops/toolchains/") and end <= first]
        return max(end for *_, end in about) - max(before)

    def answer(self, path):
        """Status, more headers, content type, body."""
        begun = time.monotonic()
        with self.lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            wait = self.busy.pop(path.split("?")[0], None)
        time.sleep(self.delay(path))
        with self.lock:
            self.at_once -= 1
            self.asked.append((path, begun, time.monotonic()))
        if wait is not None:
            return 429, {"Retry-After": str(wait)}, "application/json", b"{}"
        return 200, {}, *self.content(path)

    def content(self, path):
        if path == "/identity/token":
            return "application/json", as_json(
                {"access_token": "practice-access-of-many", "token_type": "Bearer",
                 "expires_in": 3600, "expiration": int(time.time()) + 3600})
        if path == "/v1/apikeys/details":
            return "application/json", as_json({"account_id": "0" * 32})
        if path.startswith("/devops/toolchains/"):
            return "application/json", as_json(self.toolchain())
        number = int(path.split("/yaml")[0][-12:])
        return "application/x-yaml", (pipeline(number) % (number, SOURCE, number)).encode()

    def toolchain(self):
        environment = f"ibm:yp:{REGION}"
        services = [{"service_id": "hostedgit", "instance_id": instance(9000),
                     "region_id": environment, "toolchain_binding": {"name": "source"},
                     "parameters": {"repo_url": SOURCE, "type": "link"}}]
        for number in range(self.pipelines):
            kind = "tekton/" if number % 2 else ""
            services.append({
                "service_id": "pipeline", "instance_id": instance(number),
                "region_id": environment, "toolchain_binding": {"name": f"lamp-{number}"},
                "dashboard_url": f"/devops/pipelines/{kind}{instance(number)}",
                "parameters": {"name": f"lamp-{number}", **({"type": "tekton"} if kind else {})}})
        return {"toolchain": {"toolchain_guid": TOOLCHAIN, "name": "lighthouses",
                              "region_id": environment, "updated_at": "2026-11-01T00:00:00.000Z",
                              "container": {"guid": "f" * 32, "type": "resource_group_id"},
                              "services": services},
                "services": []}


def pipeline(number):
    return TEKTON if number % 2 else CLASSIC


def as_json(value):
    return json.dumps(value).encode()


def handler_of(service):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def do_GET(self):
            status, headers, kind, body = service.answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Type": kind,
                                "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if service.drips and self.path.startswith(service.drips):
                self.drip(body)
            else:
                self.wfile.write(body)

        def drip(self, body):
            for byte in body:
                try:
                    self.wfile.write(bytes([byte]))
                except OSError:
                    return  # whoever asked has given up
                time.sleep(1)

        def log_message(self, *_):
            pass
    return Handler
