"""How near imported generators are to their originals, and how soon the first picture is there.

The originals are networks of the tests, written anew from the papers, at random weights; each is saved the way its
users save it. What is timed is one import from the file to the first image: recognised, built, drawn. Goal: within 1e-4
of the original for DCGAN, 1e-3 for StyleGAN2, in [-1, 1]. A discriminator's scores of those images
stand beside the original's, relative to the largest; goal: 1e-3.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.common import Record, circumstances, main, markdown
from tests.trainer.checkpoints.importers import (
    lucidrains_critics,
    nvidia_critics,
    nvidia_models,
    rosinality_critics,
    test_dcgan,
    test_lucidrains,
    test_rosinality,
)
from trainer.checkpoints.importers import look
from trainer.checkpoints.sampling import seed_noise
from trainer.networks import Discriminator, Generator

FULL = {"z_dim": 512, "w_dim": 512, "channel_base": 32768, "channel_max": 512}
Draw = Callable[[Generator, Tensor, list[Tensor] | None], Tensor]  # ours for what it says of itself, z, noise -> images


Score = Callable[[Tensor, Tensor], Tensor]  # images in [-1, 1], labels -> scores [N], higher for real


class Case(NamedTuple):
    """An original: how it is saved, how it draws, and how its discriminator scores, where the file has one."""

    source: str
    tried: str
    save: Callable[[Path], object]
    draw: Draw
    score: Score | None = None


def dcgan(**shape: Any) -> Case:
    """The tutorial's generator."""
    net = test_dcgan.generator(**shape)
    tried = f"{shape.get('size', 64)} pixels, nz {shape.get('nz', 100)}, ngf {shape.get('ngf', 64)}"
    return Case(
        "DCGAN tutorial", tried, lambda p: torch.save(net.state_dict(), p), lambda g, z, _: net(z[..., None, None])
    )


def nvidia(tried: str, **shape: Any) -> Case:
    """NVIDIA's generator, in its pickle."""
    net = nvidia_models.generator(**shape)

    def draw(g: Generator, z: Tensor, noise: list[Tensor] | None) -> Tensor:
        label = torch.arange(len(z)) % max(g.num_classes, 1)
        return net(z, F.one_hot(label, g.num_classes).float() if g.num_classes else torch.zeros(len(z), 0))

    own = {
        key: shape[key] for key in ("resolution", "c_dim", "channel_base", "channel_max", "conv_clamp") if key in shape
    }
    d = nvidia_critics.discriminator(**own)

    def score(images: Tensor, label: Tensor) -> Tensor:
        return d(images, F.one_hot(label, d.c_dim).float() if d.c_dim else None).flatten()

    tried = f"{shape.get('resolution', 16)} pixels, {tried}"
    return Case("NVIDIA .pkl", tried, lambda p: nvidia_models.snapshot(p, net, D=d), draw, score)


def rosinality(size: int, widths: tuple[int, ...]) -> Case:
    """rosinality's generator."""
    net = test_rosinality.generator(size=size, style_dim=64, n_mlp=8, widths=widths)
    d = rosinality_critics.discriminator(widths)
    save = {"g_ema": net.state_dict(), "d": d.state_dict(), "latent_avg": torch.zeros(64)}

    def score(images: Tensor, label: Tensor) -> Tensor:
        return d(images).flatten()

    return Case("rosinality .pt", f"{size} pixels", lambda p: torch.save(save, p), lambda g, z, _: net(z), score)


def lucidrains(size: int) -> Case:
    """lucidrains' averaged generator, whose images lie in [0, 1]."""
    net = test_lucidrains.gan(size=size, latent=64, depth=8, capacity=8)
    net.D = d = lucidrains_critics.discriminator(size=size)

    def draw(g: Generator, z: Tensor, noise: list[Tensor] | None) -> Tensor:
        assert noise is not None
        uniform = torch.distributions.Normal(0.0, 1.0).cdf(noise[0])[:, 0, :, :, None]
        return net.GE(net.SE(z)[:, None].expand(-1, g.num_ws, -1), uniform) * 2 - 1

    def score(images: Tensor, label: Tensor) -> Tensor:
        return -d((images + 1) / 2)

    return Case("lucidrains .pt", f"{size} pixels", lambda p: torch.save({"GAN": net.state_dict()}, p), draw, score)


