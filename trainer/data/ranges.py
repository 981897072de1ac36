"""Which values of images of more than 8 bits are black and white: a fact of the whole set, not of one image."""

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from trainer.data.base import Refused
from trainer.util.errors import UserError

BITS = (1, 8, 10, 12, 14, 16, 24, 31, 32)  # a set of whole numbers takes the fewest that hold all of its values
FLOATS = (1.0, 255.0, 65535.0)  # what fractions are usually scaled to
OVERSHOOT = 0.1  # share of the range by which resampled fractions may lie beyond it
FILLED = 1 / 2  # share of a usual range that the largest value has to reach, or the range would be mostly empty
DARK = 1 / 16  # a set is nearly black where the bright values of its median image lie below this share of the range
NUMBER = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
GIVEN = re.compile(rf"range=({NUMBER})(?:-|\.\.|,)({NUMBER})")


class Range(NamedTuple):
    """The value that becomes black, and the one that becomes white."""

    low: float
    high: float


class Extremes(NamedTuple):
    """What one image of more than 8 bits holds."""

    kind: str  # "whole" or "float"
    low: float  # smallest finite value
    high: float  # largest
    bright: float  # 99 % of the values lie below it
    odd: bool  # whether some are no finite numbers


def parsed(text: str) -> Range:
    """`range=0-4095` -> Range. Raises UserError for anything else, and for a range that is empty."""
    found = GIVEN.fullmatch(text)
    given = Range(float(found[1]), float(found[2])) if found else None
    if given is None or not np.isfinite(given).all() or given.low >= given.high:
        raise UserError(
            f"{text!r} is not a range of values. Write PATH:range=LOW-HIGH with the values of black and "
            "white, such as PATH:range=0-4095 or PATH:range=-1..1."
        )
    return given


def extremes_of(values: np.ndarray, kind: str) -> Extremes:
    """Of (H, W) or (H, W, 4) values; alpha does not count. Raises Refused if none is a finite number."""
    colours = values[..., :3] if values.ndim == 3 else values
    finite = colours if kind == "whole" else colours[np.isfinite(colours)]
    if not finite.size:
        raise Refused("all of its values are NaN or infinite")
    some = finite.reshape(-1)[:: max(1, finite.size // 100_000)]
    return Extremes(
        kind, float(finite.min()), float(finite.max()), float(np.percentile(some, 99)), finite.size < colours.size
    )


def range_of(kind: str, low: float, high: float) -> Range:
    """The range of a set whose values lie from `low` to `high`.

    Whole numbers: 0 to the most that 8, 10, 12, ... bits hold. Fractions: 0 or -1 to 1, 0 to 255, 0 to 65535, where a
    little more is an overshoot. Where that would leave the range mostly empty, or nothing fits: from `low` to `high`.
    """
    if kind == "whole":
        tops = [float(2**bits - 1) for bits in BITS if high <= 2**bits - 1]
        fits = low >= 0
    else:
        tops = [top for top in FLOATS if high <= top * (1 + OVERSHOOT)]
        fits = bool(tops) and low >= -OVERSHOOT * tops[0]
        if tops and tops[0] == 1 and -1 - OVERSHOOT <= low < -OVERSHOOT:
            return Range(-1, 1)
    varied = low == high or high - low >= high * DARK
    if fits and tops and varied and high >= tops[0] * FILLED:
        return Range(0, tops[0])
    if low >= 0 and varied:
        return Range(0, high or 1)
    return Range(low, high if high > low else low + 1)


def ranges_of(found: Iterable[Extremes], given: Range | None) -> tuple[dict[str, Range], tuple[str, ...]]:
    """({kind of values: its range in the whole set}, notes that tell it)."""
    by_kind: dict[str, list[Extremes]] = {}
    for one in found:
        by_kind.setdefault(one.kind, []).append(one)
    ranges, notes = {}, []
    for kind, all_of in sorted(by_kind.items()):
        low, high = min(e.low for e in all_of), max(e.high for e in all_of)
        ranges[kind] = given or range_of(kind, low, high)
        notes.append(_told(kind, all_of, low, high, ranges[kind]))
        odd = sum(e.odd for e in all_of)
        if odd:
            notes.append(f"{odd} images have NaN or infinite values; NaN is shown as black")
    if given and not by_kind:
        notes.append(
            f"the range {_range(given)} has no effect: no image has more than 8 bits per channel, where 0 is black "
            "and 255 white"
        )
    return ranges, tuple(notes)


def _told(kind: str, all_of: list[Extremes], low: float, high: float, used: Range) -> str:
    one, noun = len(all_of) == 1, "image" if len(all_of) == 1 else "images"
    what = (
        f"{'has' if one else 'have'} floating-point values"
        if kind == "float"
        else f"{'has' if one else 'have'} more than 8 bits per channel"
    )
    note = (
        f"{len(all_of)} {noun} {what}, from {low:.6g} to {high:.6g}: {used.low:.6g} is shown as black and "
        f"{used.high:.6g} as white; change this with PATH:range=LOW-HIGH"
    )
    bright = float(np.median([e.bright for e in all_of]))
    if bright - used.low < DARK * (used.high - used.low):
        note += f". This makes most of them nearly black: 99 % of their values are below {bright:.6g}"
    return note


def _range(given: Range) -> str:
    return f"{given.low:.6g} to {given.high:.6g}"
