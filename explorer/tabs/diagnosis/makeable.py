"""Whether the model can make a real image that none of its samples covers: asked for, then watched as a search is."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from explorer.core.library import Library
from explorer.core.limits import Kept
from explorer.rpc.handler import Answer, rpc_handler
from explorer.tabs.diagnosis.handlers import checked_row, examined_in
from explorer.tabs.picture.handlers import search_cancel, search_look
from trainer.util.errors import UserError

KEPT_BYTES = 8_000_000
FOUND: Kept[Answer] = Kept(KEPT_BYTES, lambda answer: len(answer["html"]) + 1000, count=200)
CAN = "The model can make it: the nearest image that was found covers it, but no sample did."
CANNOT = "The model cannot make it: the nearest image that a search finds does not cover it either."


@rpc_handler
def try_row(library: Library, question: Answer) -> Answer:
    """{checkpoint, psi, label, n, row} -> {job}: can the model make that real image? {text, html} at its end."""
    examined = examined_of_model(library, question)
    row = checked_row(question, len(examined.reference.real))
    return started(library, examined, np.array([row]), lambda tried: CAN if tried.reached[0] else CANNOT)


@rpc_handler
def try_uncovered(library: Library, question: Answer) -> Answer:
    """{checkpoint, psi, label, n} -> {job}: which of the uncovered real images the model can make."""
    from explorer.core.inversion.inverter import spread
    from explorer.core.inversion.makeable import TRIED, told
    from trainer.diagnosis.feature_map import marked

    examined = examined_of_model(library, question)
    uncovered = marked(examined).uncovered
    if not len(uncovered):
        raise UserError("No real sample is uncovered: there is nothing to look for.")
    rows = uncovered[spread(len(uncovered), TRIED)]
    return started(library, examined, rows, lambda tried: told(tried, len(uncovered)))


def examined_of_model(library: Library, question: Answer) -> Any:
    """What is examined. Raises UserError for two sets of images: these have no model to search."""
    examined = examined_in(library, question)
    if not hasattr(examined, "subject"):
        raise UserError("Two sets of images have no model that could be searched.")
    return examined


def started(library: Library, examined: Any, rows: np.ndarray, text: Callable[[Any], str]) -> Answer:
    """Begin a search for real images; what was found before is found at once."""
    from explorer.core.inversion import jobs
    from explorer.core.inversion.inverter import inverter
    from explorer.core.inversion.makeable import Tried, try_to_make

    searched = inverter(library.model(examined.subject.checkpoint))
    key = (examined.key, rows.tobytes())
    measured = examined.diagnosis.measurements
    among = examined.rows if measured is None else measured.rows  # what coverage was measured on

    def work() -> Iterator[Any]:
        known = FOUND.get(key)
        if known is None:
            for item in try_to_make(searched, rows, among):
                if isinstance(item, Tried):
                    known = {"text": text(item), "html": pairs(examined, item)}
                    FOUND.put(key, known)
                else:
                    yield item
        yield known

    return {"job": jobs.start(work())}


def pairs(examined: Any, tried: Any) -> str:
    """Each real image above the nearest that was found, those that cannot be made first, as HTML."""
    from explorer.rendering.server import data_uri
    from explorer.tabs.diagnosis.panel import strip

    def pair(i: int) -> str:
        return (
            f'<span class="pair"><img src="{data_uri(examined.reference.thumbs[tried.rows[i]])}" alt="real image">'
            f'<img src="{data_uri(tried.images[i])}" alt="nearest image that was found"></span>'
        )

    parts = (("cannot be made", ~tried.reached), ("can be made, but were not sampled", tried.reached))
    return "".join(
        strip(f"{what} (real, above the nearest image that was found)", [pair(i) for i in which.nonzero()[0].tolist()])
        for what, which in parts
    )


HANDLERS = (try_row, try_uncovered, search_look, search_cancel)
