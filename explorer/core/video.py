"""Images -> a GIF, WebP or MP4 that starts over for ever."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

import av
import numpy as np
from PIL import Image

from trainer.util.atomic_io import write_atomically
from trainer.util.errors import UserError
from trainer.util.images import to_pil
from trainer.util.registry import Registry

MIN_SIDE = 256  # pixels; smaller images are enlarged by a whole factor
MAX_SIDE = 2048
MAX_FPS = 50  # browsers slow a faster GIF down
CRF = "16"  # of H.264: visually lossless

Writer = Callable[[Path, Iterator[np.ndarray], int, int], object]
VIDEO_FORMATS: Registry[Writer] = Registry("video format")


def export(images: Iterable[np.ndarray], path: Path, *, kind: str, fps: int = 24, scale: int = 0) -> Path:
    """Write uint8 images (H, W, C), C = 1 or 3, as they come; `path` appears when it is complete.

    Args: kind: a name of VIDEO_FORMATS.
        fps: frames a second, 1 to 50.
        scale: whole factor of the size, pixels stay crisp; 0: the least that reaches 256 pixels.
    Returns: the path. Raises: UserError for an unknown kind, fps or scale out of range, no image, a full disk.
    """
    writer = VIDEO_FORMATS[kind]
    if not 1 <= fps <= MAX_FPS:
        raise UserError(f"The FPS are {fps}; choose from 1 to {MAX_FPS}.")
    frames = iter(images)
    first = next(frames, None)
    if first is None:
        raise UserError("There are no frames to export. Make a path of at least 2 keyframes first.")
    side = max(first.shape[:2])
    factor = scale or max(1, -(-MIN_SIDE // side))
    if not 1 <= factor <= max(1, MAX_SIDE // side):
        raise UserError(f"Scale {scale} gives {scale * side} pixels; choose from 1 to {max(1, MAX_SIDE // side)}.")
    write_atomically(path, lambda temporary: writer(temporary, chain([first], frames), fps, factor))
    return path


def enlarged(image: Image.Image, factor: int) -> Image.Image:
    """Each pixel becomes a square of factor x factor pixels."""
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


@VIDEO_FORMATS.add("gif")
def write_gif(path: Path, images: Iterator[np.ndarray], fps: int, factor: int) -> None:
    """256 colours chosen anew for each frame, without dither, before it is enlarged; grey is exact."""
    frames = (enlarged(_few_colours(image), factor) for image in images)
    _save_animation(frames, path, "GIF", duration=round(1000 / fps), disposal=1, optimize=False)


def _few_colours(pixels: np.ndarray) -> Image.Image:
    image = to_pil(pixels)
    return image if image.mode == "L" else image.quantize(256, dither=Image.Dither.NONE)


@VIDEO_FORMATS.add("webp")
def write_webp(path: Path, images: Iterator[np.ndarray], fps: int, factor: int) -> None:
    """Lossless."""
    frames = (enlarged(to_pil(image), factor).convert("RGB") for image in images)
    _save_animation(frames, path, "WEBP", duration=round(1000 / fps), lossless=True, quality=50, method=2)


def _save_animation(frames: Iterator[Image.Image], path: Path, form: str, **options: object) -> None:
    next(frames).save(path, form, save_all=True, append_images=frames, loop=0, **options)


@VIDEO_FORMATS.add("mp4")
def write_mp4(path: Path, images: Iterator[np.ndarray], fps: int, factor: int) -> None:
    """H.264 that every browser plays: RGB, even sides (an odd one repeats its last pixel), index in front."""
    with av.open(path, "w", format="mp4", options={"movflags": "faststart"}) as video:
        stream = video.add_stream("libx264", rate=fps, options={"crf": CRF, "preset": "medium"})
        stream.pix_fmt = "yuv420p"
        for image in images:
            frame = av.VideoFrame.from_ndarray(even(np.asarray(enlarged(to_pil(image), factor).convert("RGB"))))
            stream.width, stream.height = frame.width, frame.height
            video.mux(stream.encode(frame))
        video.mux(stream.encode())


def even(image: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) with even H and W."""
    h, w, _ = image.shape
    return np.pad(image, ((0, h % 2), (0, w % 2), (0, 0)), mode="edge")
