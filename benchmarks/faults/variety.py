"""Faults of variety: few images, made again and again."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.faults.base import Made, Make, Material, mixed, names, noisy
from benchmarks.faults.classes import keeping_shares


def shrunk(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return images.mean(0) + 0.4 * (images - images.mean(0))


def single(jitter: float) -> Callable[[np.ndarray, np.random.Generator], np.ndarray]:
    """The first of them again and again: noised, or with 0 moved."""

    def change(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        again = images[:1].repeat(len(images), 0)
        return noisy(again, jitter, rng) if jitter else moved(again, rng)

    return change


def typical(share: float) -> Make:
    """Only the most typical images of each class are made, as with a low psi: those nearest to its mean."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        labels, kept = material.labels[rows], np.zeros(len(rows), bool)
        for label in range(10):
            of = np.flatnonzero(labels == label)
            points = material.known.pixels[rows[of]]
            far = np.square(points - points.mean(0)).sum(1)
            kept[of[np.argsort(far)[: int(share * len(of))]]] = True
        return material.known.take(keeping_shares(labels, kept, rows, material.n)), ()

    return make


def repeated(share: float, images: int = 1, jitter: float = 0.0) -> Make:
    """A share of all images are these few, with a little noise."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        count = round(share * material.n)
        few = material.images[rows[rng.integers(images, size=count)]]
        return mixed(material, rows[images:], material.read(noisy(few, jitter, rng)), rng), ()

    return make


def prototypes(each: int, change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Make:
    """So many different images a class, each made many times with a small change."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        labels = material.labels[rows[: material.n]]
        at = [rows[material.labels[rows] == label][:each] for label in range(10)]
        chosen = np.array([at[label][rng.integers(len(at[label]))] for label in labels])
        return material.read(change(material.images[chosen], rng)), ()

    return make


def one_class(change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Make:
    """The images of one class, each in its turn, are replaced by what `change` makes of them."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        rows = rows[: material.n]
        of = material.labels[rows] == case % 10
        return mixed(material, rows[~of], material.read(change(material.images[rows[of]], rng)), rng), names(
            [case % 10]
        )

    return make


def grained(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return noisy(images, 0.05, rng)


def moved(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turned by up to 5 degrees and shifted by up to a pixel, each in its own way."""
    return turned(images, rng.uniform(-5, 5, len(images)), rng.uniform(-1, 1, (len(images), 2)))


def faded(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each with a sixth of another one of them laid over."""
    return images * 5 / 6 + images[rng.permutation(len(images))] / 6


def turned(images: np.ndarray, degrees: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Each image turned and shifted (n, 2 pixels), bilinear."""
    angle = torch.from_numpy(np.deg2rad(degrees)).float()
    move = torch.from_numpy(shift).float() * 2 / images.shape[1]
    rows = [
        torch.stack([angle.cos(), -angle.sin(), move[:, 0]], 1),
        torch.stack([angle.sin(), angle.cos(), move[:, 1]], 1),
    ]
    drawn = torch.from_numpy(np.ascontiguousarray(images))[:, None]
    grid = F.affine_grid(torch.stack(rows, 1), list(drawn.shape), align_corners=False)
    return F.grid_sample(drawn, grid, align_corners=False)[:, 0].numpy()
