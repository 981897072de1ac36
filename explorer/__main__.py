"""`python -m explorer directions | inversion CHECKPOINT...`: what takes minutes to learn of a model, laid beside it."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

from trainer.util.errors import UserError


def main(arguments: list[str] | None = None) -> None:
    """The command line. Ends with status 1 and one sentence where something is wrong."""
    parser = ArgumentParser(prog="python -m explorer", description="What the explorer prepares for a checkpoint.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, work in COMMANDS.items():
        command = commands.add_parser(name, help=(work.__doc__ or "").splitlines()[0])
        command.add_argument("checkpoint", nargs="+", type=Path, help="folder of a checkpoint")
    asked = parser.parse_args(arguments)
    try:
        for folder in asked.checkpoint:
            print(COMMANDS[asked.command](folder), flush=True)
    except UserError as error:
        sys.exit(f"error: {error}")


def directions(folder: Path) -> Path:
    """Learn directions for each attribute, and measure what those of all methods do.

    Writes directions.safetensors and returns its path. Raises UserError where nobody reads attributes.
    """
    from explorer.core.directions.catalogue import outcomes
    from explorer.core.directions.fitting import FILE, packed
    from explorer.core.directions.learning import learned
    from explorer.core.model import Model

    model = Model(folder)
    told = ""
    for step in learned(model):
        if step.doing != told:
            told = step.doing
            print(f"{model.name}: {told}", file=sys.stderr, flush=True)
    model.place.save(folder / FILE, *packed(outcomes(model)))
    return folder / FILE


def inversion(folder: Path) -> Path:
    """Train the encoder that a search for a picture begins with, and try held-out real images.

    Writes inversion.safetensors, from the cache where it has both, and returns its path. Raises UserError for a model
    without gradients.
    """
    import torch
    from tqdm import tqdm

    from explorer.core.inversion import kept
    from explorer.core.inversion.inverter import Inverter
    from explorer.core.model import Model

    torch.set_num_threads(1)
    inverter = Inverter(Model(folder))
    for _ in tqdm(inverter.prepare(), desc=f"encoder of {folder.name}", total=inverter.course.steps):
        pass
    for _ in tqdm(inverter.measure_real(), desc=f"held-out images of {folder.name}"):
        pass
    return kept.write_bundle(inverter.place, inverter.searcher.encoder, inverter.residuals, inverter.reference)


COMMANDS: dict[str, Callable[[Path], Path]] = {"directions": directions, "inversion": inversion}


if __name__ == "__main__":
    main()
