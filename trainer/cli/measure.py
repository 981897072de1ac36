"""`measure`: two sets of features, by every measure that applies."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from trainer.cli.arguments import whole
from trainer.reports.measure import INPUTS, as_json, as_table, measured, read_inputs
from trainer.training.options import flag


def add_arguments(sub: ArgumentParser) -> None:
    """Arguments of `measure`."""
    for name, help in INPUTS.items():
        sub.add_argument(flag(name), type=Path, required=name in ("real", "fake"), metavar="NPY", help=help)
    sub.add_argument("--k-classes", type=whole(2, 10**6), metavar="N", help="number of classes, if labels are given")
    sub.add_argument("--sigma", type=float, help="deviation of each mode, if there are centres")
    sub.add_argument("--json", action="store_true", help="print JSON instead of a table; null = undefined")


def measure(arguments: Namespace) -> None:
    """Compare two feature sets by every metric that applies."""
    paths = {name: getattr(arguments, name) for name in INPUTS}
    found = measured(read_inputs(paths, arguments.k_classes, arguments.sigma))
    print(as_json(found) if arguments.json else as_table(found))
