"""`space`: the app and some checkpoints as a Space of the Hub."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from trainer.cli.arguments import CHECKPOINT, add_places
from trainer.util.errors import UserError


def add_arguments(sub: ArgumentParser) -> None:
    """Arguments of `space`."""
    sub.add_argument("checkpoint", nargs="+", help=CHECKPOINT)
    sub.add_argument("--out", type=Path, required=True, help="folder to write, new or empty")
    sub.add_argument("--title", default="Latent explorer", help="title of the Space [Latent explorer]")
    sub.add_argument("--recordings", type=Path, help="folder of recorded runs to show in the Train tab [none]")
    add_places(sub)


def space(arguments: Namespace) -> None:
    """Write a folder that is a Space on the Hub: the app with the named checkpoints."""
    from trainer.runs.publish import find_checkpoint
    from trainer.runs.space import choose, write_space

    if arguments.recordings and not arguments.recordings.is_dir():
        raise UserError(f"--recordings {arguments.recordings} is not a folder.", field="recordings")
    names = arguments.checkpoint
    folders = [find_checkpoint(name, arguments.checkpoints, arguments.runs) for name in names]
    write_space(list(choose(names, folders)), arguments.out, arguments.title, arguments.recordings)
    size = sum(path.stat().st_size for path in arguments.out.rglob("*") if path.is_file()) / 1e6
    print(f"{arguments.out} is ready ({size:.0f} MB): hf upload USER/NAME {arguments.out} . --repo-type space")
