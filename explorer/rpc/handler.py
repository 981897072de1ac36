"""One way to answer for all that the page may ask: a question is looked at before any work, a failure is a sentence.

What comes from a browser is JSON, and may be anything that JSON can say; what goes back must be JSON, and tells nothing
of this machine's folders or of Python.
"""

import logging
import math
import sqlite3
from collections.abc import Callable
from functools import wraps
from typing import Any

from explorer.core.library import Library
from explorer.core.limits import Busy
from explorer.core.wording import shortened, shown, sound
from explorer.rpc.places import without_places
from trainer.util.errors import UserError

MAX_CHARACTERS = 8_000_000  # of all the text in a question: a dropped PNG of 5 MB as base64, and some
MAX_THINGS = 150_000  # lists, objects, numbers and texts of a question: 144 recipes with 100 edits each stay below
MAX_DEPTH = 12  # of lists in lists; a recipe in a question has 4
MAX_WHOLE = 2**63 - 1  # what SQLite, numpy and JSON's readers can hold
LONGEST = 1500  # characters of a sentence
DEEPEST = 60  # of an answer; deeper parts, of a record that somebody else wrote, are left out

Answer = dict[str, Any]
Handler = Callable[[Library, Answer], Answer]
LOG = logging.getLogger(__name__)


def rpc_handler(handler: Handler) -> Handler:
    """Make a handler that always answers: with what JSON can carry, or with {"error": sentence}."""

    @wraps(handler)
    def answer(library: Library, question: Answer) -> Answer:
        try:
            check_question(question)
            result: Answer = plain(handler(library, question), library)
            return result
        except Exception as error:
            refusal = {"error": without_places(sentence(error, handler.__name__), library)}
            return refusal | ({"busy": True} if isinstance(error, Busy) else {})

    return answer


def sentence(error: Exception, what: str) -> str:
    """An error as one sentence for a visitor. What is no UserError is told in the log of the app, not to him."""
    if isinstance(error, UserError):
        return sound(shortened(str(error), LONGEST))
    if isinstance(error, KeyError | TypeError | AttributeError | ValueError | IndexError | ArithmeticError):
        LOG.warning("%s could not be answered", what, exc_info=error)
        return f"The server cannot answer this request ({what}). Reload the page."
    LOG.error("%s failed", what, exc_info=error)
    if isinstance(error, MemoryError):
        return "The server does not have enough memory for this. Request less at once, or try again later."
    if isinstance(error, OSError):
        return f"The server could not read or write a file ({error.strerror or 'no reason given'})."
    if isinstance(error, sqlite3.Error):
        return "The store of a run could not be read or written. Try again; the training may be writing to it."
    return "The server failed on this request; see its log. The rest of the app still works."


def check_question(question: Any) -> None:
    """Raise UserError unless it is an object of a sane size and depth, of text and numbers that can be worked with."""
    if not isinstance(question, dict):
        raise UserError(f"A request must be an object; found {shown(question)}.")
    todo, things, characters = [(question, 1)], 0, 0
    while todo:
        thing, depth = todo.pop()
        things += 1
        if isinstance(thing, dict | list):
            if things + len(thing) > MAX_THINGS or depth > MAX_DEPTH:
                raise UserError(f"The request is too large: at most {MAX_THINGS:,} values, {MAX_DEPTH} levels deep.")
            parts = [*thing.keys(), *thing.values()] if isinstance(thing, dict) else thing
            todo += [(part, depth + 1) for part in parts]
        elif isinstance(thing, str):
            characters += len(thing)
            if characters > MAX_CHARACTERS:
                raise UserError(f"The request contains more than {MAX_CHARACTERS:,} characters. Send less at once.")
            check_text(thing)
        else:
            check_number(thing)


def check_text(text: str) -> None:
    """Raise UserError for text that UTF-8 cannot carry."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UserError("The request contains invalid Unicode: half of a surrogate pair.") from error


def check_number(value: Any) -> None:
    """Raise UserError for a number that is not finite, or whole and beyond 64 bits."""
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError("The request contains a number that is infinite, NaN or too large.")
    if isinstance(value, int) and abs(value) > MAX_WHOLE:
        raise UserError("The request contains a whole number beyond 2^63. Choose a smaller one.")


def plain(thing: Any, library: Library, depth: int = 1) -> Any:
    """An answer as JSON can carry it: no NaN, no broken text, nothing of this machine's folders."""
    if isinstance(thing, dict):
        kept = thing.items() if depth < DEEPEST else ()
        return {plain(str(key), library): plain(value, library, depth + 1) for key, value in kept}
    if isinstance(thing, list | tuple):
        return [plain(part, library, depth + 1) for part in thing] if depth < DEEPEST else []
    if isinstance(thing, str):
        return without_places(sound(thing), library, prose=False)
    if isinstance(thing, float):
        return thing if math.isfinite(thing) else None
    if isinstance(thing, int) and abs(thing) > MAX_WHOLE:
        return plain(float(thing), library) if abs(thing) < 10**300 else None
    return thing
