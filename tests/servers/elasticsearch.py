# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Elasticsearch servers for one test: 1.7.6, which Alien4Cloud 1.1 and 1.2 use, and 6.8.23.

They are downloaded once, by their Maven coordinates with `mvn`, into $LIFEBOAT_TEST_CACHE (else
$XDG_CACHE_HOME/lifeboat-tests, else ~/.cache/lifeboat-tests); `why_not(version)` says why a test has
to be skipped. A server listens on 127.0.0.1 only and ends with the thread that started it, however
that one ends: start it from the test's main thread.

    with Elasticsearch("1.7.6", path_repo=share) as server:
        server.call("PUT", "/csar/csar/ferry:1.0", {"name": "ferry"})
"""

import base64
import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import pwd
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import urllib.parse
import zipfile
from pathlib import Path

ARTIFACTS = {
    "1.7.6": "org.elasticsearch:elasticsearch:1.7.6:zip",
    "6.8.23": "org.elasticsearch.distribution.zip:elasticsearch:6.8.23:zip",
}
# The two largest modules of 6.8.23, 150 of 240 MB: no test needs them, and they slow every start.
UNUSED = ("modules/x-pack-ml/", "modules/ingest-geoip/")
JVM_INFO = "org/elasticsearch/monitor/jvm/JvmInfo.class"
DOWNLOAD_SECONDS = 900
START_SECONDS = 180


class Missing(Exception):
    """Why a server cannot be had here."""


def cache():
    """Where downloads stay for later runs."""
    if given := os.environ.get("LIFEBOAT_TEST_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lifeboat-tests"


def installation(version):
    return cache() / f"elasticsearch-{version}"


def get(version):
    """The folder of this version, downloaded first where it is not in the cache; Missing says why
    it cannot be had."""
    if not shutil.which("java"):
        raise Missing("java is not installed (package openjdk-17-jre-headless)")
    home = installation(version)
    if home.is_dir():
        return home
    try:
        cache().mkdir(parents=True, exist_ok=True)
        lock = (cache() / "lock").open("w")
    except OSError as error:
        raise Missing(f"the cache folder cannot be written: {error}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another test may be downloading the same
        if home.is_dir():
            return home
        # What is in the cache is whole: a test that dies leaves a folder with another name.
        with tempfile.TemporaryDirectory(prefix="partial-", dir=cache()) as partial:
            archive = download(ARTIFACTS[version])
            unpack(archive, Path(partial))
            if version == "1.7.6":
                rebuild_jvm_info(Path(partial) / home.name)
            os.rename(Path(partial) / home.name, home)
        shutil.rmtree(archive.parent)
    return home


def why_not(version):
    """The reason why this version cannot be had here, for a test to be skipped with; else ""."""
    try:
        get(version)
    except Missing as reason:
        return f"Elasticsearch {version}: {reason}"
    return ""


def download(artifact):
    """The artifact's file in a local Maven repository inside the cache."""
    group, name, version, kind = artifact.split(":")
    if not shutil.which("mvn"):
        raise Missing("it is not in the cache, and mvn is not installed (package maven)")
    repository = cache() / "maven"
    try:
        done = subprocess.run(
            ["mvn", "-B", "-q", "-Dstyle.color=never", f"-Dmaven.repo.local={repository}", "dependency:get",
             "-Dtransitive=false", f"-Dartifact={artifact}"], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, cwd=cache(), timeout=DOWNLOAD_SECONDS)
    except subprocess.TimeoutExpired as slow:
        raise Missing(f"its download took more than {DOWNLOAD_SECONDS} s") from slow
    file = repository / group.replace(".", "/") / name / version / f"{name}-{version}.{kind}"
    if done.returncode or not file.is_file():
        said = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        raise Missing(f"it could not be downloaded: {(said or ['mvn ended without a reason'])[0]}")
    return file


def unpack(archive, folder):
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.infolist():
            if entry.filename.split("/", 1)[1].startswith(UNUSED):
                continue
            path = packed.extract(entry, folder)
            # Another user than the one who unpacks runs it.
            os.chmod(path, (entry.external_attr >> 16) & 0o777 | (0o755 if entry.is_dir() else 0o644))


