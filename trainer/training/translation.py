"""What translators have in common while they learn: the sheet of what is given, what comes out, and the truth."""

import numpy as np
import torch
from PIL import Image

from trainer.networks import Translator
from trainer.networks.translator import network_input
from trainer.util.images import sheet, to_uint8

COLUMNS = 8
GROUPS = 3  # of rows


@torch.no_grad()
def triptych(translator: Translator, given: np.ndarray, truth: np.ndarray | None = None) -> Image.Image:
    """A sheet of the first images: a row of what is given, below it what is made of it, below that the truth.

    Args: given uint8 (N, h, w, inputs), of which a mask is not shown, truth uint8 (N, H, H, C) or None.
    """
    count = min(COLUMNS * GROUPS, len(given))
    translator.eval()
    device = next(translator.parameters()).device
    inputs = network_input(translator, torch.from_numpy(np.array(given[:count])))
    made = to_uint8(translator.translate(inputs.to(device)))
    side = made.shape[1]
    rows = [as_tiles(given[:count][..., : translator.given_channels], side), as_tiles(made, side)]
    if truth is not None:
        rows.append(as_tiles(truth[:count], side))
    return sheet(stacked(rows), COLUMNS)


def stacked(rows: list[np.ndarray]) -> np.ndarray:
    """Tiles (N, H, H, 3) of each kind, in groups of rows: COLUMNS of the first kind, then these of the second."""
    count = len(rows[0])
    groups = [row[start : start + COLUMNS] for start in range(0, count, COLUMNS) for row in rows]
    return np.concatenate([padded(group) for group in groups])


def padded(tiles: np.ndarray) -> np.ndarray:
    """A row filled up with black tiles."""
    missing = COLUMNS - len(tiles)
    return np.concatenate([tiles, np.zeros((missing, *tiles.shape[1:]), np.uint8)]) if missing else tiles


def as_tiles(images: np.ndarray, side: int) -> np.ndarray:
    """Images uint8 (N, h, w, C) of one size and in colour, uint8 (N, side, side, 3); smaller ones keep their pixels."""
    times = side // images.shape[1]
    larger = np.repeat(np.repeat(images, times, axis=1), times, axis=2)
    return np.repeat(larger, 3, axis=3) if larger.shape[3] == 1 else larger
