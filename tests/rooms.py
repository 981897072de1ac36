"""The rooms of the project and who imports whom, before and now: `python -m tests.rooms`.

A room is a package of the trainer or of the explorer, a tab's folder, or a file that lies in none of them.
"""

import argparse
import ast
import io
import re
import subprocess
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
BEFORE = "a9e22a4"  # the last commit in which the trainer was 35 files in one folder
CODE = re.compile(r"(app\.py|(trainer|explorer|tests|benchmarks)/.*\.(py|js))")
FOREIGN = "explorer/web/runtime/"  # not written here
# Whose parameters are the fields of a record, each given by its name: a checkpoint's options, a benchmark's flags.
NAMED = re.compile(r"trainer/networks/\S* __init__|benchmarks/\w+\.py measure")
LINES, FUNCTION, CLASS, PARAMETERS = 300, 60, 200, 6  # the most a file, a function, a class and a signature may have

Sources = Mapping[str, str]  # path, from the project's folder: text


class Part(NamedTuple):
    """A function or a class: where it stands, how many lines it has and how many parameters it takes."""

    place: str
    kind: str
    lines: int
    parameters: int


def now() -> Sources:
    """The sources in the working tree that git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = [name for name in listed.stdout.splitlines() if is_code(name) and (ROOT / name).is_file()]
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in sorted(set(names))}


def at(commit: str) -> Sources:
    """The sources of a commit."""
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        return {file.name: files.extractfile(file).read().decode() for file in files if is_code(file.name)}


def is_code(name: str) -> bool:
    return bool(CODE.fullmatch(name)) and not name.startswith(FOREIGN)


def module_of(path: str) -> str:
    """explorer/core/model.py -> explorer.core.model."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def room_of(path: str) -> str:
    """explorer/core/directions/pca.py -> explorer.core; explorer/tabs/slide/tab.py -> explorer.tabs.slide."""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    tests = parts[0] == "tests"
    inner = parts[tests:]
    folders = inner if path.endswith("__init__.py") else inner[:-1]
    own = folders[:2] == ["explorer", "tabs"] or folders[:3] == ["explorer", "core", "inversion"]
    depth = 3 if own and len(folders) > 2 else 2
    return ".".join(parts[:tests] + inner[:depth])


@cache
def parsed(text: str) -> ast.Module:
    return ast.parse(text)


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that are there for the types alone."""
    todo = [tree]
    while todo:
        node = todo.pop()
        yield node
        only_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        todo += node.orelse if only_types else ast.iter_child_nodes(node)


def imported(path: str, tree: ast.AST, *, types: bool = True) -> set[str]:
    """Dotted names that a file imports anywhere in it, those of `from a import b` as a and a.b.

    Args: types: with what is imported for the types alone.
    """
    package = module_of(path) if path.endswith("__init__.py") else module_of(path).rpartition(".")[0]
    found = set()
    for node in ast.walk(tree) if types else nodes(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            found |= {source} | {f"{source}.{alias.name}" for alias in node.names}
    return found


def arrows(sources: Sources) -> dict[str, dict[str, list[str]]]:
    """Room -> the rooms that it imports -> the files that do. `from package import module` imports the module alone."""
    paths = {module_of(path): path for path in sources if path.endswith(".py")}
    found: dict[str, dict[str, list[str]]] = {room_of(path): {} for path in paths.values()}
    for path in paths.values():
        names = imported(path, parsed(sources[path])) & paths.keys()
        names -= {parent for name in names for parent in parents(name)}
        for room in {room_of(paths[name]) for name in names} - {room_of(path)}:
            found[room_of(path)].setdefault(room, []).append(path)
    return found


def parents(module: str) -> Iterator[str]:
    """a.b.c -> a.b, a."""
    while module := module.rpartition(".")[0]:
        yield module


def parts(sources: Sources) -> Iterator[Part]:
    """Every function and class of the Python files, every function of the scripts."""
    for path, text in sources.items():
        yield from python_parts(path, text) if path.endswith(".py") else script_parts(path, text)


def python_parts(path: str, text: str) -> Iterator[Part]:
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            taken = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            place = f"{path} {node.name}"
            count = 0 if NAMED.fullmatch(place) else len(set(taken) - {"self", "cls"})
            yield Part(place, "function", length(node), count)
        elif isinstance(node, ast.ClassDef):
            yield Part(f"{path} {node.name}", "class", length(node), 0)


def length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


START = re.compile(
    r"^( *)(?:export +)?(?:default +)?(?:async +)?(?:function\*? *(\w*)|(?:const|let) +(\w+) *= *(?:async +)?)"
    r"\(((?:[^()]|\([^()]*\))*)\) *(=>)? *\{ *$",
    re.MULTILINE,
)


def script_parts(path: str, text: str) -> Iterator[Part]:
    """The named functions of a script. As Prettier writes them, one ends at the next line that begins as it does with a
    closing brace."""
    for match in START.finditer(text):
        indent, one, other, taken, _ = match.groups()
        end = re.compile(rf"^{indent}\}}", re.MULTILINE).search(text, match.end())
        body = text[match.start() : end.end() if end else len(text)]
        taken = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "one", taken).rstrip(", \n")
        count = taken.count(",") + 1 if taken.strip() else 0
        yield Part(f"{path} {one or other or '(unnamed)'}", "function", body.count("\n") + 1, count)


def too_long(sources: Sources) -> dict[str, str]:
    """What is beyond a limit: a file, or a file and a name in it -> a sentence."""
    files = [(path, text.count("\n")) for path, text in sources.items()]
    found = {path: f"has {lines} lines; {LINES} are the most" for path, lines in files if lines > LINES}
    for place, kind, lines, parameters in parts(sources):
        maximum = FUNCTION if kind == "function" else CLASS
        if lines > maximum:
            found[place] = f"has {lines} lines; {maximum} are the most of a {kind}"
        if parameters > PARAMETERS:
            found[place] = f"takes {parameters} parameters; {PARAMETERS} are the most"
    return found


def table(sources: Sources) -> Iterable[str]:
    """Rooms, arrows and what is longest, as lines of Markdown."""
    graph = {room: to for room, to in arrows(sources).items() if room.split(".")[0] in ("trainer", "explorer", "app")}
    for package in ("trainer", "explorer"):
        inside = {room: [to for to in found if to.startswith(package)] for room, found in graph.items()}
        own = {room: found for room, found in inside.items() if room.startswith(f"{package}.")}
        yield f"| {package} | {len(own)} rooms | {sum(map(len, own.values()))} arrows |"
    ranked = sorted(parts(sources), key=lambda part: -part.lines)
    yield from longest("files", [(text.count("\n"), path) for path, text in sources.items()])
    yield from longest("functions", [(part.lines, part.place) for part in ranked if part.kind == "function"])
    yield from longest("classes", [(part.lines, part.place) for part in ranked if part.kind == "class"])
    yield from longest("most parameters", [(part.parameters, part.place) for part in ranked])


def longest(title: str, found: list[tuple[int, str]], count: int = 5) -> Iterator[str]:
    for number, place in sorted(found, reverse=True)[:count]:
        yield f"| {title} | {place} | {number} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.rooms", description=__doc__)
    parser.add_argument("--before", default=BEFORE, help="a commit to compare with [default: %(default)s]")
    args = parser.parse_args()
    for title, sources in ((args.before, at(args.before)), ("now", now())):
        print(f"\n### {title}\n", *table(sources), sep="\n")
    print("\n### who imports whom\n")
    for room, to in sorted(arrows(now()).items()):
        print(f"{room} -> {', '.join(sorted(to))}")


if __name__ == "__main__":
    main()
