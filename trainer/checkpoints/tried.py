"""What a translator makes of its examples, as a sheet: rows of what is given, what comes of it, and the truth."""

from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from trainer.checkpoints.examples import Examples
from trainer.checkpoints.translating import translated
from trainer.networks import Translator
from trainer.util.images import sheet, to_float, to_uint8

COLUMNS = 8
GROUPS = 3  # of rows
KEPT = 2**20  # bytes of the examples that a checkpoint keeps, if these are at least COLUMNS
HOLE = (255, 0, 160)  # what is to be filled in


class Tried(NamedTuple):
    """A translator's preview, and its examples.safetensors."""

    preview: Image.Image
    examples: bytes


def tried_on(translator: Translator, examples: Examples) -> Tried:
    """What a checkpoint keeps of its examples: of large ones fewer."""
    kept = examples.first(max(COLUMNS, KEPT // examples.size))
    return Tried(sheet_of(translator, kept.first(COLUMNS * GROUPS)), kept.packed())


def sheet_of(translator: Translator, examples: Examples) -> Image.Image:
    """Examples in groups of rows; below each what comes of it, then the truth, or the way back to it."""
    made = translated(translator, examples.given, range(len(examples.given)))
    rows = [without_mask(translator, examples.given), made]
    if examples.truth is not None:
        rows.append(examples.truth)
    elif translator.two_way:
        rows.append(back(translator, made))
    return sheet(in_groups([as_tiles(row, translator.resolution) for row in rows]), COLUMNS)


@torch.inference_mode()
def back(translator: Translator, images: np.ndarray) -> np.ndarray:
    """What images made could have been made of: uint8 (N, H, H, C) -> uint8 (N, h, h, given_channels)."""
    device = next(translator.parameters()).device
    return to_uint8(translator.back(to_float(torch.from_numpy(images)).to(device)))


def without_mask(translator: Translator, given: np.ndarray) -> np.ndarray:
    """Images given, uint8 (N, h, w, inputs), as they can be looked at; a hole has a colour of its own."""
    if not translator.masked:
        return given
    images, hole = given[..., :-1], given[..., -1:] > 0
    return np.where(hole, np.array(HOLE, np.uint8)[: images.shape[3]], images)


def in_groups(rows: list[np.ndarray]) -> np.ndarray:
    """Tiles (N, H, H, 3) of each kind -> COLUMNS of the first kind, then these of the second, and so on."""
    groups = [row[start : start + COLUMNS] for start in range(0, len(rows[0]), COLUMNS) for row in rows]
    return np.concatenate([filled_up(group) for group in groups])


def filled_up(tiles: np.ndarray) -> np.ndarray:
    """A row of tiles, with black ones where they are fewer than COLUMNS."""
    missing = np.zeros((COLUMNS - len(tiles), *tiles.shape[1:]), np.uint8)
    return np.concatenate([tiles, missing])


def as_tiles(images: np.ndarray, side: int) -> np.ndarray:
    """Images uint8 (N, h, w, C) of one size and in colour, uint8 (N, side, side, 3); smaller ones keep their pixels."""
    times = side // images.shape[1]
    larger = np.repeat(np.repeat(images, times, axis=1), times, axis=2)
    return np.repeat(larger, 3, axis=3) if larger.shape[3] == 1 else larger
