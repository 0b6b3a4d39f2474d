#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_readme.py CLI: what README.md tells people to type exists, and its runbook is sound."""

import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

README = (Path(__file__).parent.parent.parent / "README.md").read_text()
CLI = sys.argv.pop()


def commands():
    """Every lifeboat-cli command of the README's shell blocks, as lists of words."""
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] == "lifeboat-cli":
                yield words[1:]


def cli(*words):
    return subprocess.run([CLI, *words], capture_output=True, text=True, check=False)


class Readme(unittest.TestCase):
    def test_commands_exist(self):
        found = list(commands())
        self.assertGreater(len(found), 10)
        for words in found:
            plain = [word for word in words if re.fullmatch(r"[a-z]+", word)][:2]
            for verb in (plain, plain[:1]):
                help_text = cli(*verb, "--help")
                if help_text.returncode == 0:
                    break
            self.assertEqual(help_text.returncode, 0, words)
            for option in filter(lambda word: word.startswith("--"), words):
                self.assertIn(option, help_text.stdout, words)

    def test_unknown_commands_are_seen(self):
        self.assertNotEqual(cli("fly", "--help").returncode, 0)

    def test_runbook_is_sound(self):
        runbook = re.search(r"```yaml\n(.*?)```", README, re.DOTALL).group(1)
        with tempfile.TemporaryDirectory() as folder:
            for text, good in ((runbook, True), (runbook.replace("steps:", "stepz:"), False)):
                file = Path(folder, "cache.clear.yaml")
                file.write_text(text)
                lint = cli("runbooks", "lint", str(file))
                self.assertEqual(lint.returncode == 0, good, lint.stdout + lint.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
