"""Uncurated sheets of every checkpoint, for the README: 64 seeds in a row at psi 1, of a translator its examples.

python -m benchmarks.images [--checkpoints FOLDER] [--out docs/images] [--seed 0]
"""

import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path

from PIL import Image

from benchmarks.common import CHECKPOINTS, ROOT, all_checkpoints_in
from trainer.checkpoints.checkpoint import read_info
from trainer.cli.sample import drawn
from trainer.networks import is_translator
from trainer.util.atomic_io import write_atomically
from trainer.util.errors import UserError

SIDE = 8  # tiles
EXAMPLES = 3  # rows of a translator's
MIN_SIDE = 512  # pixels; smaller sheets are enlarged by a whole factor


def grid(checkpoint: Path, seed: int) -> Image.Image:
    """One sheet. Raises UserError for a folder that is no sound checkpoint, and a translator without examples."""
    rows = EXAMPLES if is_translator(read_info(checkpoint).arch) else SIDE
    image, _ = drawn(checkpoint, range(seed, seed + rows * SIDE), psi=1.0)
    factor = max(1, MIN_SIDE // image.width)
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


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
