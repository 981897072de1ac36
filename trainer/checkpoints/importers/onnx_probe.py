"""What an ONNX generator draws, found out by drawing: which output is the image, its layout, its range, its batch."""

import time
from dataclasses import dataclass

import numpy as np
from onnxruntime import InferenceSession

from trainer.checkpoints.building import MAX_OPTIONS, side_by_side
from trainer.checkpoints.importers.onnx_signature import Signature
from trainer.checkpoints.sampling import seed_z
from trainer.util.onnx_files import run
from trainer.util.reading import Unfit

PROBED = 16  # latents
MIN_PROBED, ENOUGH = 4, 5.0  # fewer latents after so many seconds
MIN_SIDE = 4  # pixels
LAYOUTS = {"NCHW": "channels first", "NHWC": "channels last", "NHW": "no channels"}
RANGES = {"[-1, 1]": (1.0, 0.0), "[0, 1]": (2.0, -1.0), "[0, 255]": (1 / 127.5, -1.0)}  # gain and offset to [-1, 1]
BELOW_ZERO = -0.05  # of the spread: an unclamped image in [0, 1] may go a little below
BEYOND_ONE = 16.0  # no network whose images lie in [-1, 1] or [0, 1] goes so far
ALIKE = 1e-3  # share of the range: more than rounding


@dataclass(frozen=True)
class Drawn:
    """What was found.

    Attributes:
        output: name of the image; others: of the further outputs.
        layout, range: keys of LAYOUTS and RANGES.
        low, high: the extreme values of all images.
        latents: how many were drawn.
        batch: rows that have to be given at once, 0 for any number.
    """

    output: str
    others: tuple[str, ...]
    layout: str
    range: str
    low: float
    high: float
    latents: int
    resolution: int
    channels: int
    batch: int


class Probe:
    """Draws images of the seeds 0, 1, ... with a graph."""

    def __init__(self, network: InferenceSession, signature: Signature):
        self.network, self.signature = network, signature
        self.names = [output.name for output in network.get_outputs()]

    def inputs(self, seeds: list[int]) -> dict[str, np.ndarray]:
        """Latents of some seeds, and classes in turn."""
        latent, label, classes = self.signature.latent, self.signature.label, self.signature.classes
        z = np.stack([seed_z(seed, latent.size) for seed in seeds]).reshape(-1, *latent.shape).astype(latent.dtype)
        if label is None:
            return {latent.name: z}
        if "int" in label.dtype:
            chosen = np.array(seeds).reshape(-1, *label.shape) % classes
        else:
            chosen = np.eye(classes)[np.array(seeds) % classes]
        return {latent.name: z, label.name: chosen.astype(label.dtype)}

    def outputs(self, seeds: list[int]) -> dict[str, np.ndarray]:
        """All outputs for some seeds, as many as the graph takes at once. Raises Unfit where it does not run."""
        return dict(zip(self.names, run(self.network, self.inputs(seeds)), strict=True))

    def look(self) -> Drawn:
        """Draw up to PROBED latents. Raises Unfit for a graph whose images cannot be shown."""
        since, size = time.monotonic(), self.signature.batch or 1
        first = self.outputs(list(range(size)))
        name, layout = image_output(first)
        side, channels = checked_shape(first[name].shape, layout, size)
        again = self.outputs(list(range(size)))[name]
        images = [first[name]]
        for start in range(size, PROBED, size):
            if start >= MIN_PROBED and time.monotonic() - since > ENOUGH:
                break
            images.append(self.outputs(list(range(start, start + size)))[name])
        if any(part.shape != again.shape for part in images):
            raise Unfit("its images differ in size")
        seen = np.concatenate(images)
        values = range_of(seen)
        spread = float(np.ptp(seen.astype(np.float64)))
        if not np.allclose(again, first[name], rtol=0, atol=ALIKE * spread):
            raise Unfit("it draws another image each time from the same latent; export it without random layers")
        batch = self.signature.batch or (0 if self.takes_many(seen, name, ALIKE * spread) else 1)
        others = tuple(other for other in self.names if other != name)
        extremes = float(seen.min()), float(seen.max())
        return Drawn(name, others, layout, values, *extremes, len(seen), side, channels, batch)

    def takes_many(self, images: np.ndarray, name: str, tolerance: float) -> bool:
        """Whether three rows at once give the images that each gives alone."""
        try:
            together = self.outputs([0, 1, 2])[name]
        except Unfit:
            return False
        return together.shape == images[:3].shape and np.allclose(together, images[:3], rtol=0, atol=tolerance)


def image_output(outputs: dict[str, np.ndarray]) -> tuple[str, str]:
    """Name and layout of the one image. Raises Unfit where there is none, or several."""
    found = {name: layout for name, array in outputs.items() if (layout := layout_of(array.shape))}
    if not found:
        told = ", ".join(f"{name:.60} {side_by_side(array.shape)}" for name, array in outputs.items())[:300]
        raise Unfit(f"it has no image output: found {told}; an image is N x C x H x W or N x H x W x C, C 1 or 3")
    if len(found) > 1:
        raise Unfit(f"it has {len(found)} image outputs ({', '.join(found)[:200]}); export it with one alone")
    return next(iter(found.items()))


def layout_of(shape: tuple[int, ...]) -> str:
    """A key of LAYOUTS, "" for what is no image."""
    if len(shape) == 4:
        return "NCHW" if shape[1] in (1, 3) else "NHWC" if shape[3] in (1, 3) else ""
    return "NHW" if len(shape) == 3 and min(shape[1:]) >= MIN_SIDE else ""


def checked_shape(shape: tuple[int, ...], layout: str, rows: int) -> tuple[int, int]:
    """Side and channels of images. Raises Unfit for images that cannot be shown."""
    sides = dict(zip(layout, shape, strict=True))
    if sides["N"] != rows:
        raise Unfit(f"it draws {sides['N']} images of {rows} latents")
    if sides["H"] != sides["W"]:
        raise Unfit(f"its images are {sides['H']} x {sides['W']}; only square ones can be shown")
    if not MIN_SIDE <= sides["H"] <= MAX_OPTIONS["resolution"]:
        raise Unfit(
            f"its images have {sides['H']} pixels a side; {MIN_SIDE} to {MAX_OPTIONS['resolution']} can be shown"
        )
    return sides["H"], sides.get("C", 1)


def range_of(images: np.ndarray) -> str:
    """The key of RANGES that fits the values. Raises Unfit for values that are not finite."""
    if images.dtype == np.uint8:
        return "[0, 255]"
    if not np.issubdtype(images.dtype, np.floating):
        raise Unfit(f"its images are of type {images.dtype}; floating-point numbers or bytes are needed")
    if not np.isfinite(images).all():
        raise Unfit("it generates NaN or infinite pixels: its training diverged, or it expects other latents")
    if images.max() > BEYOND_ONE:
        return "[0, 255]"
    return "[-1, 1]" if images.min() < BELOW_ZERO * np.ptp(images) else "[0, 1]"
