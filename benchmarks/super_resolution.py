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
from trainer.checkpoints.checkpoint import load_translator, read_info
from trainer.checkpoints.translating import translated
from trainer.data.avatars import FACES
from trainer.data.curated import HELD_OUT_START
from trainer.features import EXTRACTORS
from trainer.features.feature_set import extract
from trainer.features.pixels import as_images
from trainer.metrics.fid import frechet_distance
from trainer.metrics.translation import likeness
from trainer.networks.srresnet import reduced
from trainer.util.images import to_uint8

SIZES = (64, 256)  # pixels a side, of the large images
SCALE = 4
PART = 50  # images of 256 pixels at once
FORMS = {"psnr": ".1f", "ssim": ".3f", "frechet": ".2f", "consistency": ".1f"}


def faces(count: int, side: int) -> np.ndarray:
    """Newly drawn faces, uint8 (count, side, side, 3), that neither a training nor a reference has seen."""
    start = HELD_OUT_START + UNSEEN
    return np.stack([FACES(i, side).pixels for i in range(start, start + count)])


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


def compared(made: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Means over the images of the measures of likeness, some images at a time."""
    parts = [slice(i, i + PART) for i in range(0, len(made), PART)]
    found = [
        likeness(fake_truth=as_images(truth[part]).numpy(), fake_images=as_images(made[part]).numpy()) for part in parts
    ]
    sizes = [len(made[part]) for part in parts]
    return {name: float(np.average([one[name] for one in found], weights=sizes)) for name in found[0]}


def figures(made: np.ndarray, truth: np.ndarray, given: np.ndarray, known: np.ndarray) -> dict[str, float]:
    """Distortion, perception, and whether what was made is what was given when it is made smaller again.

    Args: known: features of the truth.
    """
    small = to_uint8(torch.cat([reduced(as_images(made[i : i + PART]), SCALE) for i in range(0, len(made), PART)]))
    found = compared(made, truth)
    return {
        "psnr": round(found["psnr"], 2),
        "ssim": round(found["ssim"], 4),
        "frechet": round(frechet_distance(real=known, fake=features(made)), 3),
        "consistency": round(compared(small, given)["psnr"], 2),
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
        [size, name, *(f"{found[figure]:{form}}" for figure, form in FORMS.items())]
        for size, networks in results["sizes"].items()
        for name, found in networks.items()
    ]
    head = ["pixels a side", "enlarged by", "PSNR, dB", "SSIM", "Fréchet distance", "PSNR made smaller again, dB"]
    seen = ", ".join(f"{name} {count / 1000:,.0f} kimg" for name, count in results["images_seen"].items())
    return (
        f"{markdown(head, rows)}\n\n"
        f"{record['settings']['images']} held-out faces; Fréchet distance in the features of the avatars' reader, "
        f"of squares of 64 pixels, to the same faces, lower is better; trained for: {seen or 'nothing'}. "
        f"{circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
