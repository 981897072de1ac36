"""Images made of images: how near they come to the truth, whether the way back leads home, how much a style changes."""

import numpy as np
from numpy import ndarray

from trainer.metrics.base import FIGURES, METRICS, Figure, Measure
from trainer.metrics.checks import features, image_batch
from trainer.metrics.diversity import WINDOW, similarities
from trainer.util.errors import UserError

RANGE = 2.0  # from black to white


def likeness(*, fake_truth: ndarray, fake_images: ndarray) -> dict[str, float]:
    """L1 distance, peak signal-to-noise ratio and structural similarity of images and what they should be.

    SSIM has Wang's Gaussian window of 11 pixels and deviation 1.5, without padding, K1 = 0.01, K2 = 0.03 of the range,
    black being 0; PSNR and SSIM are means over the images, SSIM over the channels, too.

    Args: fake_truth, fake_images: (n, C, H, W) in [-1, 1]; row i of one belongs to row i of the other.
    Returns: `truth_l1` in pixels of -1 to 1, lower is better; `psnr` in dB, infinite for a copy, and `ssim`, at most 1,
        higher is better. SSIM is NaN for sides under 11 pixels.
    Bias: none.
    Fails: all three prefer blur to detail that lies a pixel aside; PSNR and L1 see no structure.
    Raises: UserError for another shape or range, or sets of different shapes.
    Source: Wang et al. 2004, 'Image quality assessment: from error visibility to structural similarity'.
    """
    truth, fake = paired_images(fake_truth=fake_truth, fake_images=fake_images)
    gap = fake - truth
    errors = (gap * gap).mean((1, 2, 3))
    with np.errstate(divide="ignore"):
        psnr = 10 * np.log10(RANGE**2 / errors)
    similar = similarities((truth + 1) / 2, (fake + 1) / 2)[1] if min(truth.shape[2:]) >= WINDOW else np.array([np.nan])
    return {"truth_l1": float(np.abs(gap).mean()), "psnr": float(psnr.mean()), "ssim": float(similar.mean())}


def cycle_error(*, first: ndarray, again: ndarray) -> float:
    """Mean absolute difference between images (n, C, H, W) in [-1, 1] and what the way there and back makes of them.

    0 where the way back leads home, which a pair of networks also reaches that hides the input in its output
    (Chu et al. 2017, arXiv 1712.02950). Raises UserError as `likeness`.
    """
    first, again = paired_images(first=first, again=again)
    return float(np.abs(first - again).mean())


def style_diversity(*, styled: ndarray) -> float:
    """Mean distance between the outputs of one input under neighbouring style codes, in feature units.

    Args: styled: features (inputs, codes, d) of each input under the same number of codes.
    Returns: mean over the inputs and the codes - 1 consecutive pairs; 0 where the style changes nothing.
    Raises: UserError for another shape, fewer than 2 codes, or numbers that are not finite.
    Source: Zhu et al. 2017, arXiv 1711.11586, section 5.1: 19 pairs of each of 100 inputs; theirs is LPIPS.
    """
    if np.ndim(styled) != 3 or np.shape(styled)[1] < 2:
        raise UserError(f"styled has shape {np.shape(styled)}; it must be (inputs, 2 or more codes, d).")
    inputs, codes, width = styled.shape
    (flat,) = features(styled=styled.reshape(inputs * codes, width))
    steps = np.diff(flat.reshape(inputs, codes, width), axis=1)
    return float(np.sqrt((steps * steps).sum(2)).mean())


def paired_images(**sets: ndarray) -> list[ndarray]:
    """Two sets of images as float64, row beside row. Raises UserError where they do not fit."""
    first, second = (image_batch(name, images, minimum=1, side=1).astype(np.float64) for name, images in sets.items())
    if first.shape != second.shape:
        names = " and ".join(sets)
        raise UserError(
            f"{names} have shapes {first.shape} and {second.shape}; each image needs one that it belongs to."
        )
    return [first, second]


METRICS["likeness"] = Measure(
    likeness,
    truth_l1=Figure(
        "L1 distance from the truth", "mean absolute difference of pixels in -1 to 1 from the truth", better="lower",
        card=True,
    ),
    psnr=Figure("PSNR", "peak signal-to-noise ratio to the truth, mean over images", unit="dB", better="higher",
                range=(None, None), card=True),
    ssim=Figure("SSIM", "structural similarity to the truth, mean over images", better="higher", range=(None, 1.0),
                card=True),
)  # fmt: skip
FIGURES["cycle_error"] = Figure(
    "Cycle error", "mean absolute difference between images given and their way there and back", better="lower",
    card=True,
)  # fmt: skip
FIGURES["style_diversity"] = Figure(
    "Diversity of styles", "mean distance between outputs of one input under two style codes", unit="feature units",
    better="real", card=True,
)  # fmt: skip
