# SPDX-License-Identifier: GPL-3.0-or-later
"""An Alien4Cloud 1.1.0 installation as Lifeboat finds it: a server with its indices, the tree of its
files, and its configuration, each fitting the others. Invented, and equal for equal seeds.

    with Elasticsearch("1.7.6", path_repo=share) as server:
        alien = Alien4Cloud(server, folder)
        alien.make()
        before = all_documents(server), all_files(alien.data)
        alien.damage()
"""

import json
import os
import random
import shutil
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from documents import EXPIRING, INDICES, ODD_TEXTS, WORDS, Documents

BULK = 6_000_000  # bytes of one request
TEXT = " ".join(WORDS)
# May 2016, in nanoseconds: nothing in the tree has the time at which the test ran.
BORN_NS = 1_462_060_800_000_000_000
SMALL = 8_000  # middle size of a small file
ENTRY = (2016, 5, 1, 0, 0, 0)
LEFTOVERS = ("elasticsearch/data/escluster/nodes/0/node.lock", "elasticsearch/logs/escluster.log")


def layout(old=True):
    """Index and type of everything. Several types cannot stand in one index from 6.0 on: there the
    first type keeps the index's name, and each other one has an index with its own name."""
    for index, types in INDICES.items():
        for kind in types:
            yield (index if old or kind == types[0] else kind), index, kind


def mapping(index, old, ttl):
    """One type's. As with the application, every type has a numeric alienScore, and what holds free
    values is not indexed."""
    exact = {"type": "string", "index": "not_analyzed"} if old else {"type": "keyword"}
    words = {"type": "string"} if old else {"type": "text"}
    found = {
        "date_detection": False,
        "dynamic_templates": [
            {"free": {"match_pattern": "regex", "match": "properties|attributes|interfaces",
                      "match_mapping_type": "object",
                      "mapping": {"type": "object", "enabled": False}}},
            {"exact": {"match": "*", "match_mapping_type": "string", "mapping": exact}}],
        "properties": {"alienScore": {"type": "long"}, "description": words}}
    if old:
        found["_all"] = {"enabled": False}
        if index in EXPIRING:
            found["_ttl"] = {"enabled": True, "default": ttl}
    return found


