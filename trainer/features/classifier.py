"""A small network that reads attributes: the extractor of digits and drawn faces, and how it is trained."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR
from tqdm import tqdm

from trainer.data import Attribute, Dataset
from trainer.features.base import Extractor, ExtractorSpec, Heads, Tell, bundled, fitted_images, hash_of, ready
from trainer.features.pixels import as_images

DIM = 64
BATCH = 128
SHIFT = 2  # pixels that an image is moved by in training, at most

Loss = Callable[[Tensor, Tensor, torch.Generator], Tensor]  # images, labels, randomness -> a scalar


def block(c_in: int, c_out: int, kernel: int, stride: int) -> nn.Sequential:
    """Convolution, batch norm, LeakyReLU: [N, c_in, H, W] -> [N, c_out, H / stride, W / stride]."""
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, stride, 1, bias=False), nn.BatchNorm2d(c_out), nn.LeakyReLU(0.2)
    )


def encoder(channels: int, side: int, widths: Sequence[int]) -> nn.Sequential:
    """Images [N, channels, side, side] -> features [N, 64]. One halving a width after the first, down to 4 x 4."""
    layers: list[nn.Module] = [block(channels, widths[0], *((3, 1) if side <= 32 else (4, 2)))]  # [N, w0, 16 | 32, ...]
    for c_in, c_out in pairwise(widths):
        layers += [block(c_in, c_out, 4, 2), block(c_out, c_out, 3, 1)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * widths[-1], DIM), nn.LeakyReLU(0.2))


class Layout(NamedTuple):
    """What a reader is built for: channels and pixels a side of its images, the widths of its blocks."""

    channels: int
    side: int
    widths: Sequence[int]


class AttributeNet(Extractor):
    """An encoder and one linear head an attribute.

    The features are the encoder's 64 numbers after LeakyReLU: it keeps what a ReLU would cut to zero, so distances mean
    something on both sides.
    """

    dim = DIM

    def __init__(self, name: str, channels: int, side: int, widths: Sequence[int], heads: Sequence[Attribute]):
        super().__init__()
        self.name, self.version = name, "untrained"
        self.channels, self.side, self.heads = channels, side, tuple(heads)
        self.encoder = encoder(channels, side, widths)
        self.readers = nn.ModuleList(nn.Linear(DIM, len(head.values)) for head in self.heads)

    def forward(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Images [N, C, H, W] in [-1, 1] -> features [N, 64], and for each head its logits [N, values]."""
        features = self.encoder(fitted_images(images, self.side, self.channels))
        return features, [reader(features) for reader in self.readers]


def batch_of(dataset: Dataset, rows: np.ndarray) -> tuple[Tensor, Tensor]:
    """Rows of a data set -> images [N, C, H, W] in [-1, 1] and labels [N, A]."""
    order = np.sort(rows)  # the file is read front to back
    return as_images(dataset.images[order]), torch.from_numpy(dataset.labels[order])


def shifted(images: Tensor, maximum: int, rng: torch.Generator) -> Tensor:
    """The batch moved by up to `maximum` pixels each way, the border repeated."""
    dx, dy = torch.randint(-maximum, maximum + 1, (2,), generator=rng).tolist()
    padded = F.pad(images, (maximum,) * 4, mode="replicate")
    h, w = images.shape[2:]
    return padded[:, :, maximum + dy : maximum + dy + h, maximum + dx : maximum + dx + w]


def reading_loss(logits: list[Tensor], labels: Tensor) -> Tensor:
    """Cross-entropy summed over the heads; unknown labels (-1) do not count."""
    losses = [F.cross_entropy(layer, labels[:, i], ignore_index=-1) for i, layer in enumerate(logits)]
    return torch.stack(losses).nan_to_num().sum()  # NaN: a batch in which a head knows no label at all


class Course(NamedTuple):
    """How an extractor is trained: steps, the highest learning rate, weight decay, images a step."""

    steps: int
    lr: float
    decay: float
    batch: int = BATCH


def train_on(dataset: Dataset, loss_of: Loss, parameters: Iterable[nn.Parameter], course: Course, *, name: str) -> None:
    """AdamW with a one-cycle rate over random batches, whose order is always the same."""
    rng = torch.Generator().manual_seed(0)
    steps = max(10, course.steps)  # the schedule divides by zero at 5
    optimizer = AdamW(parameters, weight_decay=course.decay)
    schedule = OneCycleLR(optimizer, course.lr, total_steps=steps, pct_start=0.2)
    for _ in tqdm(range(steps), desc=f"training extractor {name}", unit="step"):
        images, labels = batch_of(dataset, torch.randint(len(dataset), (course.batch,), generator=rng).numpy())
        loss = loss_of(images, labels, rng)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()


def finished(net: AttributeNet) -> AttributeNet:
    """A trained net, frozen, with the version that its weights give."""
    net.eval().requires_grad_(False)
    net.version = hash_of(net.state_dict())
    return net


def bundled_reader(name: str, help: str, *, layout: Layout, heads: Heads, epochs: int, data: str = "") -> ExtractorSpec:
    """The row of EXTRACTORS of a classifier that comes in the box. `data`: what it reads, if not that of its name."""

    def network() -> AttributeNet:
        return AttributeNet(name, *layout, heads)

    def fit(dataset: Dataset, tell: Tell) -> Extractor:
        net = network().train()

        def loss_of(images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
            return reading_loss(net(shifted(images, SHIFT, rng))[1], labels)

        steps = math.ceil(epochs * len(dataset) / BATCH)
        train_on(dataset, loss_of, net.parameters(), Course(steps, lr=5e-3, decay=0.02), name=name)
        return finished(net)

    def opened(carried: Mapping[str, Tensor], heads: Heads) -> Extractor:
        return ready(network(), bundled(name))

    return ExtractorSpec(help, data or name, opened, fit, side=layout.side)


@torch.inference_mode()
def accuracies(net: Extractor, dataset: Dataset) -> dict[str, float]:
    """Share of images read rightly, an attribute each; unknown labels do not count. 0 to 1, higher is better."""
    right = np.zeros(len(net.heads))
    known = np.zeros(len(net.heads))
    for start in range(0, len(dataset), 256):
        images, labels = batch_of(dataset, np.arange(start, min(start + 256, len(dataset))))
        for i, layer in enumerate(net(images)[1]):
            right[i] += float((layer.argmax(1) == labels[:, i]).sum())
            known[i] += float((labels[:, i] >= 0).sum())
    return {head.name: float(r / k) for head, r, k in zip(net.heads, right, known, strict=True)}
