"""From a file's bytes to RGB: which formats are read, how large an image may be, and what its values mean."""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps

from trainer.data.base import Refused
from trainer.data.ranges import Range, extremes_of, range_of

FORMATS = (  # whatever Pillow runs a program for, or finds by a guess, is left out
    "AVIF", "BMP", "GIF", "HEIF", "ICO", "JPEG", "JPEG2000", "PCX", "PNG", "PPM", "PSD", "QOI", "SGI", "TGA",
    "TIFF", "WEBP",
)  # fmt: skip
HEIC = "HEIC, which needs pillow-heif"
HEIC_HINT = "`pip install -r requirements-heic.txt` adds HEIC"
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis")
PIXMAP = re.compile(rb"P[1-7fy]\s+[#\d]|P7\n")


UNDECODABLE: dict[str, Callable[[bytes], bool]] = {
    HEIC: lambda head: head[4:8] == b"ftyp" and any(brand in head[8:64] for brand in HEIF_BRANDS),
    "JPEG XL, which is not supported": lambda head: head.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL ")),
    "OpenEXR, which is not supported": lambda head: head.startswith(b"v/1\x01"),
    "Radiance HDR, which is not supported": lambda head: head.startswith(b"#?RADIANCE"),
    "PostScript, which is not supported": lambda head: head.startswith((b"%!PS", b"\xc5\xd0\xd3\xc6")),
    "DICOM, which is not supported": lambda head: head[128:132] == b"DICM",
    "FITS, which is not supported": lambda head: head.startswith(b"SIMPLE  ="),
    "GIMP's XCF, which is not supported": lambda head: head.startswith(b"gimp xcf"),
    "SVG, which has no pixels": lambda head: b"<svg" in head,
}
LARGE = 25_000_000  # pixels; above it, so few bytes for so many pixels are a bomb and no photograph
PUFFED = 100  # pixels a byte
ORIENTATION = 0x0112  # EXIF
SAMPLE_FORMAT = 339  # TIFF's tag: 1 whole numbers, 2 with a sign, 3 floats
PIPES = {"PNG": "png_pipe", "TIFF": "tiff_pipe", "PPM": "ppm_pipe"}  # PyAV's names


@cache
def formats() -> tuple[str, ...]:
    """The formats that this machine reads; HEIC if its plug-in is installed."""
    try:
        import pillow_heif
    except ImportError:
        pass
    else:
        pillow_heif.register_heif_opener()
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def is_image(head: bytes) -> bool:
    """Whether a file's first bytes are those of an image, be it one that cannot be decoded."""
    head = head.ljust(16, b"\0")  # Pillow's own tests want so many
    if head[:1] == b"P" and not PIXMAP.match(head):
        return False  # of a text, where Pillow sees the two letters of a portable pixmap
    tests = (Image.OPEN[name][1] for name in formats())
    return unread_kind(head) != "" or any(test is not None and test(head) is True for test in tests)


def unread_kind(head: bytes) -> str:
    """What kind of image the first bytes are of, that nothing here decodes; "" for none."""
    kind = next((kind for kind, fits in UNDECODABLE.items() if fits(head)), "")
    return "" if kind == HEIC and "HEIF" in formats() else kind


