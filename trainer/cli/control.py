"""`control` and `branch`: what may be asked of a run that is there."""

from argparse import ArgumentParser, Namespace

from trainer.cli.arguments import MAX_SEED, add_places, add_settings, given_options, whole
from trainer.runs.store import COMMANDS
from trainer.training.command_line import resume_command
from trainer.util.errors import UserError


def add_control(sub: ArgumentParser) -> None:
    """Arguments of `control`."""
    sub.add_argument("run", help="name of the run")
    sub.add_argument("what", choices=COMMANDS, help="set: change the given settings")
    sub.add_argument("--wait", type=whole(0, 3600), default=30, help="seconds to wait for the reply [30]")
    add_places(sub)
    add_settings(sub)


def control(arguments: Namespace) -> None:
    """Control a run while it trains."""
    from trainer.runs.run import Run
    from trainer.training.changes import with_changes

    run = Run(arguments.runs, arguments.run)
    wanted = given_options(arguments)
    if arguments.what == "set":
        with_changes(run.config(), wanted)
    elif wanted:
        raise UserError(f"{arguments.what} takes no settings. Use `set`.")
    if not run.is_training():
        raise UserError(f"Run {run.name!r} is not training. Start it with `{resume_command(run.name)}`.")
    print(run.store().ask_and_wait(arguments.what, wanted, arguments.wait))


def add_branch(sub: ArgumentParser) -> None:
    """Arguments of `branch`."""
    sub.add_argument("run", help="name of the run to branch from")
    sub.add_argument("--run", dest="name", required=True, help="name of the new run")
    sub.add_argument("--from", dest="at", type=whole(0, MAX_SEED), help="images seen [the latest state]")
    add_places(sub)
    add_settings(sub)


def branch(arguments: Namespace) -> None:
    """Create a new run from an earlier state of another."""
    from trainer.runs.branch import branch as make_branch
    from trainer.runs.run import Run

    run = Run(arguments.runs, arguments.run)
    made = make_branch(run, arguments.name, arguments.at, given_options(arguments), arguments.data_dir)
    print(f"{made.folder} is ready: {resume_command(made.name)}")
