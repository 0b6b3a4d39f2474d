# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody else at work in a cluster at exactly the wrong moment: a server in between that passes
every request on to the real one, and does what a test wants before or after one of them."""

import http.client
import re
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Between:
    """`url` is what Lifeboat is told; answers are the real server's own, byte for byte. What is
    planned with before(), after() or instead() happens once, and leaving says what never did."""

    def __init__(self, url):
        self.real = urllib.parse.urlsplit(url)
        self.plans, self.wrong, self.lock = [], [], threading.Lock()
        between = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def pass_on(self):
                between.pass_on(self)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def before(self, request, act):
        """`act(match)` before the first request that fits `request`, a pattern of “METHOD /path”."""
        self.plans.append(("before", re.compile(request), act))

    def after(self, request, act):
        """The same, when the real server has answered and Lifeboat does not know it yet."""
        self.plans.append(("after", re.compile(request), act))

    def changed(self, request, change):
        """The body of that request goes on as `change(match, body)`."""
        self.plans.append(("changed", re.compile(request), change))

    def done(self):
        """Everything that was planned has happened; what has not is forgotten."""
        left, self.plans = self.plans, []
        wrong, self.wrong = self.wrong, []
        assert not left and not wrong, ([plan[1].pattern for plan in left], wrong)

    def take(self, when, asked):
        with self.lock:
            for plan in self.plans:
                match = plan[1].fullmatch(asked) if plan[0] == when else None
                if match:
                    self.plans.remove(plan)
                    return lambda *given, act=plan[2]: self.act(act, match, *given)
        return None

    def act(self, act, match, *given):
        try:
            return act(match, *given)
        except Exception as error:  # in a thread of its own: done() tells the test
            self.wrong.append(repr(error))
            return given[0] if given else None

    def pass_on(self, handler):
        asked = f"{handler.command} {urllib.parse.unquote(handler.path)}"
        size = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(size) if size else None
        if act := self.take("before", asked):
            act()
        if change := self.take("changed", asked):
            body = change(body)
        headers = {name: value for name, value in handler.headers.items()
                   if name.lower() in ("authorization", "content-type", "accept")}
        connection = http.client.HTTPConnection(self.real.hostname, self.real.port, timeout=120)
        try:
            connection.request(handler.command, handler.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if act := self.take("after", asked):
            act()
        handler.send_response(answer.status)
        for name in ("Content-Type", "WWW-Authenticate"):
            if answer.getheader(name):
                handler.send_header(name, answer.getheader(name))
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