@contextmanager
def opened(file: BinaryIO, size: int) -> Iterator[Image.Image]:
    """The image in `file`, of `size` bytes, its pixels not yet decoded. Raises Refused for a decompression bomb.

    Or whatever Pillow raises for a file that is no image.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(file, formats=formats()) as image:
            pixels = image.width * image.height
            if pixels > LARGE and pixels > PUFFED * size:
                raise Refused(f"{pixels / 1e6:.0f} million pixels in {size / 1e6:.2f} MB, a decompression bomb")
            yield image


def depth(image: Image.Image) -> str:
    """What the values of a channel are where 8 bits do not hold them: "whole" or "float" numbers; "" for 8 bits."""
    if image.mode == "F":
        return "float"
    if image.mode == "L" and is_signed(image):
        return "whole"
    tiles = [f"{tile.codec_name} {tile.args}" for tile in getattr(image, "tile", [])]
    deep = any(";16" in tile for tile in tiles) or (image.format == "PPM" and _maxval(image) > 255)
    return "whole" if image.mode.startswith("I") or deep else ""


def is_signed(image: Image.Image) -> bool:
    """Whether a TIFF says that its whole numbers have a sign, which Pillow does not look at."""
    return image.format == "TIFF" and 2 in _as_tuple(image.tag_v2.get(SAMPLE_FORMAT, 1))  # type: ignore[attr-defined]


def _as_tuple(value: Any) -> tuple:
    return value if isinstance(value, tuple) else (value,)


def _maxval(image: Image.Image) -> int:
    """The declared maximum of a portable pixmap, which Pillow hands to its decoder."""
    args = [tile.args for tile in getattr(image, "tile", [])]
    return max((a for one in args if isinstance(one, tuple) for a in one if isinstance(a, int)), default=0)


def values(image: Image.Image, data: bytes) -> np.ndarray:
    """All values of an image of more than 8 bits, (H, W) or (H, W, 4) with alpha last; `data`: its file."""
    if image.mode == "L":
        return np.asarray(image).view(np.int8)
    if image.mode == "I" and image.format == "TIFF" and not is_signed(image):
        return np.asarray(image).view(np.uint32)
    if image.mode.startswith("I") or image.mode == "F":
        return np.asarray(image)
    try:
        deep = _by_av(data, PIPES[image.format or ""])
    except Exception:  # of a kind that only Pillow decodes, which keeps the upper 8 bits
        deep = np.empty(0)
    if deep.shape[:2] != (image.height, image.width):
        deep = np.asarray(image.convert("RGBA"), dtype=np.uint16) * 257
    return deep


def _by_av(data: bytes, pipe: str) -> np.ndarray:
    """(H, W, 4) uint16: Pillow keeps 8 bits of colours, FFmpeg all 16."""
    import av

    with av.open(io.BytesIO(data), mode="r", format=pipe) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgba64le")


def to_rgb(image: Image.Image, ranges: Mapping[str, Range] | None = None, data: bytes = b"") -> Image.Image:
    """Any mode -> RGB, upright, over white where it is transparent.

    Args:
        ranges: "whole" and "float" -> the values that become black and white; its own where nothing is given.
        data: the image's file, for colours of 16 bits.
    """
    kind = depth(image)
    if kind:
        deep = values(image, data)
        own = extremes_of(deep, kind)
        given = (ranges or {}).get(kind) or range_of(kind, own.low, own.high)
        orientation = image.getexif().get(ORIENTATION, 1)
        image = Image.fromarray(eight_bits(deep, given))
        image.getexif()[ORIENTATION] = orientation
    return _over_white(ImageOps.exif_transpose(image))


def eight_bits(deep: np.ndarray, given: Range) -> np.ndarray:
    """Values -> uint8 of the same shape: `given.low` becomes 0, `given.high` 255, what lies beyond is clipped."""
    if deep.ndim == 3:
        alpha = deep[..., 3:]
        opaque = given.high if 0 < alpha.max() <= given.high else 65535  # 12 bits of colour have 12 of alpha
        return np.concatenate([scaled(deep[..., :3], given), scaled(alpha, Range(0, opaque))], axis=2)
    return scaled(deep, given)


def scaled(channel: np.ndarray, given: Range) -> np.ndarray:
    """Numbers of any kind -> uint8 of the same shape; NaN becomes black."""
    span = (given.high - given.low) or 1
    exact: np.ndarray = channel.astype(np.float32 if channel.dtype == np.uint16 else np.float64)
    scaled = (exact - given.low) * (255 / span)
    return np.nan_to_num(scaled, nan=0, posinf=255, neginf=0).round().clip(0, 255).astype(np.uint8)


def _over_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    over = image.convert("RGBA")
    white = Image.new("RGBA", over.size, "white")
    white.alpha_composite(over)
    return white.convert("RGB")


def reason(error: Exception, head: bytes = b"") -> str:
    """Why a file is no whole image, in a few words."""
    if isinstance(error, Image.UnidentifiedImageError):
        return unread_kind(head) or ("empty" if not head else "not an image")
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return f"more than {(Image.MAX_IMAGE_PIXELS or 0) / 1e6:.0f} million pixels"
    if isinstance(error, MemoryError):
        return "too large for memory"
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, zipfile.BadZipFile | zlib.error):
        return "damaged in the zip"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "truncated" if "truncated" in str(error).lower() else "it cannot be decoded"
