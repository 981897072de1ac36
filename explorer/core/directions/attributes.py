"""Who reads attributes off generated images: the extractor of a checkpoint's reference, and measures of strokes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from trainer.checkpoints.sampling import at_fixed_noise
from trainer.diagnosis.reference import Reference
from trainer.features import EXTRACTORS, Extractor
from trainer.features.base import Measure
from trainer.networks import Generator

READ_AT_ONCE = 32  # images drawn and read together: more no longer fit the processor's cache


class Trait(NamedTuple):
    """One column of the scores.

    Attributes:
        name: as a direction is spelled: `hair=long`, or `thickness`.
        title: as a person reads it: `hair: long`.
        head: number of the attribute that it is a value of; each measure is one by itself.
        value: number of the value; -1 for a measure.
    """

    name: str
    title: str
    head: int
    value: int


class AttributeReader:
    """Images -> a score for every value of every attribute, differentiable; higher means more of it.

    A value's score is its log-odds against the other values of its attribute, a measure's the measure itself.

    Attributes:
        traits: what the columns are.
        real: features of real images, float32 (M, d): where images look real.
    """

    def __init__(self, extractor: Extractor, measures: dict[str, Measure], real: np.ndarray):
        self.extractor, self.measures, self.real = extractor, measures, real
        self.traits = tuple(
            Trait(f"{head.name}={value}", f"{head.name}: {value}", i, j)
            for i, head in enumerate(extractor.heads)
            for j, value in enumerate(head.values)
        ) + tuple(Trait(name, name, len(extractor.heads) + i, -1) for i, name in enumerate(measures))

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images [N, C, H, W] in [-1, 1] -> features [N, d], scores [N, traits]."""
        features, logits = self.extractor(images)
        columns = [log_odds(layer) for layer in logits]
        columns += [measure(images)[:, None] for measure in self.measures.values()]
        return features, torch.cat(columns, dim=1)

    @torch.inference_mode()
    def of(self, generator: Generator, ws: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """ws [N, num_ws, w_dim] -> features (N, d) and scores (N, traits) of their images, with the fixed noise."""
        parts = [self(at_fixed_noise(generator, rows)) for rows in ws.split(READ_AT_ONCE)]
        return tuple(torch.cat(column).numpy() for column in zip(*parts, strict=True))  # type: ignore[return-value]

    def values(self, scores: np.ndarray) -> np.ndarray:
        """What is read of each attribute, the likeliest value: scores (N, traits) -> int64 (N, attributes)."""
        heads = range(len(self.extractor.heads))
        return np.stack([scores[:, [t.head == head for t in self.traits]].argmax(1) for head in heads], axis=1)


def log_odds(logits: Tensor) -> Tensor:
    """Logits [N, values] -> of each value the logarithm of its probability by that of all others, [N, values]."""
    if logits.shape[1] == 1:
        return logits
    others = logits[:, None].expand(-1, logits.shape[1], -1).masked_fill(torch.eye(logits.shape[1]).bool(), -torch.inf)
    return logits - others.logsumexp(2)


def reader_of(reference: Reference) -> AttributeReader | None:
    """Who reads attributes by a reference's extractor; None where its classes are groups that nobody has named.

    Raises UserError for an extractor that cannot be had.
    """
    if reference.grouped or reference.channels not in (1, 3):
        return None
    return AttributeReader(
        reference.reader, dict(EXTRACTORS[reference.extractor].measured), reference.real.features.astype(np.float32)
    )


def trait(traits: Sequence[Trait], name: str) -> int | None:
    """The column of that name, None if there is none."""
    return next((i for i, one in enumerate(traits) if one.name == name), None)
