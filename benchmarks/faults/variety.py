"""Faults of variety: few images, made again and again."""

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.faults.base import Made, Make, Material, mixed, names, noisy
from benchmarks.faults.classes import keeping_shares


def shrunk(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return pictures.mean(0) + 0.4 * (pictures - pictures.mean(0))


def single(jitter: float) -> Callable[[np.ndarray, np.random.Generator], np.ndarray]:
    """The first of them again and again: noised, or with 0 moved."""

    def change(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        again = pictures[:1].repeat(len(pictures), 0)
        return noisy(again, jitter, rng) if jitter else moved(again, rng)

    return change


def typical(share: float) -> Make:
    """Only the most typical pictures of each class are made, as with a low psi: those nearest to its mean."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        labels, kept = material.labels[rows], np.zeros(len(rows), bool)
        for label in range(10):
            of = np.flatnonzero(labels == label)
            points = material.known.pixels[rows[of]]
            far = np.square(points - points.mean(0)).sum(1)
            kept[of[np.argsort(far)[: int(share * len(of))]]] = True
        return material.known.take(keeping_shares(labels, kept, rows, material.n)), ()

    return make


def repeated(share: float, pictures: int = 1, jitter: float = 0.0) -> Make:
    """A share of all pictures are these few, with a little noise."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        count = round(share * material.n)
        few = material.pictures[rows[rng.integers(pictures, size=count)]]
        return mixed(material, rows[pictures:], material.read(noisy(few, jitter, rng)), rng), ()

    return make


def prototypes(each: int, change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Make:
    """So many different pictures a class, each made many times with a small change."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        labels = material.labels[rows[: material.n]]
        at = [rows[material.labels[rows] == label][:each] for label in range(10)]
        chosen = np.array([at[label][rng.integers(len(at[label]))] for label in labels])
        return material.read(change(material.pictures[chosen], rng)), ()

    return make


def one_class(change: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Make:
    """The pictures of one class, each in its turn, are replaced by what `change` makes of them."""

    def make(material: Material, rows: np.ndarray, rng: np.random.Generator, case: int) -> Made:
        rows = rows[: material.n]
        of = material.labels[rows] == case % 10
        return mixed(material, rows[~of], material.read(change(material.pictures[rows[of]], rng)), rng), names(
            [case % 10]
        )

    return make


def grained(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return noisy(pictures, 0.05, rng)


def moved(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turned by up to 5 degrees and shifted by up to a pixel, each in its own way."""
    return turned(pictures, rng.uniform(-5, 5, len(pictures)), rng.uniform(-1, 1, (len(pictures), 2)))


def faded(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each with a sixth of another one of them laid over."""
    return pictures * 5 / 6 + pictures[rng.permutation(len(pictures))] / 6


def turned(pictures: np.ndarray, degrees: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Each picture turned and shifted (n, 2 pixels), bilinear."""
    angle = torch.from_numpy(np.deg2rad(degrees)).float()
    move = torch.from_numpy(shift).float() * 2 / pictures.shape[1]
    rows = [
        torch.stack([angle.cos(), -angle.sin(), move[:, 0]], 1),
        torch.stack([angle.sin(), angle.cos(), move[:, 1]], 1),
    ]
    images = torch.from_numpy(np.ascontiguousarray(pictures))[:, None]
    grid = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)[:, 0].numpy()
