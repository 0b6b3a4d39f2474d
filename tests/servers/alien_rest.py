# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for Alien4Cloud's REST services, as far as Lifeboat calls them: status, login with a
cookie, plugins, orchestrators. It errs as the real one does: errors inside of HTTP 200, states that
change by GET, an orchestrator that ends disabled, a start at which what cannot be loaded is saved
as disabled.

alien_rest.py start FOLDER    starts it in the background; its process id is in FOLDER/pid
alien_rest.py start-1.2 FOLDER   the same as version 1.2, which makes missing indices at its start
alien_rest.py stop FOLDER

FOLDER/alien.json says what it is (class AlienRest writes it), FOLDER/requests.jsonl what it was
asked. It ends with the test that wrote its folder."""

import io
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from alien4cloud import layout, mapping
from elasticsearch import Api, free_ports

# Checks for a running application look for its archive in the words of processes.
WAR = "alien4cloud-ui-1.1.0.war"
DELAYS = ("delayBetweenDeploymentStatusPolling", "delayBetweenInProgressDeploymentStatusPolling")
SUGGESTIONS = ("abstractsuggestionentry", "suggestionentry", "simplesuggestionentry")
UNAUTHORIZED, ALREADY_EXISTS, NOT_FOUND, ILLEGAL_STATE = 100, 502, 504, 505


def started(pid):
    """When a process began, in clock ticks; None when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


class AlienRest:
    """For tests: writes the folder, knows the address, starts and stops.

    `elasticsearch`, `alien_dir`: where plugins and orchestrators are read from at every start, and
    where it looks for their files; without, `plugins` and `orchestrators` are what it has, in the
    form of the indices. Faults, to be changed at any time by fault():
      starting           requests answered with 503 first
      refuse_login       True: no password is right
      error_in_200       {path: [code, message]}: HTTP 200 with that error
      cut                [path]: the connection is closed without an answer
      orchestrator_ends  the state that follows CONNECTING; DISABLED is saved
      polls              how often CONNECTING is answered before"""

    def __init__(self, folder, user="admin", password="admin", elasticsearch="", alien_dir="",
                 plugins=(), orchestrators=(), configurations=None, **faults):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = {
            "port": free_ports(1)[0], "user": user, "password": password,
            "elasticsearch": elasticsearch, "alien_dir": str(alien_dir), "plugins": list(plugins),
            "orchestrators": list(orchestrators), "configurations": configurations or {},
            "owner": [os.getpid(), started(os.getpid())]}
        self.url = f"http://127.0.0.1:{self.settings['port']}"
        self.server = None
        self.faults = {"starting": 0, "polls": 2, "orchestrator_ends": "CONNECTED", **faults}
        self.fault()

    def fault(self, **faults):
        self.faults |= faults
        text = json.dumps({**self.settings, "faults": self.faults})
        (self.folder / "alien.new").write_text(text)
        os.rename(self.folder / "alien.new", self.folder / "alien.json")

    def command(self, what):
        """The words of a command: `start`, `start-1.2` or `stop`."""
        return [sys.executable, "-B", str(Path(__file__).resolve()), what, str(self.folder)]

    def requests(self):
        """What it was asked, oldest first: {method, path, body, changes}; of logins and uploads
        without the body."""
        file = self.folder / "requests.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def is_running(self):
        return self.server is not None or running(self.folder) is not None

    def __enter__(self):
        """In a thread of the test."""
        self.server = Server(self.folder)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
        stop(self.folder)