CASES: tuple[Callable[[], Case], ...] = (
    lambda: dcgan(),
    lambda: dcgan(size=32, nc=1, ngf=32),
    lambda: dcgan(size=128, ngf=32),
    lambda: nvidia("config of CIFAR-10, 10 classes", resolution=32, c_dim=10, mapping={"num_layers": 2}, **FULL),
    lambda: nvidia("channel_base 16384", resolution=256, **FULL | {"channel_base": 16384}),
    lambda: nvidia("channel_base 32768, conv_clamp 256", resolution=1024, conv_clamp=256, **FULL),
    lambda: rosinality(256, (512, 512, 512, 512, 256, 128, 64)),
    lambda: lucidrains(128),
)


def measure(images: int = 2) -> Record:
    """Every case: the differences of so many images, and the seconds to the first."""
    rows = []
    for make in CASES:
        case = make()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model"
            case.save(path)
            rows.append(
                {
                    "source": case.source,
                    "tried": case.tried,
                    "mb": path.stat().st_size / 1e6,
                    **compared(case, path, images),
                }
            )
        print(rows[-1], flush=True)
    return {"images": images, "cases": rows}


@torch.inference_mode()
def compared(case: Case, path: Path, images: int) -> dict[str, float | None]:
    """One import, timed, and its images and scores beside the original's."""
    start, busy = time.perf_counter(), time.process_time()
    imported = look(path).load()
    g = imported.generator
    seconds, cpu = time.perf_counter() - start, time.process_time() - busy
    z = torch.randn(images, g.z_dim, generator=torch.Generator().manual_seed(0))
    noise = seed_noise(g, range(images), ["fixed"] * images)
    label = torch.arange(images) % max(g.num_classes, 1)
    drawn = g.synthesize(g.map(z, label), noise)
    apart = (drawn - case.draw(g, z, noise)).abs()
    told = {"mean": float(apart.mean()), "max": float(apart.max()), "seconds": seconds, "cpu_seconds": cpu}
    return told | {"scores": scores_apart(case, imported.critic, [*drawn], label)}


def scores_apart(case: Case, critic: Discriminator | None, images: Sequence[Tensor], labels: Tensor) -> float | None:
    """The largest difference of scores, each image by itself, relative to the largest score; None without a critic."""
    if case.score is None or critic is None:
        return None
    pairs = [
        (critic(image[None], label[None]), case.score(image[None], label[None]))
        for image, label in zip(images, labels, strict=True)
    ]
    ours, theirs = (torch.cat(side) for side in zip(*pairs, strict=True))
    return float((ours - theirs).abs().max() / theirs.abs().max())


def table(record: Record) -> str:
    """Markdown of the record."""
    rows = [
        [
            case["source"],
            f"{case['tried']}, {case['mb']:.0f} MB",
            f"{case['mean']:.1e}",
            f"{case['max']:.1e}",
            "" if case.get("scores") is None else f"{case['scores']:.1e}",
            f"{case['seconds']:.1f} ({case['cpu_seconds']:.1f} of a core)",
        ]
        for case in record["results"]["cases"]
    ]
    head = ["source", "tried", "mean difference", "largest", "of scores", "seconds to the first picture"]
    note = (
        "Differences of pixels in [-1, 1], where a step of 8 bits is 0.008; of the discriminator's scores, relative. "
        f"{circumstances(record)}"
    )
    return f"{markdown(head, rows)}\n\n{note}"


if __name__ == "__main__":
    main(measure, table)
