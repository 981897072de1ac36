"""What the page's diagnosis element may ask of the server: one dict in, one dict out, as in `rendering.server`.

Everything heavy is imported at the first question, so that building the page costs nothing.
"""

import base64
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import cache
from threading import Lock
from typing import Any

import numpy as np

from explorer.core.library import Library
from explorer.core.limits import Gate, Kept
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.question import LAST, listed, number, optional, part, text, whole
from explorer.tabs.diagnosis.sets import two_sets
from trainer.checkpoints.spec import MAX_PSI, MIN_PSI
from trainer.util.errors import UserError

STRIP = 24  # images of a strip
NEAREST = 12  # generated images shown beside a real one
PAGES = 1000  # pages whose newest question is remembered
PAGE = 100  # characters of a page's name
LATEST = 1e15  # of a page's stamps, which are milliseconds since 1970
MAX_NUMBER = 10**6  # of a point's number, or a class
MAX_ROWS = 64  # points that are asked for together: images on a side of a direction
EVALUATED: Kept[Answer] = Kept(64_000_000, lambda answer: 1000 + sum(map(len, texts(answer))), count=100)
EVALUATING = Gate("maps", at_once=2, waiting=2)
NEWEST: OrderedDict[str, float] = OrderedDict()  # page -> stamp of its newest question
LOCK = Lock()


@cache
def examiner(library: Library) -> Any:
    """The one examiner of a library."""
    from explorer.tabs.diagnosis.evaluation import Examiner

    return Examiner(library)


def warm_up() -> None:
    """Import what the first diagnosis needs, while nobody waits for it."""
    from explorer.tabs.diagnosis import panel  # noqa: F401


@rpc_handler
def diagnose(library: Library, question: Answer) -> Answer:
    """{page, stamp, checkpoint, psi, label, n} -> {n, panel, numbers, classes, within, uncovered, off_manifold, map}.

    {outdated: true} once the same page has asked something newer. {sets} in place of all: a finished diagnosis of two
    sets of images.
    """
    from explorer.tabs.diagnosis.evaluation import Outdated

    if optional(question, "sets"):
        examined = two_sets(library, question)
        return evaluated(examined, "all", lambda: evaluation(examined))

    page, stamp = str(part(question, "page"))[:PAGE], number(question, "stamp", 0, LATEST)
    who, n = subject(question), whole(question, "n", 0, LAST)
    remember(page, stamp)
    try:
        examined = examiner(library).examine(who, n, lambda: is_newest(page, stamp))
    except Outdated:
        return {"outdated": True}
    return evaluated(examined, "all", lambda: evaluation(examined))


def examined_in(library: Library, question: Answer) -> Any:
    """What is examined already, or examined now, of the question's subject; or the two sets that it names."""
    if optional(question, "sets"):
        return two_sets(library, question)
    return examiner(library).examine(subject(question), whole(question, "n", 0, LAST))


def evaluated(examined: Any, what: str, work: Callable[[], Answer]) -> Answer:
    """An answer about an examination: remembered, or else worked out, for so many at once."""
    key = (examined.key, len(examined.fake), what)
    answer = EVALUATED.get(key)
    if answer is None:
        with EVALUATING.place():
            answer = EVALUATED.get(key) or work()  # who was before us may have asked the same
            EVALUATED.put(key, answer)
    return answer


def texts(answer: Any) -> Iterator[str]:
    """All the text in an answer: what it weighs."""
    if isinstance(answer, str):
        yield answer
    elif isinstance(answer, dict | list | tuple):
        for piece in answer.values() if isinstance(answer, dict) else answer:
            yield from texts(piece)


def evaluation(examined: Any) -> Answer:
    """The verdict, its evidence, and the map that needs no time."""
    from explorer.tabs.diagnosis import panel
    from trainer.diagnosis.class_shares import plain_attribute
    from trainer.diagnosis.feature_map import marked
    from trainer.diagnosis.plain import numbers

    found = marked(examined)
    return {
        "n": len(examined.fake),
        "panel": panel.panel(examined),
        "numbers": numbers(examined),
        "classes": [plain_attribute(attribute) for attribute in examined.diagnosis.attributes],
        "within": panel.intra_classes(examined),
        "uncovered": {
            "count": len(found.uncovered),
            "html": "".join(panel.real_ones(examined, found.uncovered[:STRIP].tolist())),
        },
        "off_manifold": {
            "count": len(found.off_manifold),
            "html": "".join(panel.generated_ones(examined, found.off_manifold[:STRIP].tolist())),
        },
        "evaluated": examined.diagnosis.measurements.n if examined.diagnosis.measurements else 0,
        "map": points(examined, "PCA", found),
    }


@rpc_handler
def map_points(library: Library, question: Answer) -> Answer:
    """{checkpoint, psi, label, n, method} -> {map}: the same points by another method."""
    from trainer.diagnosis.feature_map import METHODS, marked

    method = text(question, "method")
    METHODS[method]
    examined = examined_in(library, question)
    return evaluated(examined, method, lambda: {"map": points(examined, method, marked(examined))})


@rpc_handler
def hover(library: Library, question: Answer) -> Answer:
    """{checkpoint, psi, label, n, side, row} -> {uri}: the image of a point."""
    from explorer.tabs.diagnosis.panel import uri

    examined = examined_in(library, question)
    images = examined.reference.thumbs if text(question, "side") == "real" else examined.thumbs
    return {"uri": uri(images[checked_row(question, len(images))])}


