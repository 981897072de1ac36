"""The searches of an app: one at a time for all, known by a name that only who started it knows."""

import secrets
from collections.abc import Iterator
from typing import Any

from explorer.core.jobs import Jobs, Look
from explorer.core.limits import Gate
from trainer.util.errors import UserError

SEARCHES: Jobs[Any] = Jobs("search for a picture", Gate("searches for a picture", at_once=1, waiting=0))


def start(steps: Iterator[Any]) -> str:
    """Begin a search; its name. Raises Busy while another one runs, whoever's it is."""
    return SEARCHES.start(secrets.token_hex(8), steps)


def look(name: str) -> Look[Any]:
    """What a search has come to. Raises UserError for one that was cancelled or is not known, and its own error."""
    found = SEARCHES.look(name)
    if found.cancelled:
        raise UserError("This search was cancelled. Start it again.")
    return found
