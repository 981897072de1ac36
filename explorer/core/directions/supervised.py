"""Directions across the boundary between images with an attribute and without (InterFaceGAN, Shen et al. 2020,
arXiv 1907.10786, sections 3.1 and 3.2)."""

from typing import Self

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from explorer.core.directions.affordable import affordable
from explorer.core.directions.attributes import AttributeReader, Trait
from explorer.core.directions.base import DIRECTIONS, Directions, Subject, sample_ws
from trainer.util.errors import UserError

N_SAMPLES = 20_000
SIDE = 1_000  # samples on each side of a boundary, at most
LEAST = 100  # samples that must have an attribute; with fewer there is no boundary to be found
TRAINED = 0.7  # share of both sides that the boundary is fitted on


class SupervisedDirections(Directions):
    """A linear boundary in w for each attribute that a reader knows (InterFaceGAN).

    The samples with most and with least of an attribute are told apart by logistic regression, which is a linear
    support vector machine but for the shape of its loss; the axis is the boundary's normal, of unit length, towards
    more. `share_` is the accuracy on the 30 % that the boundary was not fitted on.
    """

    title = "Attributes (InterFaceGAN)"
    share_of = "of held-out samples on the right side"
    slow = True

    @staticmethod
    def suits(subject: Subject) -> bool:
        """Whether somebody reads attributes off its images."""
        return subject.reader is not None

    def fit(self, subject: Subject) -> Self:
        """Raises UserError where no attribute has LEAST samples on both sides."""
        generator, reader = subject.generator, reader_in(subject)
        ws = sample_ws(generator, affordable(generator, N_SAMPLES))
        _, scores = reader.of(generator, ws)
        w = ws[:, 0].numpy()
        found = [
            (trait, *boundary(w, scores[:, column]))
            for column, trait in enumerate(reader.traits)
            if on_both_sides(scores[:, column], trait)
        ]
        if not found:
            raise UserError(f"No attribute has {LEAST} samples with it and {LEAST} without. Train the model longer.")
        traits, axes, accuracies = zip(*found, strict=True)
        self.axes_ = np.stack(axes).astype(np.float32)
        self.scale_ = (w @ self.axes_.T).std(0, dtype=np.float64).astype(np.float32)
        self.share_ = np.array(accuracies, np.float32)
        return self.named([trait.name for trait in traits])

    def title_of(self, axis: int) -> str:
        """The attribute: `hair: long`."""
        return spoken(self.names_[axis])


def reader_in(subject: Subject) -> AttributeReader:
    """The subject's reader. Raises UserError where nobody reads attributes."""
    if subject.reader is None:
        raise UserError("Nobody can read attributes off this model's images: it has no reference with named classes.")
    return subject.reader


def spoken(name: str) -> str:
    """`hair=long` -> `hair: long`."""
    return name.replace("=", ": ", 1)


def on_both_sides(scores: np.ndarray, trait: Trait) -> bool:
    """Whether at least LEAST samples have the attribute and as many have not; a measure has two ends always."""
    having = int((scores > 0).sum())
    return min(having, len(scores) - having) >= min(LEAST, len(scores) // 20) if trait.value >= 0 else scores.std() > 0


def boundary(w: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, float]:
    """The unit normal (w_dim,) of the boundary between the highest and the lowest scores (N,) of samples w (N, w_dim),
    towards the highest, and its accuracy on samples that it was not fitted on, 0 to 1."""
    order = np.argsort(scores, kind="stable")
    n = min(SIDE, len(w) // 4)
    rows = np.concatenate([order[:n], order[-n:]])
    high = np.repeat([0, 1], n)
    shuffled = np.random.default_rng(0).permutation(2 * n)
    train, test = np.split(shuffled, [int(TRAINED * 2 * n)])
    with threadpool_limits(1, "blas"):
        model = LogisticRegression(max_iter=1_000).fit(w[rows[train]], high[train])
        accuracy = float(model.score(w[rows[test]], high[test]))
    normal = model.coef_[0] / max(np.linalg.norm(model.coef_[0]), np.finfo(np.float32).tiny)
    return normal, accuracy


DIRECTIONS["attributes"] = SupervisedDirections
