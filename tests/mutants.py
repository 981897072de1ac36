"""Change the pure modules in one place at a time, and see whether their tests notice: `python -m tests.mutants --help`.

The changes are cosmic-ray's. Each is tried in a fork of a process that has imported PyTorch already, and no file is
written but the record, so that the working tree stays as it is.
"""

import argparse
import difflib
import gc
import importlib.util
import json
import os
import resource
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path

ROOT = Path(__file__).parents[1]
CPU_SECONDS = 60  # of one mutant, a loop without end included; it then counts as noticed
SWAPS = [
    *("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_Mul", "Pow_Mul"),
    *("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt"),
    *("Is_IsNot", "IsNot_Is", "Delete_USub", "Delete_Invert", "Delete_Not"),
]
OTHERS = (
    "AddNot ReplaceTrueWithFalse ReplaceFalseWithTrue ReplaceAndWithOr ReplaceOrWithAnd ReplaceBreakWithContinue "
    "ReplaceContinueWithBreak NumberReplacer ZeroIterationForLoop"
)
TESTS = {  # a module: what tests it, relative to the folder of tests that mirrors its package
    "trainer/training/losses.py": "training/test_losses.py",
    "trainer/training/regularizers.py": "training/test_regularizers.py training/test_losses.py",
    "trainer/training/augment.py": "training/test_augment.py",
    "trainer/training/state.py": "training/test_state.py training/test_loop.py training/test_state_io.py",
    "trainer/training/loop.py": "training/test_loop.py",
    "trainer/checkpoints/sampling.py": "checkpoints/test_sampling.py",
    "trainer/metrics/base.py": "metrics/test_registry.py metrics/test_figures.py metrics",
    "trainer/metrics/birthday.py": (
        "metrics/test_repeated.py metrics/test_exact.py metrics/test_neighbourhoods.py metrics"
    ),
    "trainer/metrics/checks.py": "metrics/test_checks.py metrics",
    "trainer/metrics/distances.py": "metrics/test_distances.py metrics/test_exact.py metrics",
    "trainer/metrics/diversity.py": "metrics/test_classes_and_diversity.py metrics/test_similarity.py metrics",
    "trainer/metrics/fid.py": "metrics/test_frechet_and_kernel.py metrics/test_figures.py metrics",
    "trainer/metrics/inception.py": "metrics/test_classes_and_diversity.py metrics/test_figures.py metrics",
    "trainer/metrics/kid.py": (
        "metrics/test_frechet_and_kernel.py metrics/test_exact.py metrics/test_repeated.py metrics"
    ),
    "trainer/metrics/memorisation.py": "metrics/test_neighbourhoods.py metrics/test_exact.py metrics",
    "trainer/metrics/modes.py": "metrics/test_classes_and_diversity.py metrics/test_exact.py metrics",
    "trainer/metrics/ndb.py": "metrics/test_classes_and_diversity.py metrics/test_exact.py metrics",
    "trainer/metrics/nulls.py": "metrics/test_nulls.py metrics/test_exact.py metrics",
    "trainer/metrics/plane.py": "data/test_more.py metrics/test_exact.py metrics/test_figures.py metrics",
    "trainer/metrics/prdc.py": "metrics/test_neighbourhoods.py metrics/test_exact.py metrics/test_figures.py metrics",
    "trainer/metrics/rarity.py": "metrics/test_neighbourhoods.py metrics/test_figures.py metrics",
    "trainer/metrics/training.py": "metrics/test_training.py metrics/test_figures.py metrics",
    "trainer/metrics/two_sample.py": "metrics/test_neighbourhoods.py metrics/test_figures.py metrics",
    "trainer/metrics/vendi.py": "metrics/test_classes_and_diversity.py metrics/test_figures.py metrics",
    "trainer/diagnosis/class_shares.py": "diagnosis/test_class_shares.py",
    "trainer/diagnosis/classes.py": (
        "diagnosis/test_class_counts.py diagnosis/test_sentences.py diagnosis/test_bands.py diagnosis/test_classes.py"
    ),
    "trainer/diagnosis/findings/base.py": "diagnosis/test_sentences.py diagnosis/test_bands.py",
    "trainer/diagnosis/findings/healthy.py": "diagnosis/test_bands.py",
    "trainer/diagnosis/findings/imbalance.py": "diagnosis/test_sentences.py diagnosis/test_bands.py",
    "trainer/diagnosis/findings/intra_mode_collapse.py": (
        "diagnosis/test_uncovered.py diagnosis/test_bands.py diagnosis/test_faults.py"
    ),
    "trainer/diagnosis/findings/label_ignored.py": "diagnosis/test_sentences.py diagnosis/test_bands.py",
    "trainer/diagnosis/findings/memorised.py": "diagnosis/test_sentences.py diagnosis/test_bands.py",
    "trainer/diagnosis/findings/mode_dropping.py": "diagnosis/test_sentences.py diagnosis/test_bands.py",
    "trainer/diagnosis/findings/out_of_distribution.py": "diagnosis/test_sentences.py diagnosis/test_bands.py",
    "trainer/diagnosis/findings/quality.py": "diagnosis/test_sentences.py diagnosis/test_bands.py",
    "trainer/diagnosis/findings/too_few.py": "diagnosis/test_sentences.py diagnosis/test_bands.py",
    "trainer/diagnosis/findings/total_collapse.py": "diagnosis/test_sentences.py diagnosis/test_bands.py",
    "trainer/diagnosis/measurements.py": "diagnosis/test_bands.py diagnosis/test_verdicts.py",
    "trainer/diagnosis/thresholds.py": "diagnosis/test_thresholds.py",
    "trainer/diagnosis/verdicts.py": "diagnosis/test_bands.py diagnosis/test_findings.py",
    "explorer/core/recipe.py": "core/test_recipe.py",
    "explorer/core/interpolation.py": "core/test_interpolation.py",
}


