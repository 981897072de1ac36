"""Uncurated sheets of every checkpoint, for the README: 64 seeds in a row at psi 1, of a translator its examples.

python -m benchmarks.images [--checkpoints FOLDER] [--out docs/images] [--seed 0]
"""

import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path

from PIL import Image

from benchmarks.common import CHECKPOINTS, ROOT, all_checkpoints_in
from trainer.checkpoints.checkpoint import load_network, read_info
from trainer.checkpoints.examples import read_examples
from trainer.checkpoints.sampling import sample
from trainer.checkpoints.tried import sheet_of
from trainer.networks import Generator, Translator
from trainer.util.atomic_io import write_atomically
from trainer.util.errors import UserError
from trainer.util.images import sheet

SIDE = 8  # tiles
MIN_SIDE = 512  # pixels; smaller sheets are enlarged by a whole factor


def grid(checkpoint: Path, seed: int) -> Image.Image:
    """One sheet. Raises UserError for a folder that is no sound checkpoint."""
    network = load_network(checkpoint, read_info(checkpoint))
    image = tried(checkpoint, network) if isinstance(network, Translator) else latent(network, seed)
    factor = max(1, MIN_SIDE // image.width)
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


def latent(generator: Generator, seed: int) -> Image.Image:
    """64 samples."""
    return sheet(sample(generator, range(seed, seed + SIDE * SIDE)), columns=SIDE)


def tried(checkpoint: Path, translator: Translator) -> Image.Image:
    """Rows of input, output and truth."""
    examples = read_examples(checkpoint, translator)
    if examples is None:
        raise UserError(f"{checkpoint.name} has no examples. Publish it again.")
    return sheet_of(translator, examples.first(3 * SIDE))


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks.images", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS, help="[%(default)s]")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images", help="[%(default)s]")
    parser.add_argument("--seed", type=int, default=0, help="[%(default)s]")
    arguments = parser.parse_args()
    try:
        for folder in all_checkpoints_in(arguments.checkpoints):
            image, path = grid(folder, arguments.seed), arguments.out / f"{folder.name}.webp"
            write_atomically(path, partial(image.save, format="WEBP", quality=90, method=6))
            print(f"{path}: {image.width} x {image.height}, {path.stat().st_size / 1000:.0f} kB")
    except UserError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
