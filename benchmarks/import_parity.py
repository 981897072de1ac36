"""How near imported generators are to their originals, and how soon the first picture is there.

The originals are networks of the tests, written anew from the papers, at random weights; each is saved the way its
users save it. What is timed is one import from the file to the first image: recognised, built, drawn. Goal: within 1e-4
of the original for DCGAN, 1e-3 for StyleGAN2, in [-1, 1].
"""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.common import Record, circumstances, main, markdown
from tests.trainer.checkpoints.importers import nvidia_models, test_dcgan, test_lucidrains, test_rosinality
from trainer.checkpoints.importers import look
from trainer.checkpoints.sampling import seed_noise
from trainer.networks import Generator

FULL = {"z_dim": 512, "w_dim": 512, "channel_base": 32768, "channel_max": 512}
Draw = Callable[[Generator, Tensor, list[Tensor] | None], Tensor]  # ours for what it says of itself, z, noise -> images


class Case(NamedTuple):
    """An original: how it is saved, and how it draws."""

    source: str
    tried: str
    save: Callable[[Path], object]
    draw: Draw


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

    return Case(
        "NVIDIA .pkl", f"{shape.get('resolution', 16)} pixels, {tried}", lambda p: nvidia_models.snapshot(p, net), draw
    )


def rosinality(size: int, widths: tuple[int, ...]) -> Case:
    """rosinality's generator."""
    net = test_rosinality.generator(size=size, style_dim=64, n_mlp=8, widths=widths)
    save = {"g_ema": net.state_dict(), "latent_avg": torch.zeros(64)}
    return Case("rosinality .pt", f"{size} pixels", lambda p: torch.save(save, p), lambda g, z, _: net(z))


def lucidrains(size: int) -> Case:
    """lucidrains' averaged generator, whose images lie in [0, 1]."""
    net = test_lucidrains.gan(size=size, latent=64, depth=8, capacity=8)

    def draw(g: Generator, z: Tensor, noise: list[Tensor] | None) -> Tensor:
        assert noise is not None
        uniform = torch.distributions.Normal(0.0, 1.0).cdf(noise[0])[:, 0, :, :, None]
        return net.GE(net.SE(z)[:, None].expand(-1, g.num_ws, -1), uniform) * 2 - 1

    return Case("lucidrains .pt", f"{size} pixels", lambda p: torch.save({"GAN": net.state_dict()}, p), draw)


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
def compared(case: Case, path: Path, images: int) -> dict[str, float]:
    """One import, timed, and its images beside the original's."""
    start, busy = time.perf_counter(), time.process_time()
    g = look(path).load().generator
    seconds, cpu = time.perf_counter() - start, time.process_time() - busy
    z = torch.randn(images, g.z_dim, generator=torch.Generator().manual_seed(0))
    noise = seed_noise(g, range(images), ["fixed"] * images)
    label = torch.arange(images) % max(g.num_classes, 1)
    apart = (g.synthesize(g.map(z, label), noise) - case.draw(g, z, noise)).abs()
    return {"mean": float(apart.mean()), "max": float(apart.max()), "seconds": seconds, "cpu_seconds": cpu}


def table(record: Record) -> str:
    """Markdown of the record."""
    rows = [
        [
            case["source"],
            f"{case['tried']}, {case['mb']:.0f} MB",
            f"{case['mean']:.1e}",
            f"{case['max']:.1e}",
            f"{case['seconds']:.1f} ({case['cpu_seconds']:.1f} of a core)",
        ]
        for case in record["results"]["cases"]
    ]
    head = ["source", "tried", "mean difference", "largest", "seconds to the first picture"]
    note = f"Differences of pixels in [-1, 1], where a step of 8 bits is 0.008. {circumstances(record)}"
    return f"{markdown(head, rows)}\n\n{note}"


if __name__ == "__main__":
    main(measure, table)
