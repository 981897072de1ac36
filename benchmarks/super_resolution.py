"""What does the adversarial loss cost and gain in super-resolution? SRGAN, and the same network without a critic.

Held-out faces that no training saw, made smaller by means of squares and larger again: by bicubic interpolation, by the
networks of --pixels and --gan (trained with --adversarial-weight 0 and with a critic) and of --large (trained on faces
of 256 pixels). As they are convolutions alone, each is tried at both sizes.
"""

from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import interpolate

from benchmarks.common import CHECKPOINTS, Record, circumstances, main, markdown
from benchmarks.inversion import UNSEEN
from explorer.core.inversion.target import psnr
from trainer.checkpoints.checkpoint import load_translator, read_info
from trainer.checkpoints.translating import translated
from trainer.data.avatars import HELD_OUT_START, draw_curated
from trainer.features import EXTRACTORS
from trainer.features.feature_set import extract
from trainer.features.pixels import as_images
from trainer.metrics.fid import frechet_distance
from trainer.networks.srresnet import reduced
from trainer.util.images import to_uint8

SIZES = (64, 256)  # pixels a side, of the large images
SCALE = 4
PART = 50  # images of 256 pixels at once


def faces(count: int, side: int) -> np.ndarray:
    """Newly drawn faces, uint8 (count, side, side, 3), that neither a training nor a reference has seen."""
    start = HELD_OUT_START + UNSEEN
    return np.stack([draw_curated(i, side).pixels for i in range(start, start + count)])


def bicubic(given: np.ndarray) -> np.ndarray:
    """Interpolated, uint8 (N, h, w, C) -> (N, SCALE h, SCALE w, C)."""
    return to_uint8(interpolate(as_images(given), scale_factor=float(SCALE), mode="bicubic"))


def features(images: np.ndarray) -> np.ndarray:
    """Features (M, d) of the avatars' reader, of the squares that images uint8 (N, H, H, C) fall into.

    Squares, since the reader sees a large image made smaller, which hides the detail in question (as pFID does, Chai et
    al. 2022).
    """
    reader, cut = EXTRACTORS["avatars"].open({}, ()), tiles(images)
    return np.concatenate([extract(reader, as_images(cut[i : i + PART])).features for i in range(0, len(cut), PART)])


def tiles(images: np.ndarray) -> np.ndarray:
    """Squares of 64 pixels, uint8 (N, H, H, C) -> (N (H / 64)^2, 64, 64, C)."""
    n, side, _, c = images.shape
    k = side // SIZES[0]
    return images.reshape(n, k, SIZES[0], k, SIZES[0], c).swapaxes(2, 3).reshape(-1, SIZES[0], SIZES[0], c)


def error(one: np.ndarray, other: np.ndarray) -> float:
    """Mean squared difference of images as numbers from -1 to 1."""
    parts = [
        np.square((one[i : i + PART].astype(np.float32) - other[i : i + PART]) / 127.5).mean()
        for i in range(0, len(one), PART)
    ]
    return float(np.mean(parts))


def figures(made: np.ndarray, truth: np.ndarray, given: np.ndarray, known: np.ndarray) -> dict[str, float]:
    """Distortion, perception, and whether what was made is what was given when it is made smaller again.

    Args: known: features of the truth.
    """
    small = to_uint8(torch.cat([reduced(as_images(made[i : i + PART]), SCALE) for i in range(0, len(made), PART)]))
    return {
        "psnr": round(psnr(error(made, truth)), 2),
        "frechet": round(frechet_distance(real=known, fake=features(made)), 3),
        "consistency": round(psnr(error(small, given)), 2),
    }


def measure(
    *,
    pixels: Path = CHECKPOINTS / "sharpen-avatars-pixels",
    gan: Path = CHECKPOINTS / "sharpen-avatars",
    large: Path = CHECKPOINTS / "sharpen-avatars-256",
    images: int = 500,
    threads: int = 1,
) -> Record:
    torch.set_num_threads(threads)
    found = trained(pixels, gan, large)
    networks = {name: load_translator(folder, read_info(folder)) for name, folder in found}
    results: Record = {}
    for side in SIZES:
        truth = faces(images, side)
        given = to_uint8(torch.cat([reduced(as_images(truth[i : i + PART]), SCALE) for i in range(0, images, PART)]))
        known = features(truth)
        rows = {"bicubic": figures(bicubic(given), truth, given, known)}
        for name, network in networks.items():
            rows[name] = figures(translated(network, given, exact=False), truth, given, known)
        results[f"{side // SCALE} to {side}"] = rows
    return {"sizes": results, "images_seen": {name: read_info(p).images_seen for name, p in found}}


def trained(pixels: Path, gan: Path, large: Path) -> list[tuple[str, Path]]:
    """The networks that there are, by their name in the table."""
    named = [("pixels alone", pixels), ("SRGAN", gan), ("SRGAN, learned at 256", large)]
    return [(name, folder) for name, folder in named if folder.is_dir()]


def table(record: Record) -> str:
    results = record["results"]
    rows = [
        [size, name, f"{found['psnr']:.1f}", f"{found['frechet']:.2f}", f"{found['consistency']:.1f}"]
        for size, networks in results["sizes"].items()
        for name, found in networks.items()
    ]
    head = ["pixels a side", "enlarged by", "PSNR, dB", "Fréchet distance", "PSNR made smaller again, dB"]
    seen = ", ".join(f"{name} {count / 1000:,.0f} kimg" for name, count in results["images_seen"].items())
    return (
        f"{markdown(head, rows)}\n\n"
        f"{record['settings']['images']} held-out faces; Fréchet distance in the features of the avatars' reader, "
        f"of squares of 64 pixels, to the same faces, lower is better; trained for: {seen or 'nothing'}. "
        f"{circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