def rebuild_jvm_info(home):
    """Makes 1.7.6 run on Java 9 and later: there RuntimeMXBean.getBootClassPath(), which JvmInfo
    calls when it is loaded, throws. A copy of that one class, for a place before the jar on the class
    path, calls getClassPath() instead: the name of the method in the constant pool (JVM
    specification, 4.4) is another one."""
    with zipfile.ZipFile(home / f"lib/{home.name}.jar") as jar:
        old = jar.read(JVM_INFO)
    texts, names, calls = {}, {}, []
    at, index, count = 10, 1, struct.unpack_from(">H", old, 8)[0]
    sizes = {3: 5, 4: 5, 5: 9, 6: 9, 7: 3, 8: 3, 9: 5, 10: 5, 11: 5, 12: 5, 15: 4, 16: 3, 18: 5}
    while index < count:
        tag = old[at]
        if tag == 1:
            size = struct.unpack_from(">H", old, at + 1)[0]
            texts[old[at + 3:at + 3 + size]] = index
            at += 3 + size
        else:
            if tag == 12:  # NameAndType
                names[index] = (at + 1, struct.unpack_from(">H", old, at + 1)[0])
            elif tag == 11:  # InterfaceMethodref: the calls of the bean
                calls.append(struct.unpack_from(">H", old, at + 3)[0])
            at += sizes[tag]
        index += 2 if tag in (5, 6) else 1
    new = bytearray(old)
    for call in calls:
        place, name = names[call]
        if name == texts[b"getBootClassPath"]:
            struct.pack_into(">H", new, place, texts[b"getClassPath"])
    if new == old:
        raise Missing("its class JvmInfo is not the one that is known")
    file = home / "jvm-info" / JVM_INFO
    file.parent.mkdir(parents=True)
    file.write_bytes(new)


def free_ports(number):
    with contextlib.ExitStack() as all_at_once:
        sockets = [all_at_once.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def let_in(folder):
    """Another user can pass to this folder: those above it that are in the temporary folder are
    opened for that, for mkdtemp() closes what it makes."""
    mine = Path(tempfile.gettempdir()).resolve()
    for place in [folder, *folder.parents]:
        if place.stat().st_mode & 0o001:
            continue
        if mine not in place.parents:
            raise AssertionError(f"other users cannot pass {place}, so no server can use {folder}")
        place.chmod(place.stat().st_mode & 0o7777 | 0o011)


def hashed(password):
    """As the file realm of 6.x takes it (elasticsearch-users, algorithm PBKDF2)."""
    salt = os.urandom(32)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 10_000, 32)
    return f"{{PBKDF2}}10000${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


