"""`sample`: a sheet of images from a checkpoint."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.cli.arguments import CHECKPOINT, MAX_SEED, add_places, psi, whole
from trainer.util.errors import UserError

if TYPE_CHECKING:
    from PIL import Image


def add_arguments(sub: ArgumentParser) -> None:
    """Arguments of `sample`."""
    sub.add_argument("checkpoint", help=CHECKPOINT)
    sub.add_argument("--out", type=Path, default=Path("samples.png"), help="image file to write [samples.png]")
    sub.add_argument("--count", type=whole(1, 10_000), default=64, help="number of samples [64]")
    sub.add_argument(
        "--seed", type=whole(0, MAX_SEED), default=0, help="seed of the first sample; the others follow [0]"
    )
    sub.add_argument("--psi", type=psi, default=1.0, help="truncation: 1 = none, 0 = the mean image [1]")
    add_places(sub)


def sample(arguments: Namespace) -> None:
    """Save a sheet of samples from a checkpoint."""
    from trainer.runs.publish import find_checkpoint

    folder = find_checkpoint(arguments.checkpoint, arguments.checkpoints, arguments.runs)
    image, count = drawn(folder, range(arguments.seed, arguments.seed + arguments.count), arguments.psi)
    try:
        image.save(arguments.out)
    except (OSError, ValueError) as error:
        raise UserError(
            f"Cannot write {arguments.out} ({error}). Choose another --out, such as samples.png."
        ) from error
    print(f"{count} samples of {arguments.checkpoint} in {arguments.out}")


def drawn(folder: Path, seeds: range, psi: float) -> "tuple[Image.Image, int]":
    """(the sheet, how many samples it has); of a translator what it makes of the examples that it carries.

    Raises UserError for a checkpoint that cannot be used, and for a translator without examples.
    """
    from trainer.checkpoints import sampling
    from trainer.checkpoints.checkpoint import load_network, read_info
    from trainer.checkpoints.examples import read_examples
    from trainer.checkpoints.tried import sheet_of
    from trainer.networks import Translator
    from trainer.util.images import sheet

    network = load_network(folder, read_info(folder))
    if not isinstance(network, Translator):
        images = sampling.sample(network, seeds, psi=psi)
        return sheet(images, max(1, round(len(seeds) ** 0.5))), len(seeds)
    examples = read_examples(folder, network)
    if examples is None:
        raise UserError(f"{folder.name} carries no examples to translate. Open it in the tab Translate and draw some.")
    examples = examples.first(len(seeds))
    return sheet_of(network, examples), len(examples.given)
