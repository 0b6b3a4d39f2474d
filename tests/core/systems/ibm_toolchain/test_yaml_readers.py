#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Lifeboat writes as YAML says the same to independent readers of YAML 1.2 and 1.1.

test_yaml_readers.py WRITE_DATA_SAMPLES
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    from ruamel.yaml import YAML
except ImportError:
    # The distribution's package is of the distribution's own Python.
    if sys.executable != "/usr/bin/python3" and Path("/usr/bin/python3").exists():
        os.execv("/usr/bin/python3", ["/usr/bin/python3", "-B", *sys.argv])
    print("SKIP   : ibm_toolchain::yaml_readers() python3-ruamel.yaml is not installed")
    sys.exit(77)


def strict(value):
    """The value with its types told apart: to Python 1, 1.0 and True are equal."""
    if isinstance(value, dict):
        return {key: strict(member) for key, member in value.items()}
    if isinstance(value, list):
        return [strict(item) for item in value]
    return type(value).__name__, value


class YamlReaders(unittest.TestCase):
    program = None

    def test_every_sample_says_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([self.program, folder], check=True)
            samples = sorted(Path(folder).glob("*.yaml"))
            self.assertGreaterEqual(len(samples), 400)
            for sample in samples:
                expected = json.loads(sample.with_suffix(".json").read_bytes())
                for version in ("1.2", "1.1"):
                    with self.subTest(sample=sample.name, version=version):
                        reader = YAML(typ="safe", pure=True)
                        reader.version = version
                        text = sample.read_bytes().decode()
                        self.assertEqual(strict(reader.load(text)), strict(expected), text)


if __name__ == "__main__":
    YamlReaders.program = sys.argv.pop(1)
    unittest.main()