class Api:
    """HTTP calls of Elasticsearch's API at one address (`http://HOST:PORT`), one connection each.
    `login`: `USER:PASSWORD`."""

    def __init__(self, url, login=""):
        self.url, self.login = url.rstrip("/"), login

    def ask(self, method, path, body=None, timeout=120):
        """Status and bytes of the answer. A body is sent as it is when it is text or bytes, else as
        JSON."""
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        address = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)
        bulk = path.partition("?")[0].endswith("/_bulk")
        headers = {}
        if body is not None:  # without one, 1.7 takes it for the form that is wanted of the answer
            headers["Content-Type"] = "application/x-ndjson" if bulk else "application/json"
        if self.login:
            headers["Authorization"] = "Basic " + base64.b64encode(self.login.encode()).decode()
        try:
            connection.request(method, path, body.encode() if isinstance(body, str) else body,
                               headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def call(self, method, path, body=None, timeout=120):
        """What a call that must succeed answers: the value of its JSON, or its text."""
        status, answer = self.ask(method, path, body, timeout)
        if status >= 400:
            raise AssertionError(f"{method} {path}: {status} {answer.decode(errors='replace')[:2000]}")
        try:
            return json.loads(answer)
        except ValueError:
            return answer.decode()

    def version(self):
        """The major and minor version as numbers."""
        return tuple(int(n) for n in self.call("GET", "/")["version"]["number"].split(".")[:2])


class Elasticsearch(Api):
    """One cluster of one node, or of two that are started by this process. Node 0 is the only one
    that can be master. `path_repo`: the folders below which snapshot repositories may stand, a path
    or a list of paths for all nodes, or a dict of them by node (a node that is not in it has none);
    a folder that is not there is made and given to the server. `settings`: more lines of
    elasticsearch.yml. `users`: of 6.x, names with their passwords, who may do everything: nobody else
    is let in then, and call() is the first of them. Each node's file stands under
    configuration(node) and is written once, so a test can change it and start the node again."""

    def __init__(self, version="1.7.6", folder=None, path_repo=None, cluster_name="escluster",
                 nodes=1, settings=None, users=None, jvm=()):
        super().__init__("", next((":".join(user) for user in (users or {}).items()), ""))
        self.release, self.cluster_name, self.nodes, self.jvm = version, cluster_name, nodes, jvm
        home = get(version)
        self.own = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="lifeboat-es-")).resolve()
        self.path_repo, self.settings = path_repo, dict(settings or {})
        self.user = None
        if os.getuid() == 0 and version != "1.7.6":  # from 5.0 on it refuses to run as root
            self.user = pwd.getpwnam("nobody")
        self.processes = [None] * nodes
        self.ports = self.transport_ports = ()
        self.home = self.passable(home)
        for node in range(nodes):
            for name in ("data", "logs", "tmp", "config"):
                self.give(self.place(node) / name)
            log = "logging.yml" if self.is_old() else "log4j2.properties"
            shutil.copy(self.home / "config" / log, self.place(node) / "config")
            if users:
                lines = {"users": [f"{name}:{hashed(word)}" for name, word in users.items()],
                         "users_roles": [f"superuser:{','.join(users)}"]}
                for name, rows in lines.items():
                    (self.place(node) / "config" / name).write_text("\n".join(rows) + "\n")
                self.settings["xpack.security.enabled"] = True
            for repository in self.repositories(node):
                self.give(repository)
        if self.user:
            for repository in self.repositories(0) + self.repositories(nodes - 1):
                let_in(repository.parent)
            let_in(self.folder)
        self.choose_ports()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill9()
        if self.own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def is_old(self):
        return self.release.startswith("1.")

    def place(self, node):
        return self.folder / f"node{node}"

    def configuration(self, node=0):
        return self.place(node) / "config/elasticsearch.yml"

    def output(self, node=0):
        file = self.place(node) / "output"
        return file.read_text(errors="replace") if file.exists() else ""

    def repositories(self, node):
        wanted = self.path_repo
        if isinstance(wanted, dict):
            wanted = wanted.get(node)
        wanted = [wanted] if isinstance(wanted, (str, Path)) else wanted or []
        return [Path(one).absolute() for one in wanted]

    def give(self, folder):
        """Makes a folder that the server may write into; one that is there stays as it is."""
        if folder.exists():
            return
        folder.mkdir(parents=True)
        if self.user:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    def passable(self, home):
        """A cache in root's own home is closed to the server's user: then it is linked to here."""
        if not self.user or all(p.stat().st_mode & 0o001 for p in home.parents):
            return home
        linked = self.folder / home.name
        try:
            shutil.copytree(home, linked, copy_function=os.link)
        except shutil.Error:  # on another file system
            shutil.rmtree(linked)
            shutil.copytree(home, linked)
        return linked

    def choose_ports(self):
        ports = free_ports(2 * self.nodes)
        self.ports, self.transport_ports = ports[:self.nodes], ports[self.nodes:]
        self.url = f"http://127.0.0.1:{self.ports[0]}"
        for node in range(self.nodes):
            self.configuration(node).write_text("".join(
                f"{key}: {json.dumps(value)}\n" for key, value in self.lines(node).items()))

    def lines(self, node):
        place = self.place(node)
        lines = {
            "cluster.name": self.cluster_name, "node.name": f"n{node + 1}",
            "node.master": node == 0, "path.data": str(place / "data"),
            "path.logs": str(place / "logs"), "network.host": "127.0.0.1",
            "http.port": self.ports[node], "transport.tcp.port": self.transport_ports[node],
            "discovery.zen.ping.unicast.hosts": [f"127.0.0.1:{p}" for p in self.transport_ports],
            # Else a machine whose disk is nearly full gets no shards.
            "cluster.routing.allocation.disk.threshold_enabled": False,
        }
        if repositories := self.repositories(node):
            lines["path.repo"] = [str(one) for one in repositories]
        # With the default of one thread requests stall while a throttled snapshot runs.
        if self.is_old():
            lines |= {"threadpool.snapshot.size": 4, "index.number_of_shards": 1,
                      "index.number_of_replicas": 0, "discovery.zen.ping_timeout": "200ms",
                      "discovery.zen.ping.multicast.enabled": False}
        else:
            lines |= {"thread_pool.snapshot.max": 4, "xpack.watcher.enabled": False,
                      "xpack.ml.enabled": False, "xpack.monitoring.enabled": False}
            if self.nodes == 1:
                lines["discovery.type"] = "single-node"
        return {**lines, **self.settings}

    def command(self, node):
        heap = 512 // self.nodes
        place = self.place(node)
        words = ["java", f"-Xms{heap}m", f"-Xmx{heap}m", "-Xss1m", "-XX:+UseSerialGC",
                 "-XX:-UsePerfData", "-Djava.awt.headless=true", "-Dfile.encoding=UTF-8",
                 f"-Djava.io.tmpdir={place / 'tmp'}", *self.jvm]
        if self.is_old():
            words += ["-Delasticsearch", "-Des.foreground=yes", f"-Des.path.home={self.home}",
                      f"-Des.path.conf={place / 'config'}"]
            path = f"{self.home}/jvm-info:{self.home}/lib/*:{self.home}/lib/sigar/*"
        else:
            words += [f"-Des.path.home={self.home}", f"-Des.path.conf={place / 'config'}",
                      "-Des.distribution.flavor=default", "-Des.distribution.type=zip",
                      "-Djna.nosys=true", "-Dio.netty.noUnsafe=true", "-Dlog4j2.disable.jmx=true",
                      "-Dio.netty.noKeySetOptimization=true", "-Dlog4j.shutdownHookEnabled=false",
                      "-Dio.netty.recycler.maxCapacityPerThread=0",
                      "-Dlog4j2.formatMsgNoLookups=true", "-Djava.locale.providers=COMPAT"]
            path = f"{self.home}/lib/*"
        words += ["-cp", path, "org.elasticsearch.bootstrap.Elasticsearch"]
        user = ["--reuid", str(self.user.pw_uid), "--regid", str(self.user.pw_gid),
                "--clear-groups", "--inh-caps=-all"] if self.user else []
        return ["setpriv", "--pdeathsig", "KILL", *user, *words]

    def spawn(self, node):
        """Starts one node without waiting for it."""
        place = self.place(node)
        with (place / "output").open("ab") as output:
            self.processes[node] = subprocess.Popen(
                self.command(node), cwd=place / "tmp", stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(place / "tmp"),
                     "HOSTNAME": "localhost"})

    def start(self, node=None, wait=True):
        """Starts the nodes (or one) that do not run, and waits until all that run are one cluster
        whose shards are back."""
        first = not any(self.processes)
        for one in range(self.nodes) if node is None else (node,):
            if not self.is_running(one):
                self.spawn(one)
        if not wait:
            return
        try:
            self.wait()
        except ConnectionError:
            # Ports that were free a moment ago belong to somebody else now.
            if not first or "BindException" not in "".join(map(self.output, range(self.nodes))):
                raise AssertionError(self.ends()) from None
            self.kill9()
            self.choose_ports()
            self.start(node)

    def wait(self, seconds=START_SECONDS):
        """Waits until every running node answers and they have found each other, and until every
        index has its primary shards; ConnectionError when one ends instead."""
        end = time.monotonic() + seconds
        running = [node for node in range(self.nodes) if self.is_running(node)]
        if not running:
            raise ConnectionError("no node runs")
        health = f"/_cluster/health?wait_for_nodes=%3E%3D{len(running)}&wait_for_status=yellow" \
                 "&timeout=1s"
        for node in running:
            api = Api(f"http://127.0.0.1:{self.ports[node]}", self.login)
            while True:
                try:
                    status, answer = api.ask("GET", health, timeout=10)
                    if status == 200 and json.loads(answer)["timed_out"] is False:
                        break
                except (OSError, http.client.HTTPException, ValueError):
                    pass
                if not self.is_running(node):
                    raise ConnectionError("it has ended")
                if time.monotonic() > end:
                    raise AssertionError(f"not ready after {seconds} s\n{self.ends()}")
                time.sleep(0.05)

    def is_running(self, node=0):
        return self.processes[node] is not None and self.processes[node].poll() is None

    def pid(self, node=0):
        return self.processes[node].pid

    def end(self, node, number, seconds):
        for one in range(self.nodes) if node is None else (node,):
            if self.is_running(one):
                self.processes[one].send_signal(number)
        for one in range(self.nodes) if node is None else (node,):
            if self.processes[one] is not None:
                try:
                    self.processes[one].wait(seconds)
                except subprocess.TimeoutExpired:
                    self.processes[one].kill()
                    self.processes[one].wait()

    def stop(self, node=None):
        """As an admin does; killed when it does not end within half a minute."""
        self.end(node, signal.SIGTERM, 30)

    def kill9(self, node=None):
        self.end(node, signal.SIGKILL, 30)

    def restart(self, node=None):
        self.stop(node)
        self.start(node)

    def ends(self):
        """The last lines that each node wrote."""
        return "\n".join(f"--- node {node}\n{self.output(node)[-3000:]}"
                         for node in range(self.nodes))
