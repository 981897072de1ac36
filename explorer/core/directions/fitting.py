"""Fitted directions: from memory, from a file, or by a fit. A file belongs to the weights that it was made of.

What the app fits is kept in the checkpoint's `.cache`, a file a method. What takes minutes may come with the checkpoint
instead (`directions.safetensors`, all methods in one), as it does in the box.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from explorer.core.directions.base import DIRECTIONS, Directions, Subject
from explorer.core.directions.effects import Effects
from explorer.core.place import Place
from trainer.util.errors import UserError
from trainer.util.reading import parse_json
from trainer.util.tensors import read_numpy

FILE = "directions.safetensors"
LEARNED = ("axes_", "scale_", "share_")
EFFECTS = ("gain", "low", "high")
MAX_CACHE = 2**26  # bytes
MAX_AXES = 1000
MAX_NAME = 200  # characters of an axis or a trait
KEPT = 200  # fits in memory, of less than 1 MB each
FITTED: dict[tuple[str, str], Directions | None] = {}  # None: a fit found nothing


def cached(method: str, place: Place) -> Path:
    """The file of a method in the checkpoint's cache."""
    return place.cached(f"directions-{method}", DIRECTIONS[method].version)


def fitted(method: str, subject: Subject, place: Place) -> Directions:
    """The method fitted to a generator. UserError where it finds nothing, and where nobody ran a slow one yet."""
    found = known(method, subject, place)
    if found is not None:
        return found
    title = DIRECTIONS[method].title
    if is_settled(method, subject, place):
        raise UserError(f"{title}: nothing was found in this model. Choose another method, or train the model longer.")
    if DIRECTIONS[method].slow:
        raise UserError(
            f"{title}: this model's directions have not been learned yet. In Slide, press Learn directions."
        )
    found = fit(DIRECTIONS[method](), subject)
    kept(found, method, place)
    return found


def known(method: str, subject: Subject, place: Place) -> Directions | None:
    """The fitted method from memory, the cache or the checkpoint; None if it is nowhere, or found nothing."""
    is_settled(method, subject, place)  # reads it
    return FITTED.get((method, place.weights))


def is_settled(method: str, subject: Subject, place: Place) -> bool:
    """Whether the method has been fitted to these weights, even if it found nothing."""
    key = (method, place.weights)
    if key not in FITTED:
        blank = DIRECTIONS[method]()
        files = (place.folder / FILE, *filter(place.owns, [cached(method, place)]))
        if any(recall(blank, file, method, subject, place.weights) for file in files):
            remember(key, blank)
        elif any(says_nothing(file, method, place.weights) for file in files):
            remember(key, None)
    return key in FITTED


def remember(key: tuple[str, str], found: Directions | None) -> None:
    """Keep in memory, the newest last."""
    FITTED.pop(key, None)
    FITTED[key] = found
    while len(FITTED) > KEPT:
        FITTED.pop(next(iter(FITTED)), None)


def fit(directions: Directions, subject: Subject) -> Directions:
    """`directions.fit`, with a UserError for weights in which nothing can be found, such as those that overflow."""
    for _ in fitting(directions, subject):
        pass
    return directions


def fitting(directions: Directions, subject: Subject) -> Iterator[str]:
    """`fit` in pieces of seconds: yields what comes next. UserError as `fit`."""
    try:
        with np.errstate(all="ignore"):
            yield from directions.fitting(subject)
        if all(np.isfinite(getattr(directions, name)).all() for name in LEARNED):
            return
        reason = "they are not finite"
    except (ValueError, RuntimeError, ArithmeticError, MemoryError) as error:
        reason = " ".join(str(error).split())[:100]
    raise UserError(f"{directions.title} finds no directions in this model ({reason}). Choose another method.")


def kept(found: Directions | None, method: str, place: Place) -> None:
    """Keep a fit in memory and in the cache, or that it found nothing."""
    remember((method, place.weights), found)
    place.keep(cached(method, place), *packed({method: found}))


