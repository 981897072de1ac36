"""Directions learned by descent through generator and reader: towards one attribute, with all others held fixed.

As in "On the steerability of generative adversarial networks" (Jahanian et al. 2020, arXiv 1907.07171, equation 2),
with an attribute reader's loss in place of the distance to an edited image, and a vector of its own for each layer.
"""

from collections.abc import Iterator
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from explorer.core.directions.affordable import affordable
from explorer.core.directions.attributes import AttributeReader, Trait
from explorer.core.directions.base import DIRECTIONS, Directions, Subject, sample_ws
from explorer.core.directions.supervised import reader_in, spoken
from trainer.checkpoints.sampling import at_fixed_noise
from trainer.networks import Generator
from trainer.util.errors import UserError

N_SAMPLES = 4_000
STEPS = 150
BATCH = 16
LR = 0.05  # in deviations of w; Adam
KEEP = 0.4  # weight of the other attributes' losses beside the target's
NEAR = 0.02  # weight of the direction's mean square, in deviations of w
TURNED = 2.0  # strength at which the learned vector has been applied once
SHIFT = 2.0  # deviations by which a measure is to rise
LEAST = 0.25  # share of images that must show the attribute at strength TURNED for a direction to be kept
TESTED = 256


class LearnedDirections(Directions):
    """One direction for each attribute, learned through the reader so that the others stay as they are.

    `share_` is the share of unseen images without the attribute that are read as having it at a strength of 2; of a
    measure, of images in which it rises by at least half of what was asked for. Directions under LEAST are left out.
    """

    title = "Attributes (learned)"
    share_of = "of images show it at strength 2"
    slow = True

    @staticmethod
    def suits(subject: Subject) -> bool:
        """Whether somebody reads attributes, and the generator has gradients to learn by."""
        return subject.reader is not None and subject.generator.differentiable

    def fit(self, subject: Subject) -> Self:
        """Raises UserError where no direction shows its attribute."""
        for _ in self.fitting(subject):
            pass
        return self

    def fitting(self, subject: Subject) -> Iterator[str]:
        """As `fit`, one attribute after the other."""
        course = Course(subject.generator, reader_in(subject))
        found = []
        for trait in course.reader.traits:
            yield trait.title
            found.append((trait, *course.learned(trait)))
        found = [one for one in found if one[2] >= LEAST]
        if not found:
            raise UserError("No attribute of this model can be changed by one direction. Train the model longer.")
        traits, vectors, shares = zip(*found, strict=True)
        rows = np.stack([vector.flatten().numpy() for vector in vectors])
        length = np.linalg.norm(rows, axis=1)
        self.axes_ = (rows / np.maximum(length, np.finfo(np.float32).tiny)[:, None]).astype(np.float32)
        self.scale_ = (length / TURNED).astype(np.float32)
        self.share_ = np.array(shares, np.float32)
        self.w_dim = subject.generator.w_dim if subject.generator.num_ws > 1 else 0
        self.named([trait.name for trait in traits])

    def title_of(self, axis: int) -> str:
        """The attribute: `hair: long`."""
        return spoken(self.names_[axis])


class Course:
    """What all of a generator's attributes are learned on: samples, and what is read of them."""

    def __init__(self, generator: Generator, reader: AttributeReader):
        self.generator, self.reader = generator, reader
        self.ws = sample_ws(generator, affordable(generator, N_SAMPLES))
        _, scores = reader.of(generator, self.ws)
        self.scores = torch.from_numpy(scores)
        self.spread = self.scores.std(0).clamp(min=1e-6)
        self.unit = float(self.ws[:, 0].std(0).mean())
        self.columns = [[i for i, t in enumerate(reader.traits) if t.head == h] for h in heads_of(reader)]

    def learned(self, trait: Trait) -> tuple[Tensor, float]:
        """The vector towards an attribute, [num_ws, w_dim], and its success on samples that it was not learned on."""
        rows = self.without(trait)
        if len(rows) < 2 * BATCH:
            return torch.zeros(self.generator.num_ws, self.generator.w_dim), 0.0
        test, train = rows[: min(TESTED, len(rows) // 2)], rows[min(TESTED, len(rows) // 2) :]
        vector = torch.zeros(self.generator.num_ws, self.generator.w_dim, requires_grad=True)
        optimizer = torch.optim.Adam([vector], LR * self.unit)
        order = torch.Generator().manual_seed(0)
        with torch.enable_grad():
            for _ in range(STEPS):
                batch = train[torch.randint(len(train), (BATCH,), generator=order)]
                _, scores = self.reader(at_fixed_noise(self.generator, self.ws[batch] + vector))
                loss = self.loss(scores, batch, trait) + NEAR * (vector / self.unit).square().mean()
                (vector.grad,) = torch.autograd.grad(loss, vector)
                optimizer.step()
        vector = vector.detach()
        return vector, self.success(vector, test, trait)

    def without(self, trait: Trait) -> Tensor:
        """Numbers of the samples that do not have the attribute; of a measure all."""
        column = self.reader.traits.index(trait)
        return torch.nonzero(self.scores[:, column] < 0)[:, 0] if trait.value >= 0 else torch.arange(len(self.ws))

    def loss(self, scores: Tensor, rows: Tensor, trait: Trait) -> Tensor:
        """Of the target, and of every other attribute, which shall read as before."""
        losses = []
        for head, columns in enumerate(self.columns):
            now, before = scores[:, columns], self.scores[rows][:, columns]
            measured = self.reader.traits[columns[0]].value < 0
            if measured:
                aim = SHIFT if head == trait.head else 0.0
                moved = (now - before) / self.spread[columns]
                loss = (moved - aim).square().mean()
            else:
                aimed = torch.full((len(rows),), trait.value) if head == trait.head else before.argmax(1)
                loss = -F.logsigmoid(now.gather(1, aimed[:, None])).mean()  # log-odds -> cross-entropy
            losses.append(loss if head == trait.head else KEEP * loss)
        return torch.stack(losses).sum()

    def success(self, vector: Tensor, rows: Tensor, trait: Trait) -> float:
        """The share of samples that show the attribute once the vector is added, 0 to 1."""
        _, scores = self.reader.of(self.generator, self.ws[rows] + vector)
        column = self.reader.traits.index(trait)
        moved = torch.from_numpy(scores[:, column]) - self.scores[rows, column]
        if trait.value < 0:
            return float((moved > SHIFT / 2 * self.spread[column]).float().mean())
        columns = self.columns[trait.head]
        return float((scores[:, columns].argmax(1) == trait.value).mean())


def heads_of(reader: AttributeReader) -> range:
    """Numbers of the attributes and measures."""
    return range(1 + max(trait.head for trait in reader.traits))


DIRECTIONS["learned"] = LearnedDirections
