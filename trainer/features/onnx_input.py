"""What a feature network in an ONNX file reads: its image input, and how pixels are given to it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.util.onnx_files import FLOATS, MAX_BATCH, inputs_of
from trainer.util.reading import Unfit

if TYPE_CHECKING:  # it takes a quarter of a second to import
    from onnx import ModelProto

SIDES = (8, 1024)  # pixels
USUAL = "-1-1"
# From pixels in [-1, 1]: times the first, plus the second, for each colour.
WAYS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    USUAL: ((1.0,) * 3, (0.0,) * 3),
    "0-1": ((0.5,) * 3, (0.5,) * 3),
    "0-255": ((127.5,) * 3, (127.5,) * 3),
}
NORMALISED = {  # mean and deviation of pixels in [0, 1]
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
}
for name, (means, deviations) in NORMALISED.items():
    gains = tuple(0.5 / deviation for deviation in deviations)
    WAYS[name] = (gains, tuple((0.5 - mean) / deviation for mean, deviation in zip(means, deviations, strict=True)))
METADATA = "preprocessing"  # a key of ours, whose value is one of WAYS
RANGE, ORDER = "Image.NominalPixelRange", "Image.BitmapPixelFormat"  # keys of the ONNX standard
RANGES = {"Normalized_1_1": USUAL, "Normalized_0_1": "0-1", "NominalRange_0_255": "0-255"}


@dataclass(frozen=True)
class ImageInput:
    """The one input of a feature network.

    Attributes:
        name: in the graph.
        dtype: as numpy calls it.
        channels: 1 or 3. last: whether they are the last dimension.
        side: pixels a side, 0 for any. batch: images that have to be given at once, 0 for any number.
    """

    name: str
    dtype: str
    channels: int
    last: bool
    side: int
    batch: int


def image_input(model: "ModelProto") -> ImageInput:
    """Find it. Raises Unfit for a graph without one, or with others beside it."""
    inputs = inputs_of(model.graph)
    if len(inputs) != 1:
        names = ", ".join(entry.name for entry in inputs)[:200]
        raise Unfit(f"it has {len(inputs)} inputs ({names or 'none'}); a feature network has one, the images")
    tensor = inputs[0].type.tensor_type
    shape = [side.dim_value if side.dim_value > 0 else 0 for side in tensor.shape.dim]
    told = " x ".join(str(side or "?") for side in shape)
    if tensor.elem_type not in FLOATS or len(shape) != 4:
        raise Unfit(f"its input {inputs[0].name} ({told or 'no shape'}) takes no images as floating-point numbers")
    last = shape[3] in (1, 3) and shape[1] not in (1, 3)
    channels = shape[3 if last else 1] or 3
    if channels not in (1, 3):
        raise Unfit(f"its input {inputs[0].name} is {told}: neither [N, 3, H, W] nor [N, H, W, 3]")
    sides = set(shape[1:3] if last else shape[2:]) - {0}
    if len(sides) > 1:
        raise Unfit(f"its input {inputs[0].name} is {told}; images here are square")
    side = next(iter(sides), 0)
    if side and not SIDES[0] <= side <= SIDES[1]:
        raise Unfit(f"it takes images of {side} pixels a side; {SIDES[0]} to {SIDES[1]} can be given")
    if shape[0] > MAX_BATCH:
        raise Unfit(f"it takes {shape[0]:,} images at once; up to {MAX_BATCH} can be given")
    return ImageInput(inputs[0].name, FLOATS[tensor.elem_type], channels, last, side, shape[0])


def way_of(model: "ModelProto") -> str:
    """How the file's metadata say that pixels are given, USUAL where they say nothing. Raises Unfit for another way."""
    told = {entry.key: entry.value for entry in model.metadata_props}
    if told.get(ORDER, "Rgb8") not in ("Rgb8", "Gray8"):
        raise Unfit(f"its metadata ask for {told[ORDER]:.40} pixels; RGB can be given")
    way = told.get(METADATA) or RANGES.get(told.get(RANGE, "Normalized_1_1"), told.get(RANGE, ""))
    if way not in WAYS:
        raise Unfit(f"its metadata ask for pixels as {way:.40}; {', '.join(WAYS)} can be given")
    return str(way)


def scaled(pixels: np.ndarray, way: str) -> np.ndarray:
    """float32 (n, C, H, W) in [-1, 1] -> the same as a network wants them; grey ones by the mean of the colours'."""
    gain, offset = (np.array(values, np.float32) for values in WAYS[way])
    if pixels.shape[1] == 1:
        gain, offset = gain.mean(keepdims=True), offset.mean(keepdims=True)
    result: np.ndarray = pixels * gain[:, None, None] + offset[:, None, None]
    return result