def packed(fits: Mapping[str, Directions | None]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The fits of some methods, None for one that found nothing, as tensors and metadata, which `recall` reads."""
    arrays: dict[str, np.ndarray] = {}
    metadata = {}
    for method, one in fits.items():
        if one is None:
            metadata[method] = json.dumps({"version": DIRECTIONS[method].version, "nothing": True})
            continue
        parts = {name: getattr(one, name) for name in LEARNED}
        record = {"version": one.version, "names": one.names_, "layers": one.layers_, "w_dim": one.w_dim}
        if one.effects is not None:
            parts |= {name: getattr(one.effects, name) for name in EFFECTS}
            record["traits"] = one.effects.traits
        arrays |= {f"{method}.{name}": array for name, array in parts.items()}
        metadata[method] = json.dumps(record)
    return arrays, metadata


def recall(directions: Directions, file: Path, method: str, subject: Subject, weights: str) -> bool:
    """Whether a file holds what `fit` would learn; if so it is set. What came with a checkpoint may hold anything."""
    g = subject.generator
    try:
        saved, metadata = read_numpy(file, MAX_CACHE)
        record = parse_json(metadata[method])
        if (metadata["weights"], record["version"]) != (weights, directions.version):
            return False
        saved = {
            name.removeprefix(f"{method}."): array for name, array in saved.items() if name.startswith(f"{method}.")
        }
        found = {name: checked(saved[name]) for name in LEARNED}
        count = len(found["axes_"])
        names, layers = texts(record["names"], count), ranges(record["layers"], count, g.num_ws)
        by_layer = record["w_dim"] == g.w_dim
        effects = effects_in(saved, record, count) if "traits" in record else None
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return False
    width = g.w_dim * (g.num_ws if by_layer else 1)
    if not 0 < count <= MAX_AXES or [a.shape for a in found.values()] != [(count, width), (count,), (count,)]:
        return False
    vars(directions).update(found, effects=effects, w_dim=g.w_dim if by_layer else 0)
    directions.named(names, layers)
    return True


def says_nothing(file: Path, method: str, weights: str) -> bool:
    """Whether a file says that a fit of the method to these weights found nothing."""
    try:
        _, metadata = read_numpy(file, MAX_CACHE)
        record = parse_json(metadata[method])
        found: bool = (metadata["weights"], record["version"]) == (weights, DIRECTIONS[method].version)
        return found and record.get("nothing") is True
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def checked(array: np.ndarray) -> np.ndarray:
    """Finite float32 numbers. Raises ValueError for others."""
    if array.dtype != np.float32 or not np.isfinite(array).all():
        raise ValueError
    return array


def texts(found: object, count: int) -> tuple[str, ...]:
    """So many different short texts. Raises ValueError for anything else."""
    if not isinstance(found, list) or not all(isinstance(name, str) and 0 < len(name) <= MAX_NAME for name in found):
        raise ValueError
    if len(set(found)) != count:
        raise ValueError
    return tuple(found)


def ranges(found: object, count: int, num_ws: int) -> Sequence[tuple[int, int | None]]:
    """So many ranges of layers that a generator has. Raises ValueError or TypeError for anything else."""
    if not isinstance(found, list) or len(found) != count:
        raise ValueError
    if not all(0 <= first < num_ws and (last is None or first <= last < num_ws) for first, last in found):
        raise ValueError
    return [(int(first), last) for first, last in found]


def effects_in(saved: dict[str, np.ndarray], record: dict[str, object], count: int) -> Effects:
    """The measured effects of so many axes. Raises ValueError or KeyError for what are none."""
    gain, low, high = (checked(saved[name]) for name in EFFECTS)
    traits = texts(record["traits"], gain.shape[1] if gain.ndim == 2 else -1)
    if gain.shape[0] != count or low.shape != (count,) or high.shape != (count,):
        raise ValueError
    return Effects(traits, gain, low, high)
