"""`publish` and `record`: a run for others to see."""

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

from trainer.cli.arguments import add_places, whole
from trainer.util.errors import UserError


def add_publish(sub: ArgumentParser) -> None:
    """Arguments of `publish`."""
    sub.add_argument("run", help="name of the run; with --repo and without --as also a checkpoint's name or folder")
    sub.add_argument("--as", dest="name", help="name of the checkpoint to write; needed unless --repo is given")
    sub.add_argument("--snapshot", default="latest", help="latest, best, or a number of images seen [latest]")
    sub.add_argument("--note", default="", help="text to add to the model card")
    sub.add_argument(
        "--critic",
        action=BooleanOptionalAction,
        help="whether the run's discriminator comes along, to score images [where it has at most 20 MB]",
    )
    sub.add_argument("--repo", metavar="USER/REPO", help="push it to this repository on the Hub, made if need be")
    sub.add_argument(
        "--private", action=BooleanOptionalAction, help="whether a new repository is private [the account's default]"
    )
    sub.add_argument("--revision", help="branch to push to, made if need be [main]")
    sub.add_argument("--create-pr", action="store_true", help="open a pull request instead of pushing to the branch")
    add_places(sub)


def publish(arguments: Namespace) -> None:
    """Copy a run's snapshot into the checkpoints folder, or push it, or a checkpoint, to the Hub."""
    from trainer.checkpoints.push import push, target

    if not arguments.name and not arguments.repo:
        raise UserError("Say where to: --as NAME for a checkpoint here, --repo USER/REPO for one on the Hub.", "as")
    to = target(arguments.repo, arguments.private, arguments.revision, arguments.create_pr) if arguments.repo else None
    folder = written(arguments) if arguments.name else None
    if to:
        with TemporaryDirectory() as work:
            page, address = push(folder or source(arguments, to.name, Path(work)), to)
        print(f"{page} is there: python app.py --checkpoint {address}")


def source(arguments: Namespace, name: str, work: Path) -> Path:
    """The folder to push: a checkpoint's, or a run's snapshot as a checkpoint of this name in `work`."""
    from trainer.runs.publish import find_checkpoint
    from trainer.runs.publish import publish as write
    from trainer.runs.run import Run

    is_published = (arguments.checkpoints / arguments.run / "config.json").is_file()
    if not is_published and (arguments.runs / arguments.run / "snapshots").is_dir():
        run = Run(arguments.runs, arguments.run)
        return write(run, name, work, arguments.note, arguments.snapshot, arguments.critic)
    if arguments.note or arguments.snapshot != "latest" or arguments.critic is not None:
        raise UserError(
            f"{arguments.run} is a checkpoint: --note, --snapshot and --critic are for runs. Leave them out.", "note"
        )
    return find_checkpoint(arguments.run, arguments.checkpoints, arguments.runs)


def written(arguments: Namespace) -> Path:
    """Write a run's snapshot as a checkpoint and say so; its folder."""
    from trainer.diagnosis.reference import FILE
    from trainer.runs.publish import publish as write
    from trainer.runs.run import Run

    run = Run(arguments.runs, arguments.run)
    folder = write(run, arguments.name, arguments.checkpoints, arguments.note, arguments.snapshot, arguments.critic)
    print(f"{folder} is ready: python app.py --checkpoint {arguments.name}")
    if not (folder / FILE).is_file():
        print(f"For its diagnosis: python -m trainer reference {arguments.name}")
    return folder


def add_record(sub: ArgumentParser) -> None:
    """Arguments of `record`."""
    sub.add_argument("run", help="name of the run")
    sub.add_argument("--as", dest="name", required=True, help="name of the recording")
    sub.add_argument("--into", type=Path, default=Path("recordings"), help="folder of the recordings [recordings]")
    sub.add_argument("--snapshots", type=whole(0, 100), default=4, help="number of earlier snapshots to keep [4]")
    add_places(sub)


def record(arguments: Namespace) -> None:
    """Copy a run's curves, samples and a few snapshots, for display elsewhere."""
    from trainer.runs.recording import record as copy
    from trainer.runs.run import Run

    folder = copy(Run(arguments.runs, arguments.run), arguments.name, arguments.into, arguments.snapshots)
    print(f"{folder} is ready ({sum(path.stat().st_size for path in folder.rglob('*')) / 1e6:.1f} MB)")
