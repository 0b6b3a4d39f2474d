# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole story of an Alien4Cloud installation through the real window, on an X server of its own and
a real Elasticsearch: added from the vendor's files, prepared, saved, verified, rehearsed, damaged,
restored, migrated, assessed. The window is driven by tests/screens/alien_story.cpp, which asserts how
each run ends; what the runs did to documents and files is compared here, by other programs. Pictures
and looks: window.py."""

import json
import shutil
import subprocess
import urllib.parse
import urllib.request

from cloud import NAME, PASSWORD, Scene, compare, no_canary, start
from compare import all_documents, difference
from lifeboat import PROGRAM, Home, main
from test_migration import is_migrated, sources
from window import Window


class Installation(Scene):
    """One that Lifeboat knows nothing of yet, with the files that its admins have."""

    def __init__(self, home, server, share):
        super().__init__(home, server, share, documents=1_000, size=2_000_000)
        config = self.alien.config / "alien4cloud-config.yml"
        text = config.read_text()
        assert "  port: 8088\n" in text
        config.write_text(text.replace("  port: 8088\n", f"  port: {self.rest.settings['port']}\n"))
        self.new = home.path / "alien4cloud-1.2.0"
        (self.new / "config").mkdir(parents=True)
        shutil.copy(config, self.new / "config")
        for name in ("export", "scratch"):
            (home.path / name).mkdir()
        self.password = home.path / "alien_password"
        self.password.write_text(PASSWORD)

    def add_system(self, more):
        """The window does."""

    def facts(self):
        path = self.home.path
        return {
            "name": NAME,
            "files": [str(file) for file in (self.alien.config / "alien4cloud-config.yml",
                                             self.alien.admin_tool, self.server.configuration())],
            "start": self.rest.command("start"), "stop": self.rest.command("stop"),
            "age_identity": ["cat", str(self.daily.file)],
            "alien_password": ["cat", str(self.password)],
            "scratch": str(path / "scratch"), "export_dir": str(path / "export"),
            "new_program_dir": str(self.new),
            "new_start_command": self.rest.command("start-1.2"),
            "plugin_zip": str(self.alien.plugin_zip(self.alien.documents.plugins[0],
                                                    path / "plugin-1.2.0.zip", "1.2.0"))}

    def connect(self):
        """Alien writes its orchestrators anew when they have connected; from then on they stay as they
        are."""
        self.rest.fault(polls=0)
        subprocess.run(self.rest.command("start"), check=True)
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        login = urllib.parse.urlencode({"username": "admin", "password": PASSWORD}).encode()
        for path, body in (("/login", login), ("/rest/latest/orchestrators?from=0&size=50", None)):
            with browser.open(self.rest.url + path, body) as answer:
                told = json.load(answer)
        assert any(one["state"] == "CONNECTED" for one in told["data"]["data"]), told

    def stop(self):
        subprocess.run(self.rest.command("stop"), check=True)


def test_story():
    with Home(PROGRAM) as home:
        share = home.path / "share"
        with Window(home, "alien_story") as window, start(path_repo=share) as server:
            scene = Installation(home, server, share)
            scene.connect()
            before = scene.state()
            foreign = all_documents(server, [scene.foreign])
            old = sources(server)

            def added():
                shown = home.json("systems", "show", NAME)["inputs"]
                # Each of them from the files.
                assert shown["elasticsearch_url"] == [server.url], shown
                assert shown["cluster_name"] == server.cluster_name, shown
                assert shown["alien_dir"] == str(scene.alien.data), shown
                assert shown["config_dir"] == str(scene.alien.config), shown
                assert shown["snapshot_dir"] == str(share), shown
                assert shown["alien_url"] == scene.rest.url.replace("127.0.0.1", "localhost"), shown
                assert shown["alien_user"] == "admin", shown

            def saved():
                assert scene.rest.is_running(), "Alien was not started again"
                assert scene.own_traces() == [], scene.own_traces()

            def rehearsed():
                compare(before, scene.state(), "rehearsed")
                assert scene.own_traces() == [], scene.own_traces()
                assert (home.path / "scratch/data/csar").is_dir()
                scene.stop()
                scene.alien.damage()
                damaged = scene.state()
                assert difference(before[0], damaged[0]) and difference(before[1], damaged[1])

            def restored():
                assert scene.rest.is_running(), "Alien was not started"
                scene.stop()
                compare(before, scene.state(), "restored")
                assert all_documents(server, [scene.foreign]) == foreign
                subprocess.run(scene.rest.command("start"), check=True)

            def migrated():
                assert scene.rest.is_running(), "1.2.0 was not started"
                scene.stop()
                # Lifeboat has it write the settings that 1.2.0 needs.
                is_migrated(scene, old, "migrated", ("orchestrator", "orchestratorconfiguration"))
                sent = [json.loads(one["body"]) for one in scene.rest.requests()
                        if one["method"] == "PUT" and "orchestrators" in one["path"]]
                assert sent and all(one["delayBetweenDeploymentStatusPolling"] == 30
                                    for one in sent), sent
                subprocess.run(scene.rest.command("start-1.2"), check=True)

            places = window.tell(scene.facts(), {
                "added": added, "saved": saved, "rehearsed": rehearsed, "restored": restored,
                "migrated": migrated})
            assert places == ["added", "saved", "verified", "rehearsed", "restored", "migrated",
                              "assessed"], places
            titles = [one["title"] for one in home.json("obligations", "list")["obligations"]]
            assert any("orchestrator" in title for title in titles), titles
            no_canary(home)
            window.has_pictures(main=10, all=40)


if __name__ == "__main__":
    main(globals())
