"""How well is what was rubbed out of a picture filled in? The inpainting network beside a flat fill and a search.

Held-out faces that no training saw, half with a box rubbed out, half with brush strokes. The search is that of Slide's
dialog *Open a picture* in the bundled faces model: it looks for a latent whose image agrees with what is known. As it
takes seconds a picture, it is tried on fewer of them.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.common import CHECKPOINTS, Record, circumstances, main, markdown
from benchmarks.super_resolution import faces, features
from explorer.core.inversion.inverter import Inverter
from explorer.core.inversion.outcome import Outcome, Wish, open_picture
from explorer.core.inversion.target import psnr
from explorer.core.model import Model
from trainer.checkpoints.checkpoint import load_translator, read_info
from trainer.checkpoints.translating import translated
from trainer.metrics.fid import frechet_distance
from trainer.networks.masks import draw_masks

Fill = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(images uint8 (N, R, R, C), holes bool (N, R, R)) -> images of which the holes are looked at."""


def mean_fill(images: np.ndarray, holes: np.ndarray) -> np.ndarray:
    """Each hole in the mean colour of what is known of its picture."""
    known = ~holes[..., None]
    colours = (images * known).sum((1, 2), keepdims=True) / known.sum((1, 2), keepdims=True)
    return np.broadcast_to(colours.round().astype(np.uint8), images.shape)


def by_network(folder: Path) -> Fill:
    """One pass of the network."""
    network = load_translator(folder, read_info(folder))

    def fill(images: np.ndarray, holes: np.ndarray) -> np.ndarray:
        masks = holes[..., None].astype(np.uint8) * 255
        return translated(network, np.concatenate([images, masks], axis=3), exact=False)

    return fill


def by_search(folder: Path) -> Fill:
    """The best answer of a whole search, each picture alone."""
    inverter = Inverter(Model(folder))
    for _ in inverter.prepare():
        pass

    def fill(images: np.ndarray, holes: np.ndarray) -> np.ndarray:
        found = []
        for image, hole in zip(images, holes, strict=True):
            *_, outcome = open_picture(inverter, Wish(image, hole))
            assert isinstance(outcome, Outcome)
            found.append(outcome.found[0].image)
        return np.stack(found)

    return fill


def hole_error(made: np.ndarray, truth: np.ndarray, holes: np.ndarray) -> float:
    """Mean squared difference in the holes, of numbers from -1 to 1."""
    off = np.square((made.astype(np.float32) - truth) / 127.5).mean(3)
    return float(off[holes].mean())


def seam(made: np.ndarray, truth: np.ndarray, holes: np.ndarray) -> float:
    """How much larger the step over the holes' upper edges is than in the truth: mean absolute difference, of 255."""
    edge = holes[:, 1:] & ~holes[:, :-1]

    def steps(images: np.ndarray) -> float:
        return float(np.abs(np.diff(images.astype(np.float32), axis=1)).mean(3)[edge].mean())

    return steps(made) - steps(truth)


def figures(fill: Fill, truth: np.ndarray, holes: np.ndarray) -> dict[str, float]:
    """Distortion in the hole, perception of the blended picture, the seam, and seconds a picture."""
    began = time.process_time()
    filled = fill(truth, holes)
    seconds = (time.process_time() - began) / len(truth)
    made = np.where(holes[..., None], filled, truth)
    return {
        "images": len(truth),
        "psnr": round(psnr(hole_error(made, truth, holes)), 2),
        "frechet": round(frechet_distance(real=features(truth), fake=features(made)), 3),
        "seam": round(seam(made, truth, holes), 2),
        "seconds": round(seconds, 4),
    }


def measure(
    *,
    network: Path = CHECKPOINTS / "inpaint-avatars",
    generator: Path = CHECKPOINTS / "avatars-stylegan",
    images: int = 500,
    searched: int = 16,
    threads: int = 1,
) -> Record:
    torch.set_num_threads(threads)
    truth = faces(images, 64)
    holes = draw_masks(images, 64, np.random.default_rng(0)) > 0
    fills: dict[str, Fill] = {"mean colour": mean_fill}
    if network.is_dir():
        fills["network"] = by_network(network)
    rows = {f"{name}, all": figures(fill, truth, holes) for name, fill in fills.items()}
    if searched:
        fills["search"] = by_search(generator)
        few = {name: figures(fill, truth[:searched], holes[:searched]) for name, fill in fills.items()}
        rows |= {f"{name}, the first {searched}": found for name, found in few.items()}
    return {"fills": rows, "images_seen": read_info(network).images_seen if network.is_dir() else 0}


def table(record: Record) -> str:
    results = record["results"]
    rows = []
    for name, found in results["fills"].items():
        told = [f"{found['psnr']:.1f}", f"{found['frechet']:.2f}", f"{found['seam']:.1f}", f"{found['seconds']:.3f}"]
        rows.append([name, found["images"], *told])
    head = ["filled by", "pictures", "PSNR in the hole, dB", "Fréchet distance", "seam, of 255", "CPU, s a picture"]
    return (
        f"{markdown(head, rows)}\n\n"
        "Held-out faces of 64 pixels, half with a box rubbed out, half with strokes. Fréchet distance in the features "
        "of the avatars' reader, to the same faces, lower is better; compare at equal numbers of pictures. Seam: how "
        "much larger steps over the hole's upper edge are than in the truth. The network was trained for "
        f"{results['images_seen'] / 1000:,.0f} kimg. {circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