class Alien4Cloud:
    """`api`: an elasticsearch.Api. `folder`: holds data (directories.alien), config, admin-tool and
    backups. `size`: bytes of the tree, about. `owner`: (uid, gid) of the tree, else who runs the
    test. `leftovers`: also what an embedded server leaves in the tree."""

    def __init__(self, api, folder, documents=2000, size=20_000_000, seed=1, ttl="1d", owner=None,
                 leftovers=False):
        self.api, self.folder, self.size, self.seed = api, Path(folder), size, seed
        self.ttl, self.owner, self.leftovers = ttl, owner, leftovers
        self.old = api.version()[0] < 6
        self.documents = Documents(documents, seed, double_keys=self.old)
        self.data, self.config = self.folder / "data", self.folder / "config"
        self.admin_tool = self.folder / "admin-tool/config/admin-tool-config.yml"

    def make(self):
        self.fill()
        self.make_tree()
        self.write_configuration()

    # The server.

    def indices(self):
        return sorted({name for name, *_ in layout(self.old)})

    def counts(self):
        """How many documents each index has."""
        found = dict.fromkeys(self.indices(), 0)
        for name, index, kind in layout(self.old):
            found[name] += self.documents.counts[index, kind]
        return found

    def fill(self):
        """Creates the indices and puts every document in; AssertionError when one is not there."""
        mappings = {}
        for name, index, kind in layout(self.old):
            mappings.setdefault(name, {})[kind] = mapping(index, self.old, self.ttl)
        # Waiting for each one's shard takes a second an index on 6.x.
        quick = "" if self.old else "?wait_for_active_shards=0"
        for name, kinds in mappings.items():
            self.api.call("PUT", f"/{name}{quick}", {
                "settings": {"number_of_shards": 1, "number_of_replicas": 0,
                             "refresh_interval": "-1"}, "mappings": kinds})
        self.api.call("GET", "/_cluster/health?wait_for_status=green&timeout=60s")
        names = {(index, kind): name for name, index, kind in layout(self.old)}
        send(self.api, ((names[index, kind], kind, identifier, source)
                        for index, kind, identifier, source in self.documents))
        every = ",".join(mappings)
        self.api.call("PUT", f"/{every}/_settings", {"index": {"refresh_interval": "1s"}})
        self.api.call("POST", f"/{every}/_refresh")
        there = counts(self.api, mappings)
        assert there == self.counts(), (there, self.counts())

    # The tree.

    def make_tree(self):
        """Everything below directories.alien, with the names that the documents have."""
        rng = random.Random(f"{self.seed}/tree")
        self.rng, self.written = rng, 0
        for name in ("csar", "artifacts", "images", "upload", "plugins", "work/plugins/content",
                     "work/plugins/ui"):
            (self.data / name).mkdir(parents=True)
        for name, version in self.documents.csars:
            self.make_csar(name, version)
        for artifact in self.documents.artifacts:
            self.write(f"artifacts/{artifact}", rng.randbytes(rng.randrange(2000)))
        for number, image in enumerate(self.documents.images):
            for prefix, size in (("", 900), ("QUALITY_16", 90), ("QUALITY_32", 150),
                                 ("QUALITY_64", 300), ("QUALITY_128", 500)):
                self.write(f"images/{prefix}{image}.png", b"\x89PNG\r\n\x1a\n" + rng.randbytes(size))
        for plugin in self.documents.plugins:
            self.make_plugin(plugin)
        self.write("upload/upload_7301.tmp", rng.randbytes(5000))
        for name in LEFTOVERS if self.leftovers else ():
            self.write(name, b"left by an embedded server\n")
        self.make_bulk()
        self.give_away()

    def write(self, path, content, mode=0o644):
        file = self.data / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(mode)
        self.written += len(content)

    def make_csar(self, name, version):
        place = f"csar/{name}/{version}"
        files = {
            "types.yml": f"tosca_definitions_version: tosca_simple_yaml_1_0_0_wd03\n"
                         f"template_name: {name}\ntemplate_version: {version}\n",
            "scripts/start.sh": "#!/bin/sh\nexec \"$@\"\n",
            "docs/größe, 2 ✓.txt": ODD_TEXTS[0] + "\n",
        }
        for path, text in files.items():
            self.write(f"{place}/expanded/{path}", text.encode(),
                       0o755 if path.endswith("sh") else 0o644)
        archive = self.data / place / f"{name}-{version}.csar"
        write_zip(archive, files)
        self.written += archive.stat().st_size
        self.write(f"{place}/content.json",
                   json.dumps({"name": name, "children": sorted(files)}).encode())
        self.write(f"{place}/parsingresult.json", b'{"context":{"parsingErrors":[]}}')

    def plugin_files(self, plugin, version):
        files = {
            "META-INF/plugin.yml":
                f"id: {plugin.identifier}\nname: {plugin.name}\nversion: {version}\n"
                f"description: {plugin.name}, invented.\nconfiguration_class: x.Configuration\n"
                f"component_descriptors:\n  - bean_name: {plugin.bean}\n    name: {plugin.name}\n",
            f"lib/{plugin.identifier}-{version}.jar": f"code of {plugin.id}, {version}\n" * 200,
            "lib/helper.jar": f"more code, {version}\n" * 100,
        }
        if plugin.ui:
            files |= {"ui/entry.js": f"// {plugin.name} {version}\n",
                      "ui/views/main.html": "<p>ferry</p>\n", "ui/images/größe.svg": "<svg/>\n"}
        return files

    def make_plugin(self, plugin):
        files = self.plugin_files(plugin, plugin.version)
        place = f"work/plugins/content/{plugin.path_id}"
        for path, text in files.items():
            self.write(f"{place}/{path}", text.encode(), 0o640 if path.startswith("lib") else 0o644)
            if path.startswith("ui/"):
                self.write(f"work/plugins/ui/{plugin.path_id}/{path[3:]}", text.encode())
        (self.data / place / "lib/current.jar").symlink_to("helper.jar")
        self.written += self.plugin_zip(
            plugin, self.data / f"plugins/{plugin.identifier}-{plugin.version}.zip").stat().st_size

    def plugin_zip(self, plugin, file, version=None):
        """The plugin as it is uploaded, of its own version or another one."""
        write_zip(file, self.plugin_files(plugin, version or plugin.version))
        return file

    def make_bulk(self):
        """What makes the tree as large as was asked for: a fifth in many small files, which compress
        well, and the rest in some large ones, which do not."""
        left = max(self.size - self.written, 0)
        small = min(left // 5 // SMALL, 20_000)
        places = [f"csar/{name}/{version}/expanded/files/{n % 7}"
                  for n, (name, version) in enumerate(self.documents.csars)]
        for n in range(small):
            size = min(self.rng.randrange(1, 2 * SMALL), self.size - self.written)
            line = f"{n} {self.rng.getrandbits(64)} {TEXT}\n"
            self.write(f"{places[n % len(places)]}/file{n}.txt",
                       (line * (size // len(line) + 1)).encode()[:size])
        largest = max(min(left // 6, 300_000_000), 100_000)
        large = [f"work/plugins/content/{p.path_id}/lib/large.jar" for p in self.documents.plugins[:2]] \
            + [f"artifacts/{artifact}" for artifact in self.documents.artifacts] \
            + [f"{place}/large.bin" for place in places]
        for path in large:
            size = min(self.rng.randrange(largest // 3, largest), self.size - self.written)
            if size <= 0:
                break
            with (self.data / path).open("wb") as file:
                for at in range(0, size, 1 << 20):
                    file.write(self.rng.randbytes(min(1 << 20, size - at)))
            self.written += size

    def give_away(self):
        """Owner, modes and times, of what is inside of a folder before its own."""
        for number, (place, folders, files) in enumerate(os.walk(self.data, topdown=False)):
            for n, path in enumerate(os.path.join(place, name) for name in sorted(files)):
                if self.owner:
                    os.lchown(path, *self.owner)
                when = BORN_NS + number * 1_000_000_007 + n * 1_000_003
                os.utime(path, ns=(when, when), follow_symlinks=False)
            if self.owner:
                os.chown(place, *self.owner)
            os.chmod(place, 0o750 if number % 5 == 0 else 0o755)
            os.utime(place, ns=(BORN_NS + number, BORN_NS + number))

    # Its configuration.

    def write_configuration(self, hosts="127.0.0.1:9300", cluster_name="escluster", password="admin"):
        """The files that an admin has, in the vendor's mixture of nested and dotted keys."""
        files = {self.config / "alien4cloud-config.yml": f"""\
# Port of the user interface and of the REST services.
server:
  port: 8088
#  port: 8443

directories:
  # Archives and plugins in here are loaded at start.
  alien_init: init
  # All data. The folders below are relative to it.
  alien: {self.data}
  csar_repository: csar
  artifact_repository: artifacts
  upload_temp: upload
  images: images
  plugins: plugins

paas_monitor:
  monitor_interval_ms: 1000
  threadpool_size: 5
  # d (days), h (hours), m (minutes), ms
  events_lifetime: "1d"

components.search.boost:
  usage: 1
  version: 1000
  default: 10
  frequency: 24

elasticSearch:
  clusterName: {cluster_name}
  local: false
  client: true
  transportClient: true
  hosts: {hosts}
  resetData: false
  prefix_max_expansions: 10

alien_security:
  admin:
    ensure: true
    username: admin
    password: {password}
    email: admin@example.test

upload:
  max_archive_size: 52428800

audit:
  ttl: 1d
""", self.config / "elasticsearch.yml": f"""\
cluster.name: {cluster_name}
index.number_of_shards: 1
index.number_of_replicas: 0
network:
  host: 127.0.0.1
path:
  conf: {self.config}
""", self.admin_tool: f"""\
elasticsearch:
# Name of the cluster
  cluster_name: {cluster_name}
# Addresses of its nodes
  addresses: {hosts}

poller:
  scroll:
    lease: 120
    batch_size: 100

# Where migrated data is exported to
exporter.dir: {self.folder}/backups/export

# Where the files are copied to
backup.files_dir: {self.folder}/backups/files

# Where they are
alien4cloud.dir: {self.data}
"""}
        for file, text in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o600)
        for name in ("export", "files"):
            (self.folder / "backups" / name).mkdir(parents=True, exist_ok=True)

    # What goes wrong.

    def damage(self, seed=1):
        """Deletes an index, changes, deletes and adds documents; removes, changes and adds files.
        Returns a line for each, in the words of compare.difference()."""
        rng = random.Random(f"damage/{seed}")
        done = []
        gone = rng.choice(("application", "csar", "deployment", "topologytemplate"))
        self.api.call("DELETE", f"/{gone}")
        done.append(f"{gone}: gone")
        plugin = rng.choice(self.documents.plugins)
        orchestrator = rng.choice(self.documents.orchestrators)[0]
        image = rng.choice(self.documents.images)
        for path, body in ((f"plugin/plugin/{plugin.id}", {"id": plugin.id, "enabled": False}),
                           (f"orchestrator/orchestrator/{orchestrator}", {"state": "DISCONNECTED"})):
            self.api.call("PUT", "/" + path, body)
            done.append(path.replace("/", ": ", 1) + ": changed")
        self.api.call("PUT", "/user/user/intruder", {"username": "intruder"})
        done.append("user: user/intruder: new")
        self.api.call("DELETE", f"/imagedata/imagedata/{image}")
        done.append(f"imagedata: imagedata/{image}: gone")
        self.api.call("POST", "/plugin,orchestrator,user,imagedata/_refresh")

        content = f"work/plugins/content/{plugin.path_id}"
        shutil.rmtree(self.data / content / "META-INF")
        done += [f"{content}/META-INF: gone", f"{content}/META-INF/plugin.yml: gone"]
        (self.data / f"images/{image}.png").unlink()
        done.append(f"images/{image}.png: gone")
        name, version = rng.choice(self.documents.csars)
        changed = self.data / f"csar/{name}/{version}/content.json"
        with changed.open("r+b") as file:  # neither size nor time tell
            before = os.stat(changed)
            file.write(b"?")
        os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
        done.append(f"{changed.relative_to(self.data)}: changed in sha256")
        (self.data / "artifacts/intruder").write_bytes(b"new")
        done.append("artifacts/intruder: new")
        return done


def send(api, documents):
    """Puts documents, (index, type, id, source), in by bulk requests, two at a time."""
    room = threading.Semaphore(4)  # requests that wait in memory

    def post(body):
        try:
            answer = api.call("POST", "/_bulk", body, 600)
            assert not answer["errors"], [item for item in answer["items"]
                                          if item["index"]["status"] >= 300][:3]
        finally:
            room.release()

    with ThreadPoolExecutor(2) as pool:
        posted, lines, size = [], [], 0

        def flush():
            room.acquire()
            posted.append(pool.submit(post, b"".join(lines)))
            lines.clear()

        for index, kind, identifier, source in documents:
            action = {"index": {"_index": index, "_type": kind, "_id": identifier}}
            lines.append(f"{json.dumps(action)}\n{source}\n".encode())
            size += len(lines[-1])
            if size > BULK:
                flush()
                size = 0
        if lines:
            flush()
        for one in posted:
            one.result()


def counts(api, indices):
    return {index: api.call("GET", f"/{index}/_count")["count"] for index in indices}


def add_foreign_index(api, documents=300):
    """An index of somebody else in the same cluster; its name."""
    old = api.version()[0] < 6
    api.call("PUT", "/foreign-shop", {"settings": {"number_of_shards": 2, "number_of_replicas": 0}})
    kind = "item" if old else "_doc"
    send(api, (("foreign-shop", kind, str(n), json.dumps({"item": n, "what": WORDS[n % 10]}))
               for n in range(documents)))
    api.call("POST", "/foreign-shop/_refresh")
    return "foreign-shop"


def write_zip(file, files):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, text in files.items():
            packed.writestr(zipfile.ZipInfo(path, ENTRY), text)
