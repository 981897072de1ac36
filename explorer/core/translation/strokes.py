"""Strokes on paper and their one short spelling, which links carry; explorer/tabs/translate/strokes.js is its twin.

The text is base64 (URL alphabet, no padding) of bytes. After a version, each stroke is its tool, three bytes of colour
where it has one, its width and its number of points where it is a line, then the points: the first as it is, the others
as differences. Whole numbers are varints of 7 bits, the lowest first; differences are zigzag coded.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import NamedTuple

from trainer.util.errors import UserError

SPAN = 1024  # units from one edge of the paper to the other
VERSION = 1
PEN, ERASER, FILL, MASK, UNMASK = range(5)  # tools
COLOURED = (PEN, FILL)
MAX_STROKES, MAX_POINTS = 2000, 20_000
MAX_WIDTH = SPAN // 4
MAX_TEXT = 200_000  # characters

Point = tuple[int, int]


class Stroke(NamedTuple):
    """One line, or one fill.

    Attributes:
        tool: of the five.
        colour: RGB, black for tools that have none.
        width: of a line, in units of SPAN; 0 of a fill.
        points: x to the right and y downwards, 0 to SPAN; of a fill the one where it begins.
    """

    tool: int
    colour: tuple[int, int, int]
    width: int
    points: tuple[Point, ...]


def packed(strokes: Sequence[Stroke]) -> str:
    """Strokes as text, "" for none."""
    if not strokes:
        return ""
    data = bytearray([VERSION])
    for stroke in strokes:
        data += varint(stroke.tool)
        data += bytes(stroke.colour) if stroke.tool in COLOURED else b""
        if stroke.tool != FILL:
            data += varint(stroke.width) + varint(len(stroke.points))
        x = y = 0
        for i, (to_x, to_y) in enumerate(stroke.points):
            steps = (to_x, to_y) if i == 0 else (zigzag(to_x - x), zigzag(to_y - y))
            data += varint(steps[0]) + varint(steps[1])
            x, y = to_x, to_y
    return base64.urlsafe_b64encode(bytes(data)).decode().rstrip("=")


def unpacked(text: str) -> tuple[Stroke, ...]:
    """Inverse of `packed`. Raises UserError for what is no drawing, for too much of it, and for another spelling."""
    if not text:
        return ()
    try:
        strokes = tuple(read(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
    except (ValueError, IndexError, binascii.Error) as error:
        raise UserError("The recipe's strokes cannot be read: the link or the file is damaged.") from error
    if packed(strokes) != text:
        raise UserError("The recipe's strokes cannot be read: the link or the file is damaged.")
    return strokes


def read(data: bytes) -> list[Stroke]:
    """Bytes -> strokes. Raises ValueError or IndexError for what are none, UserError for too many."""
    if data[0] != VERSION:
        raise ValueError
    place, found, points = 1, list[Stroke](), 0

    def number() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            place, value, shift = place + 1, value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value
            if shift > 28:
                raise ValueError

    while place < len(data):
        tool, colour, width, count = number(), (0, 0, 0), 0, 1
        if tool in COLOURED:
            colour = (data[place], data[place + 1], data[place + 2])
            place += 3
        if tool != FILL:
            width, count = number(), number()
        points += count
        if len(found) >= MAX_STROKES or points > MAX_POINTS:
            raise UserError(f"The drawing is too long: at most {MAX_STROKES:,} strokes with {MAX_POINTS:,} points.")
        line = [(number(), number())]
        for _ in range(count - 1):
            line.append((line[-1][0] + unzigzag(number()), line[-1][1] + unzigzag(number())))
        inside = all(0 <= value <= SPAN for point in line for value in point)
        if tool > UNMASK or not inside or count < 1 or not (tool == FILL or 1 <= width <= MAX_WIDTH):
            raise ValueError
        found.append(Stroke(tool, colour, width, tuple(line)))
    return found


def varint(value: int) -> bytes:
    """A whole number in groups of 7 bits, the lowest first."""
    data = bytearray()
    while value > 127:
        data.append(value & 127 | 128)
        value >>= 7
    data.append(value)
    return bytes(data)


def zigzag(value: int) -> int:
    """0, -1, 1, -2 ... -> 0, 1, 2, 3 ..."""
    return 2 * value if value >= 0 else -2 * value - 1


def unzigzag(value: int) -> int:
    """Inverse of `zigzag`."""
    return value // 2 if value % 2 == 0 else -(value + 1) // 2
