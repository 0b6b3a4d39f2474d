#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each house rule finds a deliberately bad sample, and leaves a good one alone."""

import importlib.util
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).parent
SPDX = "// SPDX-License-Identifier: GPL-3.0-or-later\n"


def load(path):
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


checks = load(HERE / "checks.py")
session = load(HERE.parent / "support" / "session.py")


def found(check, tree, **more):
    return list(check(tree, **more))


class Includes(unittest.TestCase):
    HEADERS = {"core/base/a.h": "", "core/model/b.h": "", "core/engine/c.h": "", "core/plan/d.h": "",
               "core/service/e.h": "", "core/systems/x/f.h": "", "core/systems/y/g.h": "", "ui/h.h": ""}

    def problems(self, path, line):
        return found(checks.includes, {**self.HEADERS, path: SPDX + line + "\n"})

    def test_own_row_is_allowed(self):
        for path, header in (("core/model/z.cpp", "core/base/a.h"), ("core/base/z.cpp", "core/base/a.h"),
                             ("ui/z.cpp", "core/service/e.h"), ("app/z.cpp", "core/engine/c.h"), ("app/z.cpp", "ui/h.h"),
                             ("core/plan/z.cpp", "core/systems/x/f.h"), ("ui/z.cpp", "ui/h.h"),
                             ("core/systems/x/z.cpp", "core/systems/x/f.h")):
            self.assertEqual(self.problems(path, f'#include "{header}"'), [], path)

    def test_other_rows_are_not(self):
        for path, header in (("core/base/z.cpp", "core/model/b.h"), ("ui/z.cpp", "core/engine/c.h"),
                             ("core/service/z.cpp", "core/plan/d.h"), ("core/engine/z.h", "ui/h.h"),
                             ("core/systems/x/z.cpp", "core/systems/y/g.h")):
            problems = self.problems(path, f'  #  include "{header}"')
            self.assertEqual(len(problems), 1, path)
            self.assertTrue(problems[0].startswith(f"{path}:2:"), problems)

    def test_written_from_the_root(self):
        self.assertEqual(len(self.problems("core/base/z.cpp", '#include "a.h"')), 1)
        self.assertEqual(len(self.problems("tests/core/base/z.cpp", '#include "../a.h"')), 1)
        self.assertEqual(self.problems("core/base/z.cpp", '#include "z.moc"'), [])

    def test_libraries_have_one_user(self):
        for layer, header in (("config", "yaml-cpp/yaml.h"), ("archive", "zstd.h"),
                              ("archive", "archive.h"), ("archive", "archive_entry.h"),
                              ("inventory", "QSqlQuery"), ("transport", "libssh2.h"),
                              ("transport", "QNetworkAccessManager"), ("runner", "QLocalSocket"),
                              ("secrets", "qt6keychain/keychain.h")):
            self.assertEqual(self.problems(f"core/{layer}/z.cpp", f"#include <{header}>"), [], header)
            for other in ("core/service", "core/model", "ui"):
                problems = self.problems(f"{other}/z.cpp", f"#include <{header}>")
                self.assertEqual(len(problems), 1, f"{other} {header}")

    def test_no_widgets_in_core(self):
        self.assertEqual(len(self.problems("core/service/z.cpp", "#include <QMessageBox>\n"
                                                                 "#include <QWidget>")), 1)
        self.assertEqual(self.problems("core/service/z.cpp", "#include <QByteArrayView>"), [])


class Links(unittest.TestCase):
    def problems(self, path, text):
        return found(checks.links, {path: text})

    def test_links_follow_the_table(self):
        self.assertEqual(self.problems("core/model/CMakeLists.txt", "lb_core(model LINKS lb_base)"), [])
        self.assertEqual(len(self.problems("core/model/CMakeLists.txt",
                                           "lb_core(model SOURCES a.cpp\n LINKS lb_base lb_plan)")), 1)
        self.assertEqual(len(self.problems("core/plan/CMakeLists.txt",
                                           "target_link_libraries(lb_plan PRIVATE lb_archive)")), 1)
        self.assertEqual(len(self.problems("ui/CMakeLists.txt",
                                           "target_link_libraries(lb_ui lb_engine)")), 1)
        self.assertEqual(self.problems("core/plan/CMakeLists.txt",
                                       "lb_core(plan LINKS lb_base lb_systems_files)"), [])

    def test_systems_have_libraries_of_their_own_names(self):
        harbour = {"core/systems/harbour/CMakeLists.txt": "lb_core(harbour LINKS lb_base lb_model)"}

        def problems(path, text):
            return found(checks.links, {**harbour, path: text})
        self.assertEqual(found(checks.links, harbour), [])
        self.assertEqual(problems("core/plan/CMakeLists.txt", "lb_core(plan LINKS lb_harbour)"), [])
        for path, text in (("core/journal/CMakeLists.txt", "lb_core(journal LINKS lb_harbour)"),
                           ("core/systems/ferry/CMakeLists.txt", "lb_core(ferry LINKS lb_harbour)"),
                           ("core/systems/ferry/CMakeLists.txt", "lb_core(ferry LINKS lb_plan)")):
            self.assertEqual(len(problems(path, text)), 1, path)

    def test_libraries_follow_the_table(self):
        self.assertEqual(len(self.problems("core/store/CMakeLists.txt",
                                           "lb_core(store PRIVATE PkgConfig::ZSTD)")), 1)
        self.assertEqual(len(self.problems("core/service/CMakeLists.txt",
                                           "lb_core(service LINKS Qt6::Sql yaml-cpp)")), 2)

    def test_every_folder_of_core_has_a_row(self):
        root = HERE.parent.parent
        for folder in (root / "core").iterdir():
            if folder.is_dir() and any(folder.iterdir()):
                self.assertIn(folder.name, checks.ROWS)


