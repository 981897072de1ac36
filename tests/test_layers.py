"""The import rule, measured: who may import whom, no circles, no pickle."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in [ROOT / "app.py", *ROOT.glob("trainer/**/*.py"), *ROOT.glob("explorer/**/*.py")]
    if path.exists()
}
CORE = (
    "explorer.core.recipe",
    "explorer.core.model",
    "explorer.core.interpolation",
    "explorer.core.video",
    "explorer.core.directions",
)
PICKLES = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}


def tree(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text(encoding="utf-8"))


def imported(module: str, *, at_import: bool = False) -> set[str]:
    """Dotted names that a module imports, those of `from a import b` as a and a.b.

    Args: at_import: leave out what only runs when a function is called.
    """
    package = module if FILES[module].name == "__init__.py" else module.rpartition(".")[0]
    found, nodes = set(), list(tree(module).body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            found |= {source} | {f"{source}.{alias.name}" for alias in node.names}
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue  # never runs
        if not (at_import and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)):
            nodes += ast.iter_child_nodes(node)
    return found


def is_part(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def reached(start: str) -> set[str]:
    """The project's modules that importing `start` runs, itself included."""
    seen, todo = set(), [start]
    while todo:
        module = todo.pop()
        if module not in seen:
            seen.add(module)
            parents = {module.rsplit(".", k)[0] for k in range(1, module.count(".") + 1)}
            todo += [name for name in imported(module, at_import=True) | parents if name in FILES]
    return seen


def test_the_files_are_found():
    assert {"trainer", "trainer.networks.base", "explorer.core.model", "explorer.core.directions.pca"} <= FILES.keys()
    assert "trainer.networks.Generator" in imported("explorer.core.directions.base")


@pytest.mark.parametrize("module", [name for name in FILES if is_part(name, "trainer")])
def test_the_trainer_imports_neither_the_explorer_nor_what_draws_pages(module):
    assert not {name for name in imported(module) if is_part(name, "gradio", "explorer", "plotly", "app")}


@pytest.mark.parametrize("module", [name for name in FILES if is_part(name, *CORE)])
def test_the_explorers_core_reaches_no_page(module):
    everything = set().union(*(imported(name) for name in reached(module)))
    assert not {name for name in everything if is_part(name, "gradio", "plotly", "explorer.tabs", "explorer.ui", "app")}


def circle() -> list[str]:
    """Modules that import each other in a round, empty if none do."""
    graph = {module: {name for name in imported(module) if name in FILES and name != module} for module in FILES}
    for names in graph.values():  # `from package import module` imports the module
        names -= {n for n in names if FILES[n].name == "__init__.py" and any(is_part(m, n) for m in names - {n})}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_module_imports_itself_in_a_circle():
    assert circle() == []


def test_a_circle_is_found_where_there_is_one(tmp_path, monkeypatch):
    for name, text in {"a": "from b import thing", "b": "def later():\n    import c", "c": "import a"}.items():
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.setitem(FILES, name, tmp_path / f"{name}.py")
    assert set(circle()) == {"a", "b", "c"}


@pytest.mark.parametrize("module", FILES)
def test_nothing_is_unpickled(module):
    assert not {name for name in imported(module) if name.split(".")[0] in PICKLES}
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"torch.load", "np.load", "numpy.load"}:
            arguments = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            if ast.unparse(node.func) == "torch.load":
                assert arguments.get("weights_only") == "True", f"{module}, line {node.lineno}"
            assert arguments.get("allow_pickle", "False") == "False", f"{module}, line {node.lineno}"
