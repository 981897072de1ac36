"""Reads the parts of a question, each with its limits: UserError for one that is missing, or of another kind."""

from collections.abc import Mapping
from typing import Any

from explorer.core.wording import shown
from trainer.util.errors import UserError

LAST = 2**62  # an id, or a count of images, cannot be larger
MAX_NAME = 300  # characters of a name: a run's snapshot, or a folder from the command line


def whole(question: Mapping[str, Any], name: str, minimum: int, maximum: int) -> int:
    """A whole number, both limits included; JavaScript's 3.0 is one."""
    value = part(question, name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
        raise wrong(name, value, f"a whole number from {minimum} to {maximum}")
    return value


def number(question: Mapping[str, Any], name: str, minimum: float, maximum: float) -> float:
    """A number, both limits included."""
    value = part(question, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not minimum <= value <= maximum:
        raise wrong(name, value, f"a number from {minimum:g} to {maximum:g}")
    return float(value)


def text(question: Mapping[str, Any], name: str, maximum: int = MAX_NAME) -> str:
    """A text of at most so many characters."""
    value = part(question, name)
    if not isinstance(value, str) or len(value) > maximum:
        raise wrong(name, value, f"text of at most {maximum:,} characters")
    return value


def listed(question: Mapping[str, Any], name: str, maximum: int) -> list[Any]:
    """A list of at most so many things."""
    value = part(question, name)
    if not isinstance(value, list | tuple):
        raise wrong(name, value, "a list")
    if len(value) > maximum:
        raise UserError(f"The request has {len(value):,} {name}; at most {maximum:,} are possible at once.")
    return list(value)


def named(question: Mapping[str, Any], name: str, maximum: int) -> dict[str, Any]:
    """An object of at most so many parts."""
    value = part(question, name)
    if not isinstance(value, dict):
        raise wrong(name, value, "an object")
    if len(value) > maximum:
        raise UserError(f"The request has {len(value):,} {name}; at most {maximum:,} are possible at once.")
    return value


def part(question: Mapping[str, Any], name: str) -> Any:
    """A part of the question. Raises UserError if it is missing."""
    if name not in question:
        raise UserError(f"The request has no {name}. Reload the page.")
    return question[name]


def optional(question: Mapping[str, Any], name: str) -> bool:
    """Whether there is such a part, other than null."""
    return question.get(name) is not None


def wrong(name: str, value: object, wanted: str) -> UserError:
    """The UserError for a part of the question that is not what is wanted."""
    return UserError(f"The server cannot answer this: {name} is {shown(value)}; it must be {wanted}.")
