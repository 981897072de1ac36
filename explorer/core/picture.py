"""A visitor's file to the pixels that a model can be searched for. Nothing of it is ever written to a disk."""

import base64
import binascii
import io

import numpy as np
from PIL import Image

from trainer.data.decoding import opened, reason, to_rgb
from trainer.util.errors import UserError

MAX_BYTES = 5_000_000  # of a file
MAX_PIXELS = 50_000_000  # of a picture that is decoded
LEAST_SIDE = 8  # pixels of a picture
LOOKED_AT = 1024  # pixels a side, at most, of what the page gets to see of a picture


def data_of(text: str, what: str) -> bytes:
    """The bytes of base64. Raises UserError for what is none, or too long."""
    if len(text) > MAX_BYTES * 4 / 3 + 4:
        raise UserError(f"The {what} is larger than {MAX_BYTES // 10**6} MB. Choose a smaller one.")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UserError(f"The {what} did not arrive whole. Choose it again.") from error


def decoded(data: bytes, what: str = "picture") -> Image.Image:
    """A file -> RGB, upright, over white, of an animation its first frame. UserError, whatever is wrong with it."""
    try:
        with opened(io.BytesIO(data), len(data)) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise UserError(
                    f"The {what} has {width:,} x {height:,} pixels, more than {MAX_PIXELS / 1e6:.0f} million. "
                    "Make it smaller first."
                )
            if min(width, height) < LEAST_SIDE:
                raise UserError(f"The {what} has {width} x {height} pixels; at least {LEAST_SIDE} a side are needed.")
            return to_rgb(image, data=data)
    except UserError:
        raise
    except Exception as error:  # a decoder may fail in any way
        raise UserError(f"The {what} cannot be opened: {reason(error, data[:64])}. Choose another.") from error


def looked_at(image: Image.Image) -> Image.Image:
    """A picture at a size for the page: at most LOOKED_AT pixels a side."""
    if max(image.size) <= LOOKED_AT:
        return image
    smaller = image.copy()
    smaller.thumbnail((LOOKED_AT, LOOKED_AT))
    return smaller


def fitted(image: Image.Image, resolution: int, channels: int) -> np.ndarray:
    """RGB -> uint8 (resolution, resolution, channels): the square in its middle, averaged down or smoothly enlarged."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side))
    small = square.resize((resolution, resolution), Image.Resampling.BILINEAR)
    return np.asarray(small.convert("L" if channels == 1 else "RGB")).reshape(resolution, resolution, channels)


def hidden_part(image: Image.Image, resolution: int) -> np.ndarray | None:
    """A drawing, white where the picture was rubbed out -> bool (resolution, resolution); None where nowhere."""
    hidden = fitted(image, resolution, 1)[..., 0] > 127
    return hidden if hidden.any() else None
