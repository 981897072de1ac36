"""The command line's table of contents: each command has its arguments and its work in a file of this room."""

import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter

from trainer.cli import (
    control,
    diagnose,
    evaluate,
    export,
    extractor,
    importing,
    listing,
    measure,
    publish,
    sample,
    space,
    train,
)
from trainer.cli.arguments import Parser
from trainer.training.options import flag
from trainer.util.errors import UserError, as_line
from trainer.util.old_names import COMMANDS as RENAMED_COMMANDS
from trainer.util.old_names import FLAGS as RENAMED_FLAGS
from trainer.util.old_names import OPTIONS

INTERRUPTED = 130  # the exit status that shells use for Ctrl-C


COMMANDS = {
    "train": (train.train, train.add_train),
    "exercise": (train.exercise, train.add_exercise),
    "control": (control.control, control.add_control),
    "branch": (control.branch, control.add_branch),
    "sample": (sample.sample, sample.add_arguments),
    "publish": (publish.publish, publish.add_publish),
    "space": (space.space, space.add_arguments),
    "record": (publish.record, publish.add_record),
    "export": (export.export, export.add_arguments),
    "import": (importing.import_, importing.add_arguments),
    "reference": (evaluate.reference, evaluate.add_reference),
    "evaluate": (evaluate.evaluate, evaluate.add_evaluate),
    "diagnose": (diagnose.diagnose, diagnose.add_arguments),
    "measure": (measure.measure, measure.add_arguments),
    "extractor": (extractor.extractor, extractor.add_arguments),
    "list": (listing.names, listing.add_nothing),
}  # name: (its work, whose docstring is the help; what adds its arguments to a parser)


def main(argv: list[str] | None = None) -> int:
    """Run a command. Returns the exit status: 0, or 2 after a UserError, which is printed as one sentence."""
    try:
        check_words(sys.argv[1:] if argv is None else argv)
        arguments = parser().parse_args(argv)
        arguments.command(arguments)
        sys.stdout.flush()
    except UserError as error:
        print(as_line(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `| head`: nobody reads on, and Python would complain when it flushes at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def parser() -> ArgumentParser:
    """The parser of all commands; what it parses holds the work in `command`."""
    top = Parser("python -m trainer", description="Train GANs and publish their checkpoints.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for name, (run, add_arguments) in COMMANDS.items():
        help = (run.__doc__ or "").split("\n")[0].rstrip(".")
        sub = commands.add_parser(name, help=help, description=help, formatter_class=RawDescriptionHelpFormatter)
        sub.set_defaults(command=run)
        add_arguments(sub)
    return top


def check_words(argv: list[str]) -> None:
    """Raise UserError for a command or a flag of an earlier version, with its present name."""
    if argv and argv[0] in RENAMED_COMMANDS:
        raise UserError(f"The command {argv[0]} is called {RENAMED_COMMANDS[argv[0]]} now.")
    for word in (word.partition("=")[0] for word in argv if word.startswith("--")):
        old = word.removeprefix("--").removeprefix("no-").replace("-", "_")
        if old in OPTIONS:
            hint = f", {OPTIONS[old].hint}" if OPTIONS[old].hint else ""
            raise UserError(f"{word} is called {flag(OPTIONS[old].name)} now{hint}; `train --help` explains it.", old)
        if old in RENAMED_FLAGS:
            raise UserError(f"{word} is called {flag(RENAMED_FLAGS[old])} now.")