class Refusal(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, folder, version=""):
        self.folder, self.lock, self.sessions = Path(folder), threading.RLock(), set()
        self.version = version
        settings = self.settings()
        if version == "1.2":
            faults = settings["faults"]
            make_indices(Api(settings["elasticsearch"]), faults.get("does_not_make", ()),
                         faults.get("takes_nothing_new", ()))
        self.api = Api(settings["elasticsearch"]) if settings["elasticsearch"] else None
        self.files = Path(settings["alien_dir"]) if settings["alien_dir"] else None
        self.starting, self.polls = settings["faults"]["starting"], {}
        self.plugins = self.stored("plugin", settings["plugins"])
        self.orchestrators = self.stored("orchestrator", settings["orchestrators"])
        self.configurations = {one: value["configuration"] for one, value in self.stored(
            "orchestratorconfiguration", []).items()} or settings["configurations"]
        self.boot()
        super().__init__(("127.0.0.1", settings["port"]), Handler)

    def settings(self):
        return json.loads((self.folder / "alien.json").read_text())

    def stored(self, index, given):
        if self.api:
            hits = self.api.call("GET", f"/{index}/_search?size=1000")["hits"]["hits"]
            given = [hit["_source"] for hit in hits]
        # What a test damaged has no id any more, and is passed over.
        return {one["id"]: dict(one) for one in given if "id" in one}

    def save(self, index, document):
        if self.api:
            identifier = urllib.parse.quote(document["id"], safe="")
            self.api.call("PUT", f"/{index}/{index}/{identifier}?refresh=true", document)

    def boot(self):
        for plugin in self.plugins.values():
            descriptor = f"work/plugins/content/{plugin.get('pluginPathId')}/META-INF/plugin.yml"
            if plugin["enabled"] and self.files and not (self.files / descriptor).is_file():
                plugin["enabled"] = False
                self.save("plugin", plugin)
        for one in self.orchestrators.values():
            if one["state"] != "DISABLED":
                self.connect(one)

    def connect(self, orchestrator):
        orchestrator["state"] = "CONNECTING"
        self.polls[orchestrator["id"]] = self.settings()["faults"]["polls"]

    def lacks_settings(self, orchestrator):
        """Two numbers that the plugin of 1.2 demands."""
        configuration = self.configurations.get(orchestrator["id"], {})
        return self.version == "1.2" and "cloudify-3" in orchestrator.get("pluginId", "") and not all(
            isinstance(configuration.get(key), int) for key in DELAYS)

    def seen(self, orchestrator):
        """The state moves on while it is looked at."""
        if orchestrator["state"] == "CONNECTING":
            self.polls[orchestrator["id"]] -= 1
            plugin = self.plugins.get(orchestrator.get("pluginId"), {})
            if self.polls[orchestrator["id"]] < 0:
                orchestrator["state"] = self.settings()["faults"]["orchestrator_ends"] \
                    if plugin.get("enabled", True) and not self.lacks_settings(orchestrator) \
                    else "DISABLED"
                self.save("orchestrator", orchestrator)
        return orchestrator

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def make_indices(api, but=(), strict=()):
    """What 1.2 does at its start: makes each index that is not there, as it wants it, with what every
    new installation has in it. Its mappings are told from those of 1.1 by alienVersion. `strict` ones
    refuse every document that has a field they do not know."""
    there = api.call("GET", "/_cluster/state/metadata")["metadata"]["indices"]
    kinds = {}
    for name, index, kind in (*layout(True), *(("suggestion", "suggestion", one) for one in SUGGESTIONS),
                              ("paasdeploymentlog", "paasdeploymentlog", "paasdeploymentlog")):
        made = mapping(index, True, "1d")
        if index in strict:
            made["dynamic"] = "strict"
        made["properties"]["alienVersion"] = {"type": "string", "index": "not_analyzed"}
        kinds.setdefault(name, {})[kind] = made
    for name, mappings in kinds.items():
        if name in there or name in but:
            continue
        api.call("PUT", f"/{name}", {"settings": {"number_of_shards": 1, "number_of_replicas": 0},
                                     "mappings": mappings})
        if name == "user":
            api.call("PUT", "/user/user/admin?refresh=true", {"username": "admin", "new": True})
    api.call("GET", "/_cluster/health?wait_for_status=yellow&timeout=30s")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        split = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(split.query))
        self.plain = re.sub(r"^/rest/(?:v1/|latest/)?", "/", urllib.parse.unquote(split.path))
        with self.server.lock:
            self.route()

    do_POST = do_PUT = do_DELETE = do_GET

    def route(self):
        settings = self.server.settings()
        faults = settings["faults"]
        found = next(((match, *rest) for method, pattern, *rest in ROUTES if method == self.command
                      and (match := re.fullmatch(pattern, self.plain))), None)
        text = "" if self.plain in ("/login", "/plugins") else self.body.decode(errors="replace")
        with (self.server.folder / "requests.jsonl").open("a") as log:
            log.write(json.dumps({"method": self.command, "path": self.path, "body": text,
                                  "changes": bool(found and found[2])}) + "\n")
        if self.plain in faults.get("cut", ()):
            self.close_connection = True
            return
        if self.server.starting > 0:
            self.server.starting -= 1
            self.answer(503, "starting", as_json=False)
            return
        try:
            if self.plain in faults.get("error_in_200", {}):
                raise Refusal(200, *faults["error_in_200"][self.plain])
            if found is None:
                raise Refusal(404, NOT_FOUND, f"no {self.command} {self.plain}")
            match, make, _, is_open = found
            if not is_open and not self.logged_in():
                raise Refusal(401, UNAUTHORIZED, "Authentication needed")
            make(self, *match.groups())
        except Refusal as refusal:
            self.answer(refusal.status, {"data": None, "error": {
                "code": refusal.code, "message": str(refusal)}})

    def answer(self, status, value, headers=(), as_json=True):
        body = (json.dumps(value) if as_json else value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=UTF-8" if as_json else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        for name, content in headers:
            self.send_header(name, content)
        self.end_headers()
        self.wfile.write(body)

    def data(self, value=None):
        self.answer(200, {"data": value, "error": None})

    def session(self):
        found = re.search(r"JSESSIONID=(\w+)", self.headers.get("Cookie", ""))
        return found[1] if found else ""

    def logged_in(self):
        return self.session() in self.server.sessions

    # Each service.

    def status(self):
        user = self.server.settings()["user"] if self.logged_in() else None
        self.data({"isLogged": user is not None, "username": user, "groups": [],
                   "roles": ["ADMIN"] if user else [], "authSystem": "alien"})

    def health(self):
        self.answer(200, {"status": "UP"})

    def login(self):
        settings = self.server.settings()
        form = dict(urllib.parse.parse_qsl(self.body.decode()))
        if settings["faults"].get("refuse_login") or (form.get("username"), form.get("password")) != \
                (settings["user"], settings["password"]):
            self.answer(302, "", [("Location", "/rest/auth/authenticationfailed")], False)
            return
        session = secrets.token_hex(16).upper()
        self.server.sessions.add(session)
        self.answer(302, "", [("Location", "/rest/auth/status"),
                              ("Set-Cookie", f"JSESSIONID={session}; Path=/; HttpOnly")], False)

    def failed(self):
        raise Refusal(401, UNAUTHORIZED, "Authentication failed")

    def logout(self):
        self.server.sessions.discard(self.session())
        self.answer(302, "", [("Location", "/")], False)

    def page(self, values):
        begin, size = int(self.query.get("from", 0)), int(self.query.get("size", 50))
        shown = values[begin:begin + size]
        self.data({"data": shown, "totalResults": len(values), "from": begin,
                   "to": begin + len(shown) - 1, "types": None, "facets": None})

    def one_of(self, kind, identifier):
        values = getattr(self.server, kind)
        if identifier not in values:
            raise Refusal(404, NOT_FOUND, f"{identifier} is not there")
        return values[identifier]

    def list_plugins(self):
        self.page([one for _, one in sorted(self.server.plugins.items())])

    def upload(self):
        boundary = re.search('boundary="?([^";]+)', self.headers["Content-Type"])[1]
        parts = [part.split(b"\r\n\r\n", 1) for part in self.body.split(b"--" + boundary.encode())]
        content = next(part[1][:-2] for part in parts if b'name="file"' in part[0])
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            lines = packed.read("META-INF/plugin.yml").decode().splitlines()
            descriptor = dict(line.split(": ", 1) for line in lines if re.match(r"\w+: ", line))
            identifier = f"{descriptor['id']}:{descriptor['version']}"
            if identifier in self.server.plugins:
                raise Refusal(409, ALREADY_EXISTS, f"{identifier} is there already")
            plugin = {"id": identifier, "pluginPathId": secrets.token_hex(16), "enabled": True,
                      "configurable": False, "descriptor": descriptor}
            if self.server.files:
                work = self.server.files / "work/plugins"
                packed.extractall(work / "content" / plugin["pluginPathId"])
                for name in packed.namelist():
                    if name.startswith("ui/"):
                        target = work / "ui" / plugin["pluginPathId"] / name[3:]
                        target.parent.mkdir(parents=True, exist_ok=True)
                        target.write_bytes(packed.read(name))
        self.server.plugins[identifier] = plugin
        self.server.save("plugin", plugin)
        self.data()

    def switch_plugin(self, identifier, what):
        plugin = self.one_of("plugins", identifier)
        plugin["enabled"] = what == "enable"
        self.server.save("plugin", plugin)
        self.data()

    def remove_plugin(self, identifier):
        self.one_of("plugins", identifier)
        users = [one for one in self.server.orchestrators.values() if one["pluginId"] == identifier]
        if users:
            self.answer(200, {"data": [{"resourceName": one["name"], "resourceType": "Orchestrator"}
                                       for one in users],
                              "error": {"code": 350, "message": "The plugin is in use"}})
            return
        del self.server.plugins[identifier]
        if self.server.api:
            self.server.api.call("DELETE", f"/plugin/plugin/{urllib.parse.quote(identifier)}")
        self.data()

    def list_orchestrators(self):
        every = [self.server.seen(one) for _, one in sorted(self.server.orchestrators.items())]
        wanted = self.query.get("connectedOnly") == "true"
        self.page([one for one in every if not wanted or one["state"] == "CONNECTED"])

    def show_orchestrator(self, identifier):
        self.data(self.server.seen(self.one_of("orchestrators", identifier)))

    def show_configuration(self, identifier):
        self.one_of("orchestrators", identifier)
        self.data({"id": identifier,
                   "configuration": self.server.configurations.get(identifier, {})})

    def set_configuration(self, identifier):
        self.one_of("orchestrators", identifier)
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise Refusal(400, 501, "The configuration is not JSON") from error
        if "configuration" in value:
            raise Refusal(200, 352, "The bare configuration is wanted")
        self.server.configurations[identifier] = value
        self.server.save("orchestratorconfiguration", {"id": identifier, "configuration": value})
        self.data()

    def enable(self, identifier):
        orchestrator = self.one_of("orchestrators", identifier)
        if orchestrator["state"] != "DISABLED":
            raise Refusal(200, ILLEGAL_STATE, f"It is {orchestrator['state']}")
        self.server.connect(orchestrator)
        self.data()

    def disable(self, identifier):
        orchestrator = self.one_of("orchestrators", identifier)
        orchestrator["state"] = "DISABLED"
        self.server.save("orchestrator", orchestrator)
        self.data()

    def locations(self, identifier):
        self.one_of("orchestrators", identifier)
        self.data([{"location": one, "resources": None} for one in
                   self.server.stored("location", []).values()
                   if one["orchestratorId"] == identifier])


# Method, path, what answers, whether it changes something, whether it needs no login.
ROUTES = (
    ("GET", "/auth/status", Handler.status, False, True),
    ("GET", "/auth/authenticationfailed", Handler.failed, False, True),
    ("POST", "/login", Handler.login, False, True),
    ("POST", "/logout", Handler.logout, False, True),
    ("GET", "/admin/health", Handler.health, False, False),
    ("GET", "/plugins", Handler.list_plugins, False, False),
    ("POST", "/plugins", Handler.upload, True, False),
    ("GET", "/plugins/([^/]+)/(enable|disable)", Handler.switch_plugin, True, False),
    ("DELETE", "/plugins/([^/]+)", Handler.remove_plugin, True, False),
    ("GET", "/orchestrators", Handler.list_orchestrators, False, False),
    ("GET", "/orchestrators/([^/]+)", Handler.show_orchestrator, False, False),
    ("GET", "/orchestrators/([^/]+)/configuration", Handler.show_configuration, False, False),
    ("PUT", "/orchestrators/([^/]+)/configuration", Handler.set_configuration, True, False),
    ("POST", "/orchestrators/([^/]+)/instance", Handler.enable, True, False),
    ("DELETE", "/orchestrators/([^/]+)/instance", Handler.disable, True, False),
    ("GET", "/orchestrators/([^/]+)/locations", Handler.locations, False, False),
)


def running(folder):
    """The process id of the one in the background; None when there is none."""
    try:
        pid, began = (Path(folder) / "pid").read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if started(pid) == began else None


def start_new(folder):
    return start(folder, "1.2")


def start(folder, version=""):
    if running(folder) is not None:
        print("it runs already")
        return 0
    with (Path(folder) / "output").open("ab") as output:
        child = subprocess.Popen([sys.executable, "-B", __file__, "serve", str(folder), WAR, version],
                                 stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                 start_new_session=True, cwd="/")
    end = time.monotonic() + 60
    while running(folder) is None:
        if child.poll() is not None or time.monotonic() > end:
            print((Path(folder) / "output").read_text()[-2000:], file=sys.stderr)
            return 1
        time.sleep(0.02)
    return 0


def stop(folder):
    pid = running(folder)
    if pid is None:
        return 0
    began = started(pid)
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + 10
    while started(pid) == began:
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    (Path(folder) / "pid").unlink()
    return 0


def serve(folder, _, version=""):
    """Until SIGTERM, or until the test that wrote the folder has ended."""
    server = Server(folder, version)
    owner, began = server.settings()["owner"]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    (Path(folder) / "pid.new").write_text(f"{os.getpid()} {started(os.getpid())}")
    os.rename(Path(folder) / "pid.new", Path(folder) / "pid")
    while not ended.wait(0.5) and started(owner) == began:
        pass
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("start", "start-1.2", "stop", "serve"):
        sys.exit(__doc__)
    sys.exit({"start": start, "start-1.2": start_new, "stop": stop,
              "serve": serve}[sys.argv[1]](*sys.argv[2:]))