class Text(unittest.TestCase):
    def test_licence_line(self):
        self.assertEqual(found(checks.licences, {"core/base/a.h": SPDX, "b.md": "text"}), [])
        self.assertEqual(len(found(checks.licences, {"core/base/a.h": "#pragma once\n",
                                                     "tests/run": "#!/bin/sh\n",
                                                     "CMakeLists.txt": ""})), 3)

    def test_words(self):
        self.assertEqual(found(checks.words, {"a.cpp": "mastodon"}), [])
        for bad in ("// TO" + "DO later", "FIX" + "ME", "cd /wo" + "rk/main", "/home/ann/boat/x"):
            self.assertEqual(len(found(checks.words, {"a.cpp": bad}, root="/home/ann/boat")), 1, bad)

    def test_glued_strings(self):
        for good in ('tr("Saved %1").arg(a + b)', 'help + tr("One on each line.")', "a + str(b)",
                     'QStringLiteral("  • ") + tr("%1, %2").arg(f(a), b)',
                     'tr("One") + QLatin1Char(\'\\n\')', 'a + tr("First. "\n   "Last.")',
                     'f(tr("One"), a + b)', 'QStringList{tr("One"), tr("Two")}'):
            self.assertEqual(found(checks.strings, {"ui/a.cpp": good}), [], good)
        for bad in ('tr("Saved ") + name', 'name + tr(" files")', 'tr("a (b) %1").arg(f(c)) + d',
                    'tr("of", "sizes")\n    + size', 'QStringLiteral("of ") + tr("files")'):
            self.assertEqual(len(found(checks.strings, {"ui/a.cpp": bad})), 1, bad)


class Window(unittest.TestCase):
    def test_reach(self):
        reached = checks.reach(checks.TABLE["window"])
        self.assertLessEqual({"base", "service", "runner", "journal"}, reached)
        self.assertFalse({"actions", "engine", "transport", "archive", "store"} & reached)

    def test_only_strong_symbols_count(self):
        listing = "0000 T _ZN2lb1aEv\n0000 W _ZN2lb1bEv\n     U _ZN2lb1cEv\n0000 t _ZL1d\n"
        self.assertEqual(checks.symbols(listing, "TDBR"), {"_ZN2lb1aEv"})
        self.assertEqual(checks.symbols(listing, "TDBRtdbr"), {"_ZN2lb1aEv", "_ZL1d"})


class Session(unittest.TestCase):
    """The program that counts the tests' functions must count right."""

    XML = """<testsuite>
<testcase name="good" status="run"><system-out>PASS   : tst_a::initTestCase()
PASS   : tst_a::one(row)
SKIP   : tst_a::two(row) needs root (and a loop device)
PASS   : tst_a::cleanupTestCase()
Totals: 3 passed, 0 failed, 1 skipped, 0 blacklisted, 1ms</system-out></testcase>
<testcase name="bad" status="fail"><system-out>FAIL!  : tst_b::three() Compared
Totals: 1 passed, 1 failed, 0 skipped, 0 blacklisted, 1ms</system-out></testcase>
<testcase name="crashed" status="fail"><system-out>PASS   : tst_c::one()</system-out></testcase>
<testcase name="late" status="fail"><system-out>Totals: 1 passed, 0 failed, 0 skipped</system-out></testcase>
<testcase name="missing" status="notrun"><skipped message="Unable to find executable"/></testcase>
<testcase name="absent" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
<system-out>no sshd</system-out></testcase>
<testcase name="script" status="fail"><system-out>Ran 7 tests in 0.107s

FAILED (failures=1, errors=1, skipped=2)
</system-out></testcase>
<testcase name="plain" status="run"><system-out>fine</system-out></testcase></testsuite>"""

    def test_count(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "results.xml")
            path.write_text(self.XML)
            count = session.count_junit(path)
        self.assertEqual(count.line(), "7 passed, 6 failed, 4 skipped")
        self.assertEqual(count.reasons, ["tst_a::two(row): needs root (and a loop device)",
                                         "absent: no sshd", "script: 2 functions"])
        self.assertEqual([failure.split(":")[0] for failure in count.failures],
                         ["tst_b", "crashed", "late", "missing", "script"])

    def test_removes_what_is_read_only(self):
        folder = tempfile.mkdtemp()
        closed = Path(folder, "a", "b")
        closed.mkdir(parents=True)
        (closed / "c").touch()
        closed.chmod(0)
        closed.parent.chmod(0o500)
        self.assertEqual(session.remove(folder), [])
        self.assertFalse(Path(folder).exists())


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