@rpc_handler
def near(library: Library, question: Answer) -> Answer:
    """{checkpoint, psi, label, n, side, row} -> {html}: an image and the nearest of the other side, by features."""
    from explorer.tabs.diagnosis import panel
    from trainer.metrics.distances import neighbours

    examined = examined_in(library, question)
    sides = {"real": (examined.reference.real, panel.real_ones), "generated": (examined.fake, panel.generated_ones)}
    mine, other = ("generated", "real") if question.get("side") == "fake" else ("real", "generated")
    (points, show), (others, show_other) = sides[mine], sides[other]
    row = checked_row(question, len(points))
    _, rows = neighbours(points.features[row : row + 1], others.features, min(NEAREST, len(others)))
    return {"html": panel.strip(mine, show(examined, [row]))
            + panel.strip(f"its nearest {other} ones", show_other(examined, rows[0].tolist()))}  # fmt: skip


@rpc_handler
def recipe_of(library: Library, question: Answer) -> Answer:
    """{checkpoint, psi, label, row} -> {recipe}: of a generated point."""
    seed = checked_row(question, MAX_NUMBER)
    return {"recipe": examiner(library).recipes(subject(question), range(seed, seed + 1))[0].to_dict()}


@rpc_handler
def recipes_of(library: Library, question: Answer) -> Answer:
    """{checkpoint, psi, label, rows} -> {recipes}: of up to MAX_ROWS generated points."""
    whose = subject(question)
    rows = [checked_row({"row": row}, MAX_NUMBER) for row in listed(question, "rows", MAX_ROWS)]
    recipes = [examiner(library).recipes(whose, range(row, row + 1))[0] for row in rows]
    return {"recipes": [recipe.to_dict() for recipe in recipes]}


HANDLERS = (diagnose, map_points, hover, near, recipe_of, recipes_of)


def comparable(library: Library, name: str) -> list[str]:
    """The other checkpoints whose reference is of the same data by the same extractor."""
    from trainer.diagnosis.reference_record import made_of

    folders = library.folders()
    own = made_of(library.folder(name))
    return [other for other, folder in folders.items() if own and other != name and made_of(folder) == own]


def subject(question: Answer) -> Any:
    """Whom a question is about. Raises UserError for a psi that is none, and for what cannot be a class."""
    from explorer.tabs.diagnosis.evaluation import Subject

    psi = number(question, "psi", MIN_PSI, MAX_PSI)
    label = whole(question, "label", 0, MAX_NUMBER) if optional(question, "label") else None
    return Subject(text(question, "checkpoint"), psi, label)


def checked_row(question: Answer, count: int) -> int:
    """The `row` of a question, from 0 to count - 1. Raises UserError for anything else."""
    row = part(question, "row")
    if isinstance(row, bool) or not isinstance(row, int) or not 0 <= row < count:
        raise UserError(f"There is no point {row!r:.40}; there are {count}.")
    return row


def points(examined: Any, method: str, found: Any) -> Answer:
    """The map as the page draws it: coordinates as base64 of float32, rows of both sides, classes."""
    from trainer.diagnosis.feature_map import plane

    made = plane(examined, method)
    reference = examined.reference
    rows = examined.rows[examined.rows < len(made.real)]
    return {
        "method": method,
        "axes": made.axes,
        "real": packed(made.real[rows].astype("<f4")),
        "fake": packed(made.fake.astype("<f4")),
        "real_rows": packed(rows.astype("<i4")),
        "attributes": [
            {
                "name": head.name,
                "values": head.values,
                "real": packed(reference.real.labels(i)[rows].astype(np.uint8)),
                "fake": packed(examined.fake.labels(i)[: len(made.fake)].astype(np.uint8)),
            }
            for i, head in enumerate(reference.heads)
            if len(head.values) <= 256
        ],
        **scored(examined, rows, len(made.fake)),
        "uncovered": packed(found.uncovered.astype("<i4")),
        "off_manifold": packed(found.off_manifold.astype("<i4")),
    }


def scored(examined: Any, rows: np.ndarray, count: int) -> Answer:
    """{scores, unscored}: the critic's of the real points in these rows and of the first `count` generated ones, higher
    for what it takes for real, "" or null for none; and in a sentence why some that it could have given are missing."""
    fake, real = examined.scores, examined.real_scores
    if fake is not None and not np.isfinite(fake).all():
        return {"scores": None, "unscored": "The critic's scores are not finite: its training diverged."}
    if fake is None:
        return {"scores": None, "unscored": examined.critic_error}
    name = examined.subject.checkpoint
    without = f"Real points have no score yet: python -m trainer reference {name} has the critic score them."
    return {
        "scores": {
            "fake": packed(fake[:count].astype("<f4")),
            "real": "" if real is None else packed(real[rows].astype("<f4")),
        },
        "unscored": without if real is None else "",
    }


def packed(array: np.ndarray) -> str:
    """An array's bytes as base64, in C order."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def remember(page: str, stamp: float) -> None:
    """Record a page's newest question by its stamp. Beyond PAGES pages, the longest silent are forgotten."""
    with LOCK:
        NEWEST[page] = max(stamp, NEWEST.get(page, 0.0))
        NEWEST.move_to_end(page)
        while len(NEWEST) > PAGES:
            NEWEST.popitem(last=False)


def is_newest(page: str, stamp: float) -> bool:
    """Whether the page has asked nothing newer; true for a page that is forgotten."""
    with LOCK:
        return NEWEST.get(page, stamp) <= stamp
