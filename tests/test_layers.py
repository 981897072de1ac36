"""The rooms and their one direction of imports, no circles, nothing unpickled, nothing too long: each measured."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

import pytest

from tests.rooms import ROOT, Sources, arrows, imported, module_of, now, parsed, room_of, too_long

TAB = "trainer.util core rpc rendering web tabs"
FOLDERS = sorted(path.parent.name for path in (ROOT / "explorer" / "tabs").glob("*/tab.py"))
TABS = {f"explorer.tabs.{name}": TAB for name in FOLDERS} | {  # those that know more rooms
    "explorer.tabs.interpolate": f"{TAB} tabs.slide",
    "explorer.tabs.diagnosis": f"{TAB} core.inversion tabs.picture trainer.data trainer.metrics trainer.features "
    "trainer.checkpoints trainer.diagnosis trainer.reports",
    "explorer.tabs.translate": f"{TAB} core.inversion tabs.picture",
    "explorer.tabs.train": f"{TAB} trainer.data trainer.metrics trainer.training trainer.checkpoints trainer.diagnosis "
    "trainer.runs",
}
# From the lowest on: a room and those that it may import, all of which stand above it.
ROOMS = {
    "trainer.util": "",
    "trainer.data": "util",
    "trainer.networks": "util",
    "trainer.metrics": "util",
    "trainer.features": "util data metrics",
    "trainer.training": "util data networks metrics",
    "trainer.checkpoints": "util networks features training",
    "trainer.diagnosis": "util data metrics features checkpoints",
    "trainer.runs": "util data networks metrics features training checkpoints diagnosis",
    "trainer.reports": "util data networks metrics features training checkpoints diagnosis runs",
    "trainer.cli": "util data networks metrics features training checkpoints diagnosis runs reports",
    "trainer.__main__": "cli",
    "explorer.core": "trainer.util trainer.data trainer.networks trainer.metrics trainer.features trainer.checkpoints "
    "trainer.diagnosis trainer.runs",
    "explorer.core.inversion": "trainer.util trainer.data trainer.networks trainer.metrics trainer.features "
    "trainer.checkpoints trainer.diagnosis core",
    "explorer.rpc": "trainer.util core",
    "explorer.web": "trainer.util trainer.checkpoints",
    "explorer.rendering": "trainer.util trainer.checkpoints core rpc web",
    "explorer.server": "trainer.util rpc rendering web",
    "explorer.tabs": "trainer.util core rpc rendering web",
    "explorer.tabs.importing": f"{TAB} trainer.checkpoints",
    "explorer.tabs.picture": f"{TAB} trainer.features trainer.diagnosis core.inversion",
    **dict(sorted(TABS.items(), key=lambda item: len(item[1]))),
    "explorer.api": "trainer.diagnosis trainer.util trainer.checkpoints core rpc rendering tabs.diagnosis",
    "explorer.__main__": "trainer.util core core.inversion",
    "explorer": "explorer.api",  # `from explorer import load`, imported when it is asked for
    "explorer.ui": f"{TAB} server api tabs.importing tabs.picture {' '.join(f'tabs.{name}' for name in FOLDERS)}",
    "app": "trainer.util explorer.core explorer.rpc explorer.server explorer.ui explorer.tabs.diagnosis "
    "explorer.tabs.train",
}
BESIDES = {  # what the tests of a room import besides what it reaches, and why
    "trainer.util": {"trainer.data", "trainer.features", "trainer.diagnosis"},  # which files they cannot write
    "trainer.data": {"trainer.metrics", "trainer.features"},  # points: their reader and their measures
    "trainer.metrics": {"trainer.reports"},  # the inputs that a person can give to each measure
    "trainer.networks": {"trainer.training"},  # networks are built from a config
    # The Fabric that a run opens; the words of a command; a method of the tests' own that is a run and a checkpoint.
    "trainer.training": {"trainer.checkpoints", "trainer.runs", "trainer.cli"},
    "trainer.checkpoints": {"trainer.runs"},  # publishing
    "trainer.diagnosis": {"trainer.runs"},  # evaluated while training
    "trainer.runs": {"explorer.core"},  # a sheet shows what the explorer shows
    "trainer.reports": {"trainer.cli"},  # the words of a command
    "explorer.core": {"trainer.cli"},  # the same seeds give the same images there
    "explorer.tabs": {
        "trainer.metrics",
        "trainer.reports",
        "explorer.tabs.train",
        "explorer.tabs.diagnosis",
    },  # a figure is seen in both
    "explorer.tabs.train": {"trainer.cli"},  # which the tab starts as a process
    "explorer.rpc": {"explorer.rendering", "explorer.tabs.diagnosis"},  # whose answers it limits
    "explorer.web": {  # the page's sums against Model.ws and canonical recipes, its addresses as they are served
        *("trainer.networks", "trainer.checkpoints", "explorer.core", "explorer.rendering"),
    },
    "explorer.api": {"explorer"},  # the name under which a person imports it
    "explorer.rendering": {"explorer.ui"},  # a page that is built tells of no folder
}
EMPTY = {"trainer"}  # packages of rooms: they hold a line of documentation
PAGE = {"gradio", "plotly"}  # what draws pages: a room without them can be used by any other program
PICKLES = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


@pytest.fixture(scope="module")
def sources() -> Sources:
    return now()


@pytest.fixture(scope="module")
def rooms(sources) -> dict[str, dict[str, list[str]]]:
    """Room -> the rooms that it imports -> the files that do."""
    return arrows(sources)


@pytest.fixture(scope="module")
def trees(sources) -> dict[str, ast.Module]:
    """Path -> syntax tree of all Python."""
    return {path: parsed(text) for path, text in sources.items() if path.endswith(".py")}


def allowed(room: str) -> set[str]:
    """The rooms that a room may import, their names written out."""
    package = room.partition(".")[0]
    return {name if name in ROOMS else f"{package}.{name}" for name in ROOMS[room].split()}


def below(room: str) -> set[str]:
    """A room and all that it reaches: what its tests may import."""
    return {room}.union(*map(below, allowed(room)))


def is_part(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def test_each_room_may_import_rooms_above_it_in_the_table_alone():
    order = list(ROOMS)
    assert [(room, to) for room in order for to in allowed(room) if to not in order[: order.index(room)]] == []


def test_every_room_of_the_project_is_in_the_table(rooms):
    here = {room for room in rooms if is_part(room, "trainer", "explorer", "app")}
    assert here == ROOMS.keys() | EMPTY
    assert [room for room in EMPTY if rooms[room]] == []


def test_a_room_imports_those_of_the_table_alone(rooms):
    found = [
        (path, to)
        for room, others in rooms.items()
        if room in ROOMS
        for to, paths in others.items()
        if to not in allowed(room)
        for path in paths
    ]
    assert found == []


def test_the_tests_of_a_room_import_that_room_and_what_it_reaches_alone(rooms):
    """What goes through rooms that do not know each other is tested beside the folders of all of them."""
    found = [
        (path, to)
        for room, others in rooms.items()
        if room.removeprefix("tests.") in ROOMS and room.startswith("tests.")
        for to, paths in others.items()
        if to in ROOMS
        and to not in below(room.removeprefix("tests.")) | BESIDES.get(room.removeprefix("tests."), set())
        for path in paths
    ]
    assert found == []


def test_what_draws_pages_stays_out_of_the_trainer_and_of_the_explorers_core(trees):
    found = [
        (path, name)
        for path, tree in trees.items()
        if is_part(room_of(path), "trainer", "explorer.core", "explorer.server")
        for name in imported(path, tree)
        if is_part(name, *PAGE) and path != "explorer/server/app_server.py"
    ]
    assert found == []


class Graph(NamedTuple):
    """Which modules import which."""

    edges: dict[str, set[str]]

    def circle(self) -> list[str]:
        """Modules that import each other in a round, empty if none do."""
        try:
            TopologicalSorter(self.edges).prepare()
        except CycleError as error:
            return error.args[1]
        return []


def graph(trees: dict[str, ast.Module]) -> Graph:
    paths = {module_of(path): path for path in trees}
    edges = {}
    for module, path in paths.items():
        names = (imported(path, trees[path], types=False) & paths.keys()) - {module}
        parents = {n for n in names if paths[n].endswith("__init__.py") and any(is_part(m, n) for m in names - {n})}
        edges[module] = names - parents  # `from package import module` imports the module
    return Graph(edges)


def test_no_module_imports_itself_in_a_circle(trees):
    found = graph(trees)
    assert "trainer.networks.base" in found.edges["trainer.networks.layers"] | found.edges["trainer.networks.mlp"]
    assert found.circle() == []


def test_a_circle_is_found_where_there_is_one():
    texts = {"a.py": "from b import thing", "b.py": "def later():\n    import c", "c.py": "import a"}
    assert set(graph({path: ast.parse(text) for path, text in texts.items()}).circle()) == {"a", "b", "c"}


def unsafe(path: str, tree: ast.Module) -> Iterator[str]:
    """Where a file imports what unpickles, or loads arrays in a way that may."""
    yield from (f"{path}: {name}" for name in imported(path, tree) if name.split(".")[0] in PICKLES)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("torch.load", "np.load", "numpy.load"):
            arguments = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            sure = arguments.get("weights_only") == "True" or ast.unparse(node.func) != "torch.load"
            if not sure or arguments.get("allow_pickle", "False") != "False":
                yield f"{path}, line {node.lineno}: {ast.unparse(node)}"


def test_nothing_is_unpickled(trees):
    shipped = {path: tree for path, tree in trees.items() if is_part(room_of(path), "trainer", "explorer", "app")}
    assert [place for path, tree in shipped.items() for place in unsafe(path, tree)] == []


@pytest.mark.parametrize(
    "text", ["import pickle", "from joblib import load", "torch.load(f)", "np.load(f, allow_pickle=True)"]
)
def test_what_unpickles_is_found(text):
    assert list(unsafe("a.py", ast.parse(text)))


def test_no_file_function_class_or_signature_is_too_long(sources):
    assert too_long(sources) == {}


def test_what_is_too_long_is_found():
    long = "\n".join(["def f(a, b, c, d, e, g, h):", *["    a += 1"] * 60, "", "class C:", *["    x = 1"] * 300])
    script = "export const f = async (a, { b, c }, d) => {\n" + "  a();\n" * 60 + "};\n"
    assert too_long({"trainer/a.py": long, "explorer/a.js": script}) == {
        "trainer/a.py": "has 362 lines; 300 are the most",
        "trainer/a.py f": "takes 7 parameters; 6 are the most",
        "trainer/a.py C": "has 301 lines; 200 are the most of a class",
        "explorer/a.js f": "has 62 lines; 60 are the most of a function",
    }
