"""How near imported ONNX generators are to the networks that they come from, and how soon the first image is there.

Networks of PyTorch at random weights, exported as docs/exporting.md says. Timed: what a file is (`look`), and from the
file to a checkpoint whose first image is drawn (`import`, with its preview of 16 images). Goal: no pixel off by more
than 1/255.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.common import Record, circumstances, main, markdown
from tests.conftest import shaken
from tests.trainer.checkpoints.importers import test_dcgan
from tests.trainer.checkpoints.importers.onnx_models import CLASSES, Style, foreign, given, write
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.importers import import_file, look
from trainer.checkpoints.sampling import sample, seed_z
from trainer.networks import ARCHITECTURES
from trainer.util.images import to_uint8

RANGES = {"[-1, 1]": (1, 0), "[0, 1]": (2, -1), "[0, 255]": (1 / 127.5, -1)}
LARGE, FEW = 512, 4  # from so many pixels on, only so many images are compared


class Whole(nn.Module):
    """Mapping and synthesis as one network, as a person exports them; NHWC in [0, 255]."""

    def __init__(self, side: int):
        super().__init__()
        torch.manual_seed(0)
        generator = ARCHITECTURES["stylegan-lite"].generator(resolution=side, channels=3)
        self.generator = shaken(generator) if side < LARGE else generator.eval()

    def forward(self, z: Tensor) -> Tensor:
        """z [N, z_dim] -> images [N, H, W, 3] in [0, 255]."""
        images = self.generator.synthesize(self.generator.map(z))
        return (images * 127.5 + 127.5).permute(0, 2, 3, 1)


class Case(NamedTuple):
    """An exported network, how it takes its latent and gives its image, and the batch of its export."""

    tried: str
    network: nn.Module
    style: Style
    batch: int = 0


def cases() -> Iterator[Case]:
    """Every layout, range and label at 16 pixels, then networks of real sizes."""
    for layout in ("NCHW", "NHWC"):
        for values in RANGES:
            style = Style(layout, values)
            yield Case(f"{layout}, {values}", foreign(style), style)
    style = Style("NHW", colour=False)
    yield Case("NHW, grey", foreign(style), style)
    for label in ("index", "one-hot"):
        style = Style(label=label)
        yield Case(f"{CLASSES} classes, {label}, 2 images at once", foreign(style), style, 2)
    tutorial = Style(tail=(100, 1, 1))
    for batch in (0, 1):
        tried = f"DCGAN tutorial, 64 pixels, {f'{batch} image' if batch else 'any number'} at once"
        yield Case(tried, test_dcgan.generator(), tutorial, batch)
    for side in (64, 256, 1024):
        network = Whole(side)
        size = network.generator.z_dim
        yield Case(f"StyleGAN-lite, {side} pixels, NHWC", network, Style("NHWC", "[0, 255]", tail=(size,)))


def measure(images: int = 16) -> Record:
    """Every case: the differences of so many images, and the seconds that the parts of an import take."""
    torch.set_num_threads(1)
    with TemporaryDirectory() as folder:  # whatever is loaded once a process is loaded by now
        compared(next(cases()), Path(folder), images)
    rows = []
    for case in cases():
        with TemporaryDirectory() as folder:
            rows.append(compared(case, Path(folder), images))
        print(rows[-1], flush=True)
    return {"images": images, "cases": rows}


@torch.inference_mode()
def compared(case: Case, folder: Path, images: int) -> dict[str, object]:
    """One import, timed, and its images beside the original's."""
    path = write(folder / "g.onnx", case.style, case.batch, case.network)
    begun = time.perf_counter()
    look(path)
    looked = time.perf_counter()
    made = import_file(path, folder / "c", lambda sentence: None)
    g = load_generator(made, read_info(made))
    sample(g, [0])
    imported = time.perf_counter()
    seeds = range(images if g.resolution < LARGE else min(images, FEW))
    z = torch.stack([torch.from_numpy(seed_z(seed, g.z_dim)) for seed in seeds])
    inputs = given(case.style, z, torch.tensor(seeds) % CLASSES)
    wanted = torch.cat([case.network(*(part[i : i + 1] for part in inputs)) for i in range(len(seeds))])
    layouts = {"NCHW": lambda x: x, "NHWC": lambda x: x.permute(0, 3, 1, 2), "NHW": lambda x: x[:, None]}
    gain, offset = RANGES[case.style.range]
    drawn = time.perf_counter()
    found = sample(g, seeds)
    apart = np.abs(found.astype(int) - to_uint8(layouts[case.style.layout](wanted) * gain + offset))
    return {
        "tried": case.tried,
        "mb": path.stat().st_size / 1e6,
        "mean": float(apart.mean()),
        "max": int(apart.max()),
        "look": looked - begun,
        "first": imported - looked,
        "image_ms": 1000 * (time.perf_counter() - drawn) / len(seeds),
    }


def table(record: Record) -> str:
    """Markdown of the record."""
    rows = [
        [
            f"{case['tried']}, {case['mb']:.1f} MB",
            f"{case['mean']:.5f}",
            str(case["max"]),
            f"{case['look']:.1f}",
            f"{case['first']:.1f}",
            f"{case['image_ms']:.0f}",
        ]
        for case in record["results"]["cases"]
    ]
    head = ["exported", "mean difference", "largest", "preview, s", "import to first image, s", "an image, ms"]
    note = f"Differences of pixels, of 255. `python -m benchmarks onnx_parity`. {circumstances(record)}"
    return f"{markdown(head, rows)}\n\n{note}"


if __name__ == "__main__":
    main(measure, table)
