# SPDX-License-Identifier: GPL-3.0-or-later
"""The real window on an X server of its own, driven by a program of tests/screens that waits at the
places where a test looks or does something.

LIFEBOAT_TEST_PICTURES: a folder where the pictures of every screen stay. LIFEBOAT_TEST_LOOK: `dark`
or `2x`: a dark palette, or twice the size, and only the pictures that a second look is worth."""

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from lifeboat import PROGRAM, Skip

LOOKS = {"": ([], "1"), "dark": (["dark", "main"], "1"), "2x": (["main"], "2")}


class Window:
    """A desktop for one story of the window."""

    def __init__(self, home, story):
        self.home = home
        self.story = Path(PROGRAM).with_name(story)
        if not self.story.exists():
            raise Skip("the window is not built here")
        self.look, self.scale = LOOKS[os.environ.get("LIFEBOAT_TEST_LOOK", "")]
        self.pictures = Path(os.environ.get("LIFEBOAT_TEST_PICTURES") or home.path / "pictures")
        self.desktop = desktop(home.environment)

    def __enter__(self):
        self.display = self.desktop.__enter__()
        return self

    def __exit__(self, *error):
        return self.desktop.__exit__(*error)

    def tell(self, facts, deeds):
        """Runs the program that drives the window; at each place that it names, what is to be done
        there. Gives the places."""
        file = self.home.path / "facts.json"
        file.write_text(json.dumps(facts))
        no_bus = f"unix:path={self.home.runtime}/no-bus"
        environment = {"DBUS_SESSION_BUS_ADDRESS": no_bus, **self.home.environment, **self.display,
                       "QT_SCALE_FACTOR": self.scale, "TZ": "UTC"}
        log = self.home.path / "story.log"
        with log.open("w") as errors:
            program = subprocess.Popen([self.story, self.pictures, file, *self.look],
                                       env=environment, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=errors, text=True)
        places = []
        try:
            for line in program.stdout:
                places.append(line.split()[-1])
                deeds.get(places[-1], lambda: None)()
                program.stdin.write("go on\n")
                program.stdin.flush()
            status = program.wait(60)
        finally:
            program.kill()
            program.wait()
            program.stdin.close()
            program.stdout.close()
        assert status == 0, (status, places, log.read_text()[-3000:])
        return places

    def has_pictures(self, main, all):
        """More than so many, with and without a look of its own."""
        assert len(list(self.pictures.glob("*.png"))) > (main if self.look else all)


@contextlib.contextmanager
def desktop(environment):
    """An X server with a window manager; gives the variables that programs find it by."""
    for program in ("Xvfb", "openbox"):
        if not shutil.which(program):
            raise Skip(f"{program} is not installed")
    reading, writing = os.pipe()
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
             "env": environment}
    # It finds a free number itself and says which.
    server = subprocess.Popen(["Xvfb", "-displayfd", str(writing), "-screen", "0", "2400x1600x24",
                               "-nolisten", "tcp"], pass_fds=[writing], **quiet)
    started = [server]
    try:
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        if not number:
            raise Skip("Xvfb does not start here")
        found = {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        quiet["env"] = {**environment, **found}
        started.append(subprocess.Popen(["openbox"], **quiet))
        yield found
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(10)
