"""`publish` and `record`: a run for others to see."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from trainer.cli.arguments import add_places, whole


def add_publish(sub: ArgumentParser) -> None:
    """Arguments of `publish`."""
    sub.add_argument("run", help="name of the run")
    sub.add_argument("--as", dest="name", required=True, help="name of the checkpoint")
    sub.add_argument("--snapshot", default="latest", help="latest, best, or a number of images seen [latest]")
    sub.add_argument("--note", default="", help="text to add to the model card")
    add_places(sub)


def publish(arguments: Namespace) -> None:
    """Copy a run's snapshot into the checkpoints folder."""
    from trainer.diagnosis.reference import FILE
    from trainer.runs.publish import publish as write
    from trainer.runs.run import Run

    folder = write(
        Run(arguments.runs, arguments.run), arguments.name, arguments.checkpoints, arguments.note, arguments.snapshot
    )
    print(f"{folder} is ready: python app.py --checkpoint {arguments.name}")
    if not (folder / FILE).is_file():
        print(f"For its diagnosis: python -m trainer reference {arguments.name}")


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
