"""Single style channels that change one attribute (StyleSpace, Wu et al. 2021, arXiv 2011.12799, section 5)."""

from typing import Self

import numpy as np
import torch

from explorer.core.directions.affordable import affordable
from explorer.core.directions.base import DIRECTIONS, Directions, Subject, sample_ws
from explorer.core.directions.supervised import on_both_sides, reader_in
from trainer.networks import Generator
from trainer.util.errors import UserError

N_SAMPLES = 4_000
LEAST_ALONE = 0.5  # how much of a step's effect on the styles of its layer must fall on the channel itself
MAX_ROWS = 20_000  # style channels of all layers
CHANNELS = 3  # of each attribute, at most
RATIO = 1.0  # mean by deviation of a channel's normalised style in images with the attribute, from which on it counts


class ChannelDirections(Directions):
    """Style channels that images with an attribute have in common, each in its own layer (StyleSpace).

    A channel is ranked by the mean of its normalised style over images with the attribute, divided by the deviation
    there. The axis is the shortest step in w that changes the channel: where a layer has more channels than w has
    dimensions, others move a little, too, and `share_` is what falls on the channel itself.
    """

    title = "Style channels (StyleSpace)"
    share_of = "of the change of styles is this channel's"
    slow = True

    @staticmethod
    def suits(subject: Subject) -> bool:
        """Whether layers have styles of their own, and somebody reads attributes."""
        return subject.reader is not None and subject.generator.num_ws > 1 and subject.generator.has_first_layer()

    @torch.inference_mode()
    def fit(self, subject: Subject) -> Self:
        """Raises UserError where no channel goes with an attribute."""
        generator, reader = subject.generator, reader_in(subject)
        ws = sample_ws(generator, affordable(generator, N_SAMPLES))
        _, scores = reader.of(generator, ws)
        channels = Channels(generator)
        styles = channels.styles(ws.numpy())
        found: dict[str, tuple[int, np.ndarray, float]] = {}
        for column, trait in enumerate(reader.traits):
            if trait.value < 0 or not on_both_sides(scores[:, column], trait):
                continue
            for row in ranked(styles[scores[:, column] > 0])[:CHANNELS]:
                layer, step, alone = channels.step(row)
                if alone >= LEAST_ALONE:
                    found.setdefault(f"{layer}.{row - channels.starts[layer]}", (layer, step, alone))
        if not found:
            raise UserError("No single style channel goes with an attribute of this model.")
        layers, steps, alone = zip(*found.values(), strict=True)
        length = np.linalg.norm(np.stack(steps), axis=1)
        self.axes_ = (np.stack(steps) / length[:, None]).astype(np.float32)
        self.scale_ = length.astype(np.float32)
        self.share_ = np.array(alone, np.float32)
        return self.named(list(found), [(layer, layer) for layer in layers])

    def title_of(self, axis: int) -> str:
        """`layer 3, channel 17`, both counted from 0."""
        layer, _, channel = self.names_[axis].partition(".")
        return f"layer {layer}, channel {channel}"


class Channels:
    """The style channels of a generator: rows of its style matrices, layer after layer.

    Attributes: starts: the first row of each layer.
    """

    def __init__(self, generator: Generator):
        """Raises UserError for a generator with too many of them."""
        self.matrices = [matrix.double().numpy() for matrix in generator.style_matrices()]
        counts = [len(matrix) for matrix in self.matrices]
        if sum(counts) > MAX_ROWS:
            raise UserError(f"The model has {sum(counts):,} style channels; at most {MAX_ROWS:,} are compared.")
        self.starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        self.spread = np.ones(sum(counts))

    def styles(self, ws: np.ndarray) -> np.ndarray:
        """Normalised styles of samples, ws [N, num_ws, w_dim] -> (N, channels): mean 0 and deviation 1 over them."""
        styles = np.concatenate([ws[:, i] @ matrix.T for i, matrix in enumerate(self.matrices)], axis=1)
        self.spread = np.maximum(styles.std(0), 1e-9)
        normal: np.ndarray = (styles - styles.mean(0)) / self.spread
        return normal

    def step(self, row: int) -> tuple[int, np.ndarray, float]:
        """Layer, step in w (w_dim,) that changes the channel by a deviation, and the channel's share of it, 0 to 1."""
        layer = int(np.searchsorted(self.starts, row, side="right")) - 1
        matrix, own = self.matrices[layer], row - int(self.starts[layer])
        aim = np.zeros(len(matrix))
        aim[own] = 1
        step = np.linalg.lstsq(matrix, aim, rcond=1e-6)[0]
        made = matrix @ step
        if made[own] < 1e-6:
            return layer, step, 0.0
        return layer, step * (self.spread[row] / made[own]), float(made[own] ** 2 / (made**2).sum())


def ranked(styles: np.ndarray) -> np.ndarray:
    """Channels by how much images with an attribute agree in them, most first: normalised styles (N, channels) of these
    images -> numbers of those that reach RATIO, int64."""
    ratio = np.abs(styles.mean(0)) / np.maximum(styles.std(0), 1e-9)
    order = np.argsort(-ratio, kind="stable")
    found: np.ndarray = order[ratio[order] >= RATIO]
    return found


DIRECTIONS["channels"] = ChannelDirections
