"""What the project installs and carries: pinned, locked with hashes, checked, and under licences that are kept."""

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from explorer.rendering.client import RUNTIME
from trainer.data import DATASETS

ROOT = Path(__file__).parents[1]
OWN = {"app", "benchmarks", "explorer", "tests", "trainer"}
OPTIONAL = {"umap"}  # offered where a person has it
EXTRAS = ("-heic", "-mcp", "-parquet", "-track")  # of the lists: packages that whoever uses the app may leave out
PER_MACHINE = re.compile(re.search(r"without='\^(.+)=='", (ROOT / ".ci" / "lock").read_text())[1])  # PyTorch's builds
SHIPPED = ("app.py", "explorer", "trainer")  # the rest is for who develops


def requirements(name: str) -> dict[str, Requirement]:
    """Name -> requirement, of a list or a lock; of a lock's entries that share a name, the last."""
    text = re.sub(r"\\\n", " ", (ROOT / name).read_text())
    lines = [line.split(" --hash", 1)[0].strip() for line in text.splitlines() if re.match(r"\w", line)]
    return {canonicalize_name(found.name): found for found in map(Requirement, lines)}


def foreign(path: Path) -> set[str]:
    """Top-level modules of others that a file imports anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).split(".")[0])
    return found - set(sys.stdlib_module_names) - OWN - OPTIONAL


def imported(*places: str) -> set[str]:
    """Distributions that the modules in these places import."""
    files = [
        file
        for place in places
        for file in ([ROOT / place] if place.endswith(".py") else ROOT.glob(f"{place}/**/*.py"))
    ]
    modules = set().union(*map(foreign, files))
    known = packages_distributions()
    return {canonicalize_name(known[module][0] if module in known else module) for module in modules}


def test_whatever_the_app_and_the_trainer_import_is_pinned_in_the_list():
    named = imported(*SHIPPED)
    assert {"filelock", "starlette", "torch", "pillow", "scikit-learn"} <= named
    assert not named - set().union(*(requirements(f"requirements{of}.txt") for of in ("", *EXTRAS)))


def test_whatever_tests_and_benchmarks_import_is_pinned_in_a_list():
    named = imported("tests", "benchmarks")
    assert {"pytest", "playwright"} <= named
    assert not named - set().union(
        *(requirements(f"requirements{of}.txt") for of in ("", "-dev", "-mutation", *EXTRAS))
    )


@pytest.mark.parametrize(
    "name",
    [
        "requirements.txt",
        "requirements-dev.txt",
        *(f"requirements{of}.txt" for of in EXTRAS),
        "requirements-mutation.txt",
        "requirements.lock",
        "requirements-dev.lock",
    ],
)
def test_everything_is_pinned_to_one_version(name):
    found = requirements(name)
    assert found
    assert not [str(r) for r in found.values() if not re.fullmatch(r"==[^*]+", str(r.specifier))]


def test_the_locks_hold_the_lists():
    run, dev = requirements("requirements.lock"), requirements("requirements-dev.lock")
    assert not run.keys() & dev.keys()
    lists = {"": run, "-dev": dev | run, "-mcp": dev | run, "-track": dev | run}
    for of, locked in lists.items():
        list_ = f"requirements{of}.txt"
        for name, wanted in requirements(list_).items():
            if not PER_MACHINE.fullmatch(name):
                assert name in locked, f"{name} of {list_} is not locked: run `make lock`"
                assert locked[name].specifier == wanted.specifier, f"{name}: run `make lock`"
    assert not [name for name in run | dev if PER_MACHINE.fullmatch(name)]


def needs(name: str) -> list[Requirement]:
    """What an installed package asks for on this machine; nothing where it is for another system."""
    try:
        found = [Requirement(text) for text in requires(name) or []]
    except PackageNotFoundError:
        return []
    return [need for need in found if need.marker is None or need.marker.evaluate({"extra": ""})]


def test_the_locks_hold_whatever_these_need_in_turn():
    locked = requirements("requirements.lock") | requirements("requirements-dev.lock")
    for name in [*locked, "torch", "torchvision"]:
        for need in needs(name):
            wanted = canonicalize_name(need.name)
            if not PER_MACHINE.fullmatch(wanted):
                assert wanted in locked, f"{name} needs {wanted}: run `make lock`"
                version = str(locked[wanted].specifier).removeprefix("==")
                assert need.specifier.contains(version, prereleases=True), f"{name} wants {need}, {version} is locked"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_hashes(name):
    entries = re.split(r"\n(?=\w)", (ROOT / name).read_text())[1:]
    assert len(entries) >= 10
    assert not [entry.splitlines()[0] for entry in entries if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)]


def test_no_list_says_where_to_install_from():
    for file in [*ROOT.glob("requirements*"), ROOT / "Makefile", ROOT / ".ci" / "lock", RUNTIME / "update.sh"]:
        assert not re.search(r"://|--(extra-)?index-url\s|--find-links\s|--registry\s", file.read_text()), file


def test_the_tools_that_check_the_pages_scripts_are_pinned_and_locked_by_hash():
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    text = (ROOT / "package-lock.json").read_text()
    locked = {key.removeprefix("node_modules/"): one for key, one in json.loads(text)["packages"].items() if key}
    assert {name: locked[name]["version"] for name in wanted} == wanted
    assert all(one["integrity"].startswith("sha512-") for one in locked.values())
    assert '"resolved"' not in text  # where to install from is the machine's choice


# ---- the vendored runtime


def test_the_vendored_runtime_is_what_its_script_fetched():
    sums = dict(reversed(line.split()) for line in (RUNTIME / "SHA256SUMS").read_text().splitlines())
    assert {
        "./ort.mjs",
        "./ort.wasm.gz",
        "./gpu.mjs",
        "./gpu.wasm.gz",
        "./LICENSE",
        "./ThirdPartyNotices.txt",
    } <= sums.keys()
    assert {name: hashlib.sha256((RUNTIME / name).read_bytes()).hexdigest() for name in sums} == sums
    kept = {f"./{file.name}" for file in RUNTIME.iterdir()} - sums.keys()
    assert kept == {"./SHA256SUMS", "./update.sh", "./worker.js"}  # our own


def run_update(folder: Path, *arguments: str, packed: bytes = b"something else") -> subprocess.CompletedProcess[str]:
    """The script on a copy of the runtime, where npm hands out `packed`."""
    place, tools = folder / "runtime", folder / "bin"
    shutil.copytree(RUNTIME, place)
    tools.mkdir()
    (folder / "packed").write_bytes(packed)
    (tools / "npm").write_text(f'#!/bin/sh\ncp "{folder}/packed" onnxruntime-web-1.30.0.tgz\n')
    (tools / "npm").chmod(0o755)
    way = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(["bash", str(place / "update.sh"), *arguments], env=way, capture_output=True, text=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("arguments", [(), ("1.30.0",), ("1.31.0", "sha512-AAAA"), ("1.30.0", "sha512-AAAA")])
def test_another_package_than_the_expected_one_is_refused(tmp_path, arguments):
    done = run_update(tmp_path, *arguments)
    assert done.returncode == 1
    assert re.search(r"its integrity is sha512-\S+==, expected sha512-\S+\. Nothing was changed\.", done.stderr)
    assert contents(tmp_path / "runtime") == contents(RUNTIME)


def test_another_version_without_its_integrity_is_refused(tmp_path):
    done = run_update(tmp_path, "1.31.0")
    assert done.returncode == 2
    assert "Say what onnxruntime-web 1.31.0 must be" in done.stderr
    assert contents(tmp_path / "runtime") == contents(RUNTIME)


# ---- licences, and what is said of security


@pytest.mark.parametrize("name", ["THIRD_PARTY.md", "SECURITY.md"])
def test_what_the_texts_point_at_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    paths = [path for path in re.findall(r"`([\w./*-]+)`", text) if "/" in path]
    assert not [link for link in links if not (ROOT / link).is_file()]
    assert paths
    assert not [path for path in paths if not any(ROOT.glob(path))]


def test_all_that_is_bundled_is_credited():
    text = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")
    version = (RUNTIME / "VERSION").read_text().split(",")[0]
    assert f"| {version} |" in text
    for card in ROOT.glob("checkpoints/*/README.md"):
        licence = re.search(
            r"^\| licence of the data \| ([^|(]+?) *[|(]", card.read_text(encoding="utf-8"), re.MULTILINE
        )[1]
        assert licence.lower() in text.lower(), f"{licence}, of {card}"
    for name in ("gradio", "plotly", "dicebear-core", "dicebear-styles", "resvg-py", "axe-playwright-python"):
        assert re.search(rf"^\| {name}\b", text, re.MULTILINE)
    named = set(re.findall(r"`([\w-]+)`", text))
    assert not DATASETS.keys() - named - {"folder", "pairs", "hf", "grid25", "ring8"}  # others' own, and free of rights
