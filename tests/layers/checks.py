#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""House rules that no compiler checks.

checks.py includes|links|licences|words|strings ROOT
checks.py window PROGRAM LAYER=LIBRARY…     what the window's binary is made of

Each prints what is wrong, one line each, and ends with 1 if there is anything. The layer table,
layers.json, is the only copy in the code.
"""

import json
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath

TABLE = json.loads((Path(__file__).parent / "layers.json").read_text())
ROWS = TABLE["rows"]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
SOURCE = (".h", ".cpp", ".py", ".sh", ".cmake", ".yaml", "CMakeLists.txt")
TOP = ("app", "core", "resources", "tests", "ui")


def read_tree(root):
    """Text of every file of the repository by its path; without git, of every visible file."""
    root = Path(root)
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "-co", "--exclude-standard"],
                            capture_output=True, check=False)
    if listed.returncode == 0:
        names = [name for name in listed.stdout.decode().split("\0") if name]
    else:
        names = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
        names = [name for name in names if not name.startswith((".git/", ".build/", "build/"))]
    tree = {}
    for name in names:
        try:
            tree[name] = (root / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # pictures, archives; deleted but not yet committed
    return tree


def layer_of(path):
    """The row that a file stands in: a folder of core, `ui`, `app`, or None."""
    parts = PurePosixPath(path).parts
    if parts[0] == "core" and len(parts) > 2:
        return parts[1]
    return parts[0] if parts[0] in ("ui", "app") and len(parts) > 1 else None


def may_use(layer):
    """Folders of core that a layer may include beside itself; app/ wires, so it may use all."""
    if layer == "ui":
        return TABLE["window"]
    return [*ROWS, "ui"] if layer == "app" else ROWS[layer]


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def includes(tree):
    for path, text in tree.items():
        if not path.endswith((".h", ".cpp")):
            continue
        layer = layer_of(path)
        for match in INCLUDE.finditer(text):
            bracket, header = match.groups()
            where = f"{path}:{line_of(text, match.start())}"
            if bracket == '"':
                if header.endswith(".moc") or header.startswith("moc_"):
                    continue
                beside = str(PurePosixPath(path).parent / header)
                if path.startswith("tests/") and beside in tree:
                    continue  # helpers of one test folder
                if header not in tree:
                    yield f'{where}: "{header}" is not written from the root, or is not there'
                    continue
                other = layer_of(header)
                if layer is None or other is None:
                    continue
                same_system = PurePosixPath(path).parts[:3] == PurePosixPath(header).parts[:3]
                if other == "systems" == layer and not same_system:
                    yield f"{where}: one system may not include another, {header}"
                elif other != layer and other not in may_use(layer):
                    yield f"{where}: {layer} may not include {header}"
            elif layer is not None:
                for library in TABLE["libraries"]:
                    if "headers" in library and layer not in library["only"] and \
                            re.match(library["headers"], header):
                        yield f"{where}: {layer} may not include <{header}> ({library['name']})"


def links(tree):
    """What the build description links, held against the same table as the includes."""
    descriptions = {path: re.sub(r"#.*", "", text) for path, text in tree.items()
                    if path.endswith("CMakeLists.txt")}
    # A system's library has its own name: lb_systems_alien4cloud is of the layer `systems`.
    homes = {"lb_" + name: PurePosixPath(path).parent for path, text in descriptions.items()
             for name in re.findall(r"lb_core\s*\(\s*(\w+)", text)}
    for path, text in descriptions.items():
        layer = layer_of(path)
        if layer in (None, "app"):
            continue
        for call in re.findall(r"(?:lb_core|target_link_libraries)\s*\(([^)]*)\)", text):
            for word in call.split():
                if re.fullmatch(r"lb_\w+", word):
                    other = word[3:]
                    other = next((row for row in ROWS if other == row or
                                  other.startswith(row + "_")), other)
                    home = homes.get(word)
                    if home and home.parts[:2] == ("core", "systems"):
                        other = "systems"
                    if other == "systems" == layer and home != PurePosixPath(path).parent:
                        yield f"{path}: one system may not link another, {word}"
                    elif other in ROWS and other != layer and other not in may_use(layer):
                        yield f"{path}: {layer} may not link {word}"
                for library in TABLE["libraries"]:
                    if "targets" in library and layer not in library["only"] and \
                            re.fullmatch(library["targets"], word):
                        yield f"{path}: {layer} may not link {word}"


def licences(tree):
    for path, text in tree.items():
        head = "\n".join(text.splitlines()[:3])
        if (path.endswith(SOURCE) or text.startswith("#!")) and \
                "SPDX-License-Identifier: GPL-3.0-or-later" not in head:
            yield f"{path}: no SPDX line at its beginning"


def words(tree, root=None):
    """Notes to ourselves, and paths that are right on one machine only."""
    # Put together here, so that this file does not find itself.
    unwanted = [r"\b" + word + r"\b" for word in ("TO" + "DO", "FIX" + "ME", "X" + "XX")]
    unwanted += ["/wo" + r"rk/\w"]
    if root is not None and str(root).count("/") > 1:
        unwanted.append(re.escape(str(root)))
    pattern = re.compile("|".join(unwanted))
    for path, text in tree.items():
        for match in pattern.finditer(text) if path != "LICENSE" else ():
            yield f"{path}:{line_of(text, match.start())}: {match.group()}"


LITERAL = r'"(?:[^"\\\n]|\\.)*"'
ARGUMENTS = rf"(?:[^()\"]|{LITERAL}|\((?:[^()\"]|{LITERAL}|\([^()]*\))*\))*"
# Indents, separators and line ends round a text are layout, not language.
LAYOUT = r"Q\w+\((?:'|\")(?:\\n|[^\w'\"])*(?:'|\")\)"
TR = re.compile(rf"({LAYOUT}\s*)?(\+\s*)?\btr\(\s*((?:{LITERAL}\s*)*){ARGUMENTS}\)"
                rf"(?:\s*\.arg\({ARGUMENTS}\))*(\s*\+(?!\+))?(\s*{LAYOUT})?")


def strings(tree):
    """Pieces glued together cannot be translated; whole sentences may follow one another."""
    for path, text in tree.items():
        if layer_of(path) is None or not path.endswith((".h", ".cpp")):
            continue
        for match in TR.finditer(text):
            layout_before, before, said, after, layout_after = match.groups()
            glued = (before and not layout_before) or (after and not layout_after)
            if glued and not re.match(r'"[A-Z%].*[.!?:]"$', said.strip(), re.DOTALL):
                yield f"{path}:{line_of(text, match.start())}: tr() glued with +: use %1 and arg()"


def reach(layers):
    """These layers and all that their rows reach."""
    found = set()
    pending = list(layers)
    while pending:
        layer = pending.pop()
        if layer not in found:
            found.add(layer)
            pending += ROWS.get(layer, [])
    return found


def output_of(*command):
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def symbols(nm_output, kinds):
    return {fields[-1] for fields in map(str.split, nm_output.splitlines())
            if len(fields) == 3 and fields[1] in kinds}


def window(program, libraries):
    """`libraries`: layer → static library. The window must hold nothing of layers it cannot reach,
    but for pure knowledge that app/ lends to its service."""
    allowed = reach([*TABLE["window"], *TABLE["lent"]])
    for soname in re.findall(r"\(NEEDED\).*\[(.*)\]", output_of("readelf", "-dW", program)):
        for library in TABLE["libraries"]:
            if soname.startswith(library.get("soname", "\0")) and \
                    not {"ui", *allowed} & set(library["only"]):
                yield f"{program} links {soname}"
    # A linker may make everything in a program local. In a library only what it alone defines
    # counts: inline functions (W, V) may be in any.
    inside = symbols(output_of("nm", program), "TDBRtdbr")
    for layer, file in libraries.items():
        if layer not in allowed:
            found = sorted(inside & symbols(output_of("nm", file), "TDBR"))
            if found:
                names = output_of("c++filt", *found[:3]).splitlines()
                yield f"{program} holds {len(found)} functions of core/{layer}: {', '.join(names)}"


def main(arguments):
    name, target, *rest = arguments
    if name == "window":
        problems = list(window(target, dict(word.split("=", 1) for word in rest)))
    else:
        tree = read_tree(target)
        check = {"includes": includes, "links": links, "licences": licences, "strings": strings,
                 "words": lambda tree: words(tree, Path(target).resolve())}[name]
        problems = list(check(tree))
        print(f"{len(tree)} files")
    for problem in problems:
        print(problem)
    print(f"{name}: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
