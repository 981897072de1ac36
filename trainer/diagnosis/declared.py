"""What a reference's file says of itself, and whether it can be: checked before a number of it is read or used."""

import io
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image

from trainer.features.pixels import SIDE
from trainer.util.reading import checked_webp, parse_json
from trainer.util.tensors import Header

FORMAT = 1
REAL = 5000  # unseen real images kept, at most
SEEN = 20_000  # images trained on of which pixel coordinates are kept, at most
THUMB = 32  # pixels a side of a thumbnail, at most
DRAWN = {1: 1, 2: 1, 3: 3}  # channels of images -> of their thumbnails: points are drawn in grey
KEY = ("data", "pictures", "resolution", "channels", "extractor", "version")  # what tells two references apart
SCORES, SCORED_BY = "critic.scores", "critic"  # tensor and field of what a critic says of the real images; optional
KINDS: dict[str, Any] = {
    "data": str, "pictures": int, "resolution": int, "channels": int, "extractor": str, "version": str,
    "heads": list, "counts": list, "unseen": bool, "figures": list, "thumb": int, "side": int,
}  # fmt: skip
MAX_BYTES = 2**28
MAX_SIZES = {
    "pictures": 10**9, "rows": REAL, "rows seen": 2 * SEEN, "features": 4096, "pixels a side": SIDE,
    "pixels a thumbnail": THUMB,
}  # fmt: skip


def record_of(header: Header) -> dict[str, Any]:
    """The JSON record of a file. Raises LookupError or ValueError where it is none of this version."""
    record = parse_json(header.metadata["record"])
    if not isinstance(record, dict):
        raise ValueError("its record is not an object")
    if record.get("format") == FORMAT:
        wrong = [name for name, kind in KINDS.items() if not isinstance(record[name], kind)]
        if wrong:
            raise ValueError(f"{wrong[0]} is {record[wrong[0]]!r:.60}")
    return record


def check_declared(record: Mapping[str, Any], header: Header) -> None:
    """Raise ValueError or LookupError unless the shapes fit the record and each other: before any number is read."""
    shape = {name: tensor.shape for name, tensor in header.tensors.items()}
    rows, features = pair(shape, "real.features")
    seen, width = pair(shape, "seen")
    inputs = record["channels"] * record["side"] ** 2
    splits = [name for name in shape if name.startswith("nulls.")]
    wanted = {
        "real.pixels": (rows, width),
        "seen.scale": (width,),
        "space.mean": (inputs,),
        "space.axes": (width, inputs),
        "unseen_distances": (rows,),
    }
    wanted |= {name: (shape[name][0], len(record["figures"])) for name in splits}
    wanted |= {SCORES: (rows,)} if SCORES in shape else {}
    if not isinstance(record.get(SCORED_BY, ""), str):
        raise ValueError("what it says of a critic is no text")
    for i, ((_, values), counts) in enumerate(zip(record["heads"], record["counts"], strict=True)):
        wanted[f"real.probabilities.{i}"] = (rows, len(values))
        if len(counts) != len(values) or not all(type(n) is int and n >= 0 for n in counts) or not sum(counts):
            raise ValueError(f"the counts of head {i} do not fit")
    check_accuracy(record.get("real_accuracy", []), len(record["heads"][0][1]) if record["heads"] else 0)
    temperature = record.get("temperature")
    if temperature is not None and not (type(temperature) in (int, float) and 0 < temperature < math.inf):
        raise ValueError(f"its temperature is {temperature!r:.60}")
    wrong = [name for name, sides in wanted.items() if shape.get(name) != sides]
    if wrong:
        sides = shape.get(wrong[0])
        raise ValueError(f"its parts are inconsistent: {wrong[0]} is {sides} instead of {wanted[wrong[0]]}")
    sizes = {"pictures": record["pictures"], "rows": rows, "rows seen": seen, "features": features}
    sizes |= {"pixels a side": record["side"], "pixels a thumbnail": record["thumb"]}
    for name, maximum in MAX_SIZES.items():
        if not 1 <= sizes[name] <= maximum:
            raise ValueError(f"it has {sizes[name]} {name}")
    if not record["heads"] or record["channels"] not in DRAWN:
        raise ValueError("it has no classes, or images of an unknown kind")
    if not all(isinstance(name, str) for name in record["figures"]):
        raise ValueError("its figures have no names")


def check_accuracy(shares: object, classes: int) -> None:
    """Raise ValueError unless these are shares from 0 to 1, one a class, or none at all."""
    sound = isinstance(shares, list) and all(type(share) in (int, float) and 0 <= share <= 1 for share in shares)
    if not sound or (shares and len(shares) != classes):  # type: ignore[arg-type]
        raise ValueError(f"its accuracy on real images is {shares!r:.60}")


def pair(shapes: Mapping[str, tuple[int, ...]], name: str) -> tuple[int, int]:
    """The shape of a table. Raises LookupError or ValueError if it is none."""
    rows, columns = shapes[name]
    return rows, columns


def cut(webp: bytes, side: int, channels: int, count: int) -> np.ndarray:
    """A sheet of square tiles, as WebP -> uint8 (count, side, side, channels). Raises ValueError for another sheet."""
    width, height = checked_webp(webp)
    if width % side or height % side or not count <= (width // side) * (height // side) < count + width // side:
        raise ValueError(f"its thumbnails are a sheet of {width} x {height} pixels")
    image = Image.open(io.BytesIO(webp), formats=["WEBP"]).convert("L" if channels == 1 else "RGB")
    pixels = np.asarray(image).reshape(height, width, channels)
    tiles = pixels.reshape(height // side, side, width // side, side, channels).swapaxes(1, 2)
    return np.ascontiguousarray(tiles.reshape(-1, side, side, channels)[:count])
