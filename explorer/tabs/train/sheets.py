"""A run's sheets of samples as the page shows them: one at a time, or all as a video."""

import base64
import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.library import Library
from explorer.core.limits import Gate, Kept
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.question import LAST, text, whole
from trainer.util.errors import UserError
from trainer.util.reading import Unfit, place, read_webp, reason

FPS = 8  # of a video of sheets
MAX_FRAMES = 600  # of a video; of more sheets, evenly chosen ones
MAX_SIDE = 2048  # pixels of its images; larger sheets are made smaller
MAX_SHEET = 20_000_000  # bytes of a sheet's file
VIDEOS: Kept[str] = Kept(64_000_000, len)  # those made last, base64
VIDEO_GATE = Gate("videos", at_once=1, waiting=2)


@rpc_handler
def sheet_at(library: Library, question: Answer) -> Answer:
    """{run, images_seen} -> {sheet}: the images of seeds 0 to 63 at that moment, as a data URI."""
    run, images_seen = library.run(text(question, "run")), whole(question, "images_seen", 0, LAST)
    path = run.samples().get(images_seen)
    if path is None:
        raise UserError(f"Run {run.name!r} has no samples at {images_seen} images.")
    return {"sheet": "data:image/webp;base64," + base64.b64encode(sheet_bytes(path)).decode()}


def sheet_bytes(path: Path) -> bytes:
    """A sheet's file. Raises UserError for what is none: a link to elsewhere, another kind of file, one too large."""
    try:
        return read_webp(path, maximum=MAX_SHEET)
    except (Unfit, OSError) as error:
        raise UserError(f"{place(path)} cannot be shown ({reason(error)}).") from error


@rpc_handler
def video(library: Library, question: Answer) -> Answer:
    """{run, kind} -> {name, data}: all sheets as one video, kind webp or mp4, base64."""
    run, kind = library.run(text(question, "run")), text(question, "kind")
    if kind not in ("webp", "mp4"):
        raise UserError(f"The animation must be webp or mp4, not {kind!r}.")
    paths = list(run.samples().values())
    key = (run.folder, kind, len(paths), max((path.stat().st_mtime_ns for path in paths), default=0))
    data = VIDEOS.get(key)
    if data is None:
        with VIDEO_GATE.place():
            data = VIDEOS.get(key) or encoded(paths, kind)  # who was before us may have made it
            VIDEOS.put(key, data)
    return {"name": f"{run.name}.{kind}", "data": data}


def encoded(paths: Sequence[Path], kind: str, maximum: int = MAX_FRAMES) -> str:
    """Sheets as a video of at most so many frames, base64."""
    from explorer.core.video import export

    step = max(1, -(-len(paths) // maximum))
    with tempfile.TemporaryDirectory() as folder:
        path = export(frames(paths[::-1][::step][::-1]), Path(folder) / f"video.{kind}", kind=kind, fps=FPS)
        return base64.b64encode(path.read_bytes()).decode()


def frames(paths: Sequence[Path]) -> Iterator[np.ndarray]:
    """The sheets as uint8 (H, W, 1 or 3), as large as the first; one that cannot be read is left out."""
    shape = None
    for path in paths:
        with suppress(UserError):
            pixels = as_array(opened(path))
            shape = shape or pixels.shape
            if pixels.shape == shape:
                yield pixels


def opened(path: Path) -> Any:
    """A sheet as an image that a video can take. Raises UserError for a broken one, and for one of too many pixels."""
    from PIL import Image

    data = sheet_bytes(path)
    try:
        image = Image.open(io.BytesIO(data), formats=["WEBP"])
        if max(image.size) <= 4 * MAX_SIDE:
            image.load()
            image.thumbnail((MAX_SIDE, MAX_SIDE))
            return image
    except Exception as error:  # a decoder may fail in any way
        raise UserError(f"The sheet {path.name} cannot be read.") from error
    raise UserError(f"The sheet {path.name} has {image.width} x {image.height} pixels: too many for an animation.")


def as_array(image: Any) -> np.ndarray:
    """uint8 (H, W, 1 or 3)."""
    pixels = np.asarray(image.convert("L" if image.mode == "L" else "RGB"))
    return pixels[..., None] if pixels.ndim == 2 else pixels
