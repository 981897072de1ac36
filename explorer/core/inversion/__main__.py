"""python -m explorer.core.inversion FOLDER ...: learn of checkpoints what a search needs, and lay it beside them."""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

import torch
from tqdm import tqdm

from explorer.core.inversion import kept
from explorer.core.inversion.inverter import Inverter
from explorer.core.model import Model
from trainer.util.errors import UserError


def bundle(folder: Path) -> Path:
    """Train the encoder of a checkpoint and try its held-out real images, unless its cache has both; the file."""
    inverter = Inverter(Model(folder))
    for _ in tqdm(inverter.prepare(), desc=f"encoder of {folder.name}", total=inverter.course.steps):
        pass
    for _ in tqdm(inverter.measure_real(), desc=f"held-out images of {folder.name}"):
        pass
    kept.write_bundle(inverter.place, inverter.searcher.encoder, inverter.residuals, inverter.reference)
    return folder / kept.BUNDLED


def main() -> None:
    parser = ArgumentParser(prog="python -m explorer.core.inversion", description=__doc__)
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="of a checkpoint")
    torch.set_num_threads(1)
    for folder in parser.parse_args().folders:
        try:
            path = bundle(folder)
        except UserError as error:
            sys.exit(f"error: {error}")
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