class Changed(SourceFileLoader):
    """Gives a module another source than its file has."""

    def __init__(self, name: str, path: str, source: str):
        super().__init__(name, path)
        self.source = source

    def get_code(self, name: str):
        return compile(self.source, self.path, "exec", dont_inherit=True)

    def find_spec(self, name: str, *_) -> ModuleSpec | None:
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """(its operator, the source after one change), for every change that cosmic-ray's operators make."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator, operator_names

    kept = [name for name in operator_names() if name.partition("Operator_")[2] in SWAPS]
    for name in kept + [f"core/{other}" for other in OTHERS.split()]:
        count = 0
        while changed := mutate_code(source, get_operator(name)(), count):
            count += 1
            yield name.removeprefix("core/"), changed


def passes(file: str, source: str, tests: list[str]) -> bool:
    """Whether tests pass with another source in place of a file's, tried in a fork."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    import pytest

    sys.meta_path.insert(0, Changed(file.removesuffix(".py").replace("/", "."), str(ROOT / file), source))
    options = ["-x", "--tb=no", "--assert=plain", "-p", "no:cacheprovider", "-m", "not slow"]
    os._exit(any(pytest.main([*options, test]) for test in tests))  # one after the other: the first mostly notices


def import_others() -> None:
    """Import what the project imports, PyTorch above all, and none of the project: forks then begin quickly."""
    import tests.trainer.conftest  # noqa: F401

    for name in [name for name in sys.modules if name.split(".")[0] in ("trainer", "explorer", "tests")]:
        del sys.modules[name]
    gc.freeze()  # no fork looks through all of it


def difference(before: str, after: str) -> str:
    """The lines that differ: number, old and new."""
    lines = list(zip(before.splitlines(), after.splitlines(), strict=False))
    number, (old, new) = next((i, pair) for i, pair in enumerate(lines, 1) if pair[0] != pair[1])
    if len(before.splitlines()) != len(after.splitlines()):
        return f"{number}: " + " ".join(line.strip() for line in difflib.ndiff([old], [new]))
    return f"{number}: {old.strip()}  ->  {new.strip()}"


def tried(file: str, record: Path) -> tuple[int, list[str]]:
    """How many mutants of a file there are, and those that its tests let pass. Known results are read, not tried."""
    package = file.partition("/")[0]
    tests = [f"tests/{package}/{name}" for name in TESTS[file].split()]
    source = (ROOT / file).read_text(encoding="utf-8")
    if not passes(file, source, tests):
        sys.exit(f"The tests of {file} fail without any change: {' '.join(tests)}")
    count, survivors = 0, []
    for operator, changed in mutants(source):
        count += 1
        if passes(file, changed, tests):
            survivors.append(f"{operator}: {difference(source, changed)}")
            print(f"  {file}: {survivors[-1]}", flush=True)
    with record.open("a", encoding="utf-8") as out:
        out.write(json.dumps({"file": file, "mutants": count, "survivors": survivors}) + "\n")
    return count, survivors


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"default: {', '.join(TESTS)}")
    parser.add_argument("--record", type=Path, default=Path("mutants.jsonl"), help="a line of JSON a file goes there")
    args = parser.parse_args()
    os.chdir(ROOT)
    import_others()
    for file in args.files or TESTS:
        count, survivors = tried(file, args.record)
        print(f"{file}: {count} mutants, {count - len(survivors)} noticed", flush=True)


if __name__ == "__main__":
    main()
