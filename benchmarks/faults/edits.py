"""Faults of quality, and copies: images changed one by one, all or a share of them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage

from benchmarks.faults.base import Edit, Made, Make, Material, healthy, mixed, noisy
from benchmarks.faults.variety import turned
from trainer.features.feature_set import FeatureSet


def copied(share: float, change: Edit = lambda images: images, jitter: float = 0.0) -> Make:
    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        which = rng.permutation(len(material.trained))[: round(share * material.n)]
        return mixed(material, rows, material.read(noisy(change(material.trained[which]), jitter, rng)), rng), ()

    return make


def changed(edit: Edit, share: float = 1.0, then: Make = healthy) -> Make:
    """All images of another case, or the first `share` of healthy ones, go through an edit of single images."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        if edit not in material.edited:  # once for all cases
            material.edited[edit] = material.read(edit(material.images))
        after = replace(material, known=material.edited[edit])
        if then is not healthy:
            after.images = edit(material.images)
        found, classes = then(after, rows, rng, case)
        count = round(share * len(found))
        rest = material.known.take(rows[count : len(found)])
        return (FeatureSet.joined([found.take(slice(count)), rest]) if share < 1 else found), classes

    return make


def crossed(share: float) -> Make:
    """Two digits in one image, half of each."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        a, b = (material.images[rng.permutation(rows)[: round(share * material.n)]] for _ in range(2))
        return mixed(material, rows, material.read((a + b) / 2), rng), ()

    return make


def instead(draw: Callable[[tuple[int, ...], np.random.Generator], np.ndarray], share: float = 1.0) -> Make:
    """Something else than digits."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        shape = (round(share * material.n), *material.images.shape[1:])
        return mixed(material, rows, material.read(draw(shape, rng).astype(np.float32)), rng), ()

    return make


def tilted(maximum: float) -> Edit:
    def edit(images: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(0)
        return turned(images, rng.uniform(-maximum, maximum, len(images)), np.zeros((len(images), 2)))

    return edit


def blurred(sigma: float) -> Edit:
    return lambda images: ndimage.gaussian_filter(images, (0, sigma, sigma, 0)[: images.ndim])


def grainy(deviation: float) -> Edit:
    return lambda images: noisy(images, deviation, np.random.default_rng(0))


def speckled(share: float) -> Edit:
    def edit(images: np.ndarray) -> np.ndarray:
        chance = np.random.default_rng(0).random(images.shape)
        return np.where(chance < share / 2, 0, np.where(chance > 1 - share / 2, 1, images)).astype(np.float32)

    return edit


def checkered(depth: float) -> Edit:
    """The pattern that transposed convolutions leave."""

    def edit(images: np.ndarray) -> np.ndarray:
        y, x = np.indices(images.shape[1:])
        return images * (1 - depth * ((x + y) % 2)).astype(np.float32)

    return edit


def shifted(pixels: int) -> Edit:
    return lambda images: np.roll(images, pixels, axis=2)


def halved(images: np.ndarray) -> np.ndarray:
    """At half the resolution."""
    small = F.avg_pool2d(torch.from_numpy(np.ascontiguousarray(images))[:, None], 2)
    return F.interpolate(small, scale_factor=2, mode="bilinear")[:, 0].numpy()


def wavy(images: np.ndarray) -> np.ndarray:
    """Bent by a random smooth field of about 2 pixels, each in its own way."""
    rng, side = np.random.default_rng(0), images.shape[1]
    field = torch.from_numpy(rng.normal(0, 2 * 2 / side, (len(images), 2, 4, 4))).float()
    field = F.interpolate(field, (side, side), mode="bicubic").permute(0, 2, 3, 1)
    drawn = torch.from_numpy(np.ascontiguousarray(images))[:, None]
    grid = F.affine_grid(torch.eye(2, 3).expand(len(drawn), 2, 3), list(drawn.shape), align_corners=False)
    return F.grid_sample(drawn, grid + field, align_corners=False)[:, 0].numpy()


def mirrored(images: np.ndarray) -> np.ndarray:
    return images[:, :, ::-1]


def thicker(images: np.ndarray) -> np.ndarray:
    return ndimage.maximum_filter(images, (1, 2, 2))


def thinner(images: np.ndarray) -> np.ndarray:
    return ndimage.minimum_filter(images, (1, 2, 2))
