# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the vendor's a4c-admin-tool.sh of 1.2.0, whose code is not public: it reads its
configuration as the real one does and makes each index anew with every document in the new form.

AdminTool(folder, api) makes the folder with the script; fault("forgets") has it leave one index as it
is, fault("fails") end with 3 in the middle."""

import json
import os
import re
import sys
from pathlib import Path

import migrated
from alien4cloud import layout, mapping
from compare import index_states, scroll
from elasticsearch import Api

KEYS = ("cluster_name:", "addresses:", "poller.scroll.lease:", "exporter.dir:", "backup.files_dir:",
        "alien4cloud.dir:")


class AdminTool:
    def __init__(self, folder, api):
        self.folder = Path(folder)
        (self.folder / "config").mkdir(parents=True)
        script = self.folder / "a4c-admin-tool.sh"
        script.write_text(f"#!/bin/sh\nexec {sys.executable} -B {Path(__file__).resolve()} "
                          f"{self.folder} \"$@\"\n")
        script.chmod(0o755)
        (self.folder / "url").write_text(api.url)
        self.fault("")

    def fault(self, name):
        (self.folder / "fault").write_text(name)


def dump(value):
    if isinstance(value, migrated.Number):
        return str(value)
    if isinstance(value, migrated.Pairs):
        return "{%s}" % ",".join(f"{json.dumps(key)}:{dump(inner)}" for key, inner in value)
    if isinstance(value, list):
        return "[%s]" % ",".join(map(dump, value))
    return json.dumps(value)


def main(folder, *words):
    folder = Path(folder)
    if words != ("-migrate", "1.1.0"):
        sys.exit(f"unknown: {words}")
    config = (folder / "config/admin-tool-config.yml").read_text()
    for key in KEYS:
        if not re.search(rf'^\s*{re.escape(key)} "?[^"\s]', config, re.MULTILINE):
            sys.exit(f"{key} is missing in\n{config}")
    fault = (folder / "fault").read_text()
    api = Api((folder / "url").read_text())
    kinds = {}
    for index, _, kind in layout(True):
        kinds.setdefault(index, {})[kind] = mapping(index, True, "1d")
    for index in sorted(set(kinds) & set(index_states(api))):
        if index == "topology" and fault == "forgets":
            continue
        if index == "topology" and fault == "fails":
            return 3
        lines = []
        for hit in scroll(api, index, 500):
            new = dump(migrated.migrated(index, hit["_type"], hit["_source"]))
            lines += [json.dumps({"index": {"_index": index, "_type": hit["_type"],
                                            "_id": hit["_id"]}}), new]
        api.call("DELETE", f"/{index}")
        api.call("PUT", f"/{index}", {"settings": {"number_of_shards": 1, "number_of_replicas": 0},
                                      "mappings": kinds[index]})
        if lines:
            status, answer = api.ask("POST", "/_bulk?refresh=true", "\n".join(lines) + "\n")
            if status != 200 or json.loads(answer)["errors"]:
                sys.exit(answer.decode()[:2000])
    print("Migration done")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
