"""Faults of quality, and copies: images changed one by one, all or a share of them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage

from benchmarks.faults.base import Edit, Made, Make, Material, healthy, mixed, noisy
from benchmarks.faults.variety import turned
from trainer.features.feature_set import Extracted


def copied(share: float, change: Edit = lambda pictures: pictures, jitter: float = 0.0) -> Make:
    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        which = rng.permutation(len(material.trained))[: round(share * material.n)]
        return mixed(material, rows, material.read(noisy(change(material.trained[which]), jitter, rng)), rng), ()

    return make


def changed(edit: Edit, share: float = 1.0, then: Make = healthy) -> Make:
    """All pictures of another case, or the first `share` of healthy ones, go through an edit of single pictures."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        if edit not in material.edited:  # once for all cases
            material.edited[edit] = material.read(edit(material.pictures))
        after = replace(material, known=material.edited[edit])
        if then is not healthy:
            after.pictures = edit(material.pictures)
        found, classes = then(after, rows, rng, case)
        count = round(share * len(found))
        rest = material.known.take(rows[count : len(found)])
        return (Extracted.joined([found.take(slice(count)), rest]) if share < 1 else found), classes

    return make


def crossed(share: float) -> Make:
    """Two digits in one picture, half of each."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        a, b = (material.pictures[rng.permutation(rows)[: round(share * material.n)]] for _ in range(2))
        return mixed(material, rows, material.read((a + b) / 2), rng), ()

    return make


def instead(draw: Callable[[tuple[int, ...], np.random.Generator], np.ndarray], share: float = 1.0) -> Make:
    """Something else than digits."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        shape = (round(share * material.n), *material.pictures.shape[1:])
        return mixed(material, rows, material.read(draw(shape, rng).astype(np.float32)), rng), ()

    return make


def tilted(most: float) -> Edit:
    def edit(pictures: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(0)
        return turned(pictures, rng.uniform(-most, most, len(pictures)), np.zeros((len(pictures), 2)))

    return edit


def blurred(sigma: float) -> Edit:
    return lambda pictures: ndimage.gaussian_filter(pictures, (0, sigma, sigma))


def grainy(deviation: float) -> Edit:
    return lambda pictures: noisy(pictures, deviation, np.random.default_rng(0))


def speckled(share: float) -> Edit:
    def edit(pictures: np.ndarray) -> np.ndarray:
        chance = np.random.default_rng(0).random(pictures.shape)
        return np.where(chance < share / 2, 0, np.where(chance > 1 - share / 2, 1, pictures)).astype(np.float32)

    return edit


def checkered(depth: float) -> Edit:
    """The pattern that transposed convolutions leave."""

    def edit(pictures: np.ndarray) -> np.ndarray:
        y, x = np.indices(pictures.shape[1:])
        return pictures * (1 - depth * ((x + y) % 2)).astype(np.float32)

    return edit


def shifted(pixels: int) -> Edit:
    return lambda pictures: np.roll(pictures, pixels, axis=2)


def halved(pictures: np.ndarray) -> np.ndarray:
    """At half the resolution."""
    small = F.avg_pool2d(torch.from_numpy(np.ascontiguousarray(pictures))[:, None], 2)
    return F.interpolate(small, scale_factor=2, mode="bilinear")[:, 0].numpy()


def wavy(pictures: np.ndarray) -> np.ndarray:
    """Bent by a random smooth field of about 2 pixels, each in its own way."""
    rng, side = np.random.default_rng(0), pictures.shape[1]
    field = torch.from_numpy(rng.normal(0, 2 * 2 / side, (len(pictures), 2, 4, 4))).float()
    field = F.interpolate(field, (side, side), mode="bicubic").permute(0, 2, 3, 1)
    images = torch.from_numpy(np.ascontiguousarray(pictures))[:, None]
    grid = F.affine_grid(torch.eye(2, 3).expand(len(images), 2, 3), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid + field, align_corners=False)[:, 0].numpy()


def mirrored(pictures: np.ndarray) -> np.ndarray:
    return pictures[:, :, ::-1]


def thicker(pictures: np.ndarray) -> np.ndarray:
    return ndimage.maximum_filter(pictures, (1, 2, 2))


def thinner(pictures: np.ndarray) -> np.ndarray:
    return ndimage.minimum_filter(pictures, (1, 2, 2))
