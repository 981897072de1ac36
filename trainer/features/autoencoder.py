"""For any other data set: a small autoencoder that is trained on it once, and reads its classes where it has some.

Why not a pretrained network: it would need a download, and ImageNet's features see little in small or odd images.
Why not the discriminator: it changes with every run, so that no two models could be compared. The features are the
bottleneck, which has to keep all that the image can be redrawn from, so that a lost kind of image shows.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.data import Dataset
from trainer.features.base import EXTRACTORS, Extractor, ExtractorSpec, Heads, Tell, fitted_images, ready
from trainer.features.classifier import BATCH, DIM, AttributeNet, Course, finished, reading_loss, train_on
from trainer.util.errors import UserError

SIDE = 32
WIDTHS = (24, 32, 48, 64)
COURSE = Course(120_000 // BATCH, lr=3e-3, decay=0.01)  # about a minute on two cores
READING = 0.1  # weight of the classes beside the redrawing


def network(channels: int, heads: Heads) -> AttributeNet:
    """The untrained encoder with its heads: images [N, channels, H, W] in [-1, 1] -> features [N, 64], logits."""
    return AttributeNet("autoencoder", channels, SIDE, WIDTHS, heads)


def decoder(channels: int) -> nn.Sequential:
    """Features [N, 64] -> images [N, channels, 32, 32] in [-1, 1]."""
    layers: list[nn.Module] = [nn.Linear(DIM, 16 * WIDTHS[-1]), nn.Unflatten(1, (WIDTHS[-1], 4, 4)), nn.LeakyReLU(0.2)]
    for c_in, c_out in ((64, 48), (48, 32), (32, 24)):
        layers += [nn.ConvTranspose2d(c_in, c_out, 4, 2, 1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(24, channels, 3, 1, 1), nn.Tanh())


def fit(dataset: Dataset, tell: Tell, course: Course = COURSE) -> Extractor:
    """Train on the data set's images. Deterministic for a number of threads."""
    tell(f"training a feature extractor on {dataset.name}, once; it is stored with the data")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net, redraw = network(dataset.channels, dataset.attributes), decoder(dataset.channels)
    net.train()

    def loss_of(images: Tensor, labels: Tensor, rng: torch.Generator) -> Tensor:
        target = fitted_images(images, SIDE, dataset.channels)
        features, logits = net(target)
        loss = F.mse_loss(redraw(features), target)
        return loss + READING * reading_loss(logits, labels) / len(logits) if logits else loss

    parameters = [*net.parameters(), *redraw.parameters()]
    train_on(dataset, loss_of, parameters, course, name=f"of {dataset.name}")
    net.half().float()  # what the reference keeps, so that a carried extractor is the very same
    return finished(net)


def open_carried(carried: Mapping[str, Tensor], heads: Heads) -> Extractor:
    """The extractor that a reference carries. Raises UserError if it carries none."""
    first = carried.get("encoder.0.0.weight")
    if first is None or first.ndim != 4 or first.shape[1] not in (1, 3):  # before a network of that width is built
        raise UserError(
            "The autoencoder of a data set is stored in its reference, but this reference has none. "
            "Build the reference again: `python -m trainer reference NAME`."
        )
    return ready(network(first.shape[1], heads), carried)


EXTRACTORS["autoencoder"] = ExtractorSpec(
    "trained on the data set itself, 64 features; classifies its classes, if any", "", open_carried, fit, carried=True
)
