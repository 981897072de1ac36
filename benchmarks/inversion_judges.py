"""By what is it best told that a model cannot make a picture? Some that it can and cannot make, by several distances.

A search makes pixels and the extractor's features near; structure (MS-SSIM) and the features of an untrained network
are distances that it does not optimise. Each judges by its own band: what held-out real images leave over likewise.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.common import CHECKPOINTS, Record, circumstances, main, markdown
from explorer.core.inversion.inverter import AT_ONCE, HELD_OUT, Inverter, spread
from explorer.core.inversion.outcome import CANNOT
from explorer.core.inversion.target import Target, resized
from explorer.core.model import Model
from trainer.data.avatars import FACES
from trainer.data.curated import HELD_OUT_START
from trainer.features.pixels import as_images
from trainer.metrics.diversity import ms_ssim

MODEL = "avatars-stylegan"
UNSEEN = 6000  # faces after the first of those that no training and no reference saw
WIDTHS = (32, 64, 128)


def faces(count: int, side: int) -> Tensor:
    """Newly drawn ones, at the size of the reference's thumbnails."""
    start = HELD_OUT_START + UNSEEN
    drawn = np.stack([FACES(i, 64)[0] for i in range(start, start + count)])
    return resized(as_images(drawn), side)


def halves(images: Tensor) -> Tensor:
    """The upper half of each, above the lower half of the one after the next."""
    middle = images.shape[-2] // 2
    return torch.cat([images[:, :, :middle], images.roll(2, 0)[:, :, middle:]], dim=2)


def quadrants(images: Tensor) -> Tensor:
    """The four quarters of each, turned about the middle."""
    half = images.shape[-1] // 2
    return images.roll((half, half), (2, 3))


CHANGES: dict[str, Callable[[Tensor], Tensor]] = {
    "real faces": lambda images: images,
    "halves of two faces": halves,
    "a hard shadow over half": lambda x: torch.cat(
        [x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2 :] - 0.7], 3
    ).clamp(-1),
    "turned by 20 degrees": lambda x: rotated(x, 20),
    "upside down": lambda images: images.flip(2),
    "negative": lambda images: -images,
    "quarters exchanged": quadrants,
}


def rotated(images: Tensor, degrees: float) -> Tensor:
    """Turned about the middle, what comes in from outside continued."""
    angle = torch.tensor(degrees).deg2rad()
    turn = torch.tensor([[angle.cos(), -angle.sin(), 0.0], [angle.sin(), angle.cos(), 0.0]])
    grid = F.affine_grid(turn.expand(len(images), -1, -1), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def untrained(channels: int) -> nn.Module:
    """A convolutional network of random weights, always the same."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layers: list[nn.Module] = []
        for width in WIDTHS:
            layers += [nn.Conv2d(channels, width, 3, 2, 1), nn.ReLU()]
            channels = width
        return nn.Sequential(*layers).requires_grad_(False)


@torch.no_grad()
def distances(inverter: Inverter, pictures: Tensor) -> dict[str, list[float]]:
    """Of each picture to the nearest image of the quick way: judge -> [N]."""
    network = untrained(pictures.shape[1])
    found: dict[str, list[float]] = {}
    for part in pictures.split(AT_ONCE):
        target = Target(part)
        *_, guess = inverter.quickly(target)
        seen = target.viewed(guess.images.clamp(-1, 1))
        parts = {
            "the loss (pixels and features)": inverter.left_over(target, guess),
            "pixels": target.error(guess.images.clamp(-1, 1)),
            "structure (MS-SSIM)": 1 - torch.from_numpy(ms_ssim(first=seen.numpy(), second=part.numpy())),
            "an untrained network": (network(seen) - network(part)).square().mean((1, 2, 3)),
        }
        for name, values in parts.items():
            found.setdefault(name, []).extend(values.tolist())
    return found


def measure(*, checkpoints: Path = CHECKPOINTS, images: int = 48, threads: int = 1) -> Record:
    torch.set_num_threads(threads)
    inverter = Inverter(Model(checkpoints / MODEL))
    assert inverter.reference is not None
    thumbs = inverter.reference.thumbs
    band = distances(inverter, inverter.real(spread(len(thumbs), HELD_OUT)).pixels)
    real = faces(images, thumbs.shape[1])
    sets = {name: distances(inverter, change(real)) for name, change in CHANGES.items()}
    beyond = {
        judge: {
            name: float(np.mean(np.searchsorted(np.sort(values), found[judge]) / len(values) > CANNOT))
            for name, found in sets.items()
        }
        for judge, values in band.items()
    }
    return {"beyond": beyond}


def table(record: Record) -> str:
    beyond = record["results"]["beyond"]
    rows = [[judge, *(f"{100 * share:.0f} %" for share in shares.values())] for judge, shares in beyond.items()]
    return (
        f"{markdown(['judged by', *CHANGES], rows)}\n\n"
        f"Share of {record['settings']['images']} pictures each of which {MODEL} is said to be unable to make; of real "
        f"faces it is to be 5 %. {circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
