"""What the commands' arguments have in common: their types, and where runs, checkpoints and data lie."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from trainer.checkpoints.spec import MAX_PSI, MIN_PSI
from trainer.training.config import OPTIONS
from trainer.training.options import add_options
from trainer.util.errors import as_line

CHECKPOINT = "a checkpoint folder, a name in CHECKPOINTS, a run, or hf://user/repo"
EXTRACTOR = "a name from `list`, FILE.onnx[:WAY][:SIZE] or critic:CHECKPOINT, on this machine or at hf://"
MAX_SEED = 2**63 - 1


class Parser(ArgumentParser):
    """An argument parser whose errors are one line, without the thirty of a usage."""

    def error(self, message: str) -> NoReturn:
        """Print the message on one line of stderr and exit with status 2."""
        self.exit(2, f"{as_line(message)} (see {self.prog} --help)\n")


def whole(minimum: int, maximum: int) -> Callable[[str], int]:
    """An argument's type: a whole number from `minimum` to `maximum`."""

    def parse(text: str) -> int:
        if not text.lstrip("-").isdecimal() or not minimum <= int(text) <= maximum:
            raise ArgumentTypeError(f"{text!r} is not a whole number from {minimum} to {maximum}")
        return int(text)

    return parse


def psi(text: str) -> float:
    """An argument's type: a truncation."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not MIN_PSI <= value <= MAX_PSI:
        raise ArgumentTypeError(f"{text!r} is not a number from {MIN_PSI:g} to {MAX_PSI:g}")
    return value


def add_places(sub: ArgumentParser) -> None:
    """Where runs, checkpoints and data lie."""
    sub.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the runs [runs]")
    sub.add_argument(
        "--checkpoints",
        type=Path,
        default=Path("checkpoints"),
        help="folder of the published checkpoints [checkpoints]",
    )
    sub.add_argument("--data-dir", type=Path, default=Path("data"), help="folder of the data sets [data]")


def add_settings(sub: ArgumentParser) -> None:
    """Every option of a training."""
    add_options(sub, OPTIONS.values())


def given_options(arguments: Namespace) -> dict[str, Any]:
    """The settings that the command line names."""
    return {name: vars(arguments)[name] for name in OPTIONS if vars(arguments).get(name) is not None}


def note(text: str) -> None:
    """Tell something beside the result."""
    print(f"note: {text}", file=sys.stderr)
