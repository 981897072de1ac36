"""What the page's diagnosis element may ask of the server: one dict in, one dict out, as in `explorer.serve`.

Everything heavy is imported at the first question, so that building the page costs nothing.
"""

import base64
from collections import OrderedDict
from functools import cache
from threading import Lock
from typing import Any

import numpy as np

from explorer.library import Library
from explorer.serve import Answer, answering
from trainer.errors import UserError

STRIP = 24  # pictures of a strip
NEAREST = 12  # generated pictures shown beside a real one
PAGES = 1000  # pages whose newest question is remembered
NEWEST: OrderedDict[str, float] = OrderedDict()  # page -> stamp of its newest question
LOCK = Lock()


@cache
def examiner(library: Library) -> Any:
    """The one examiner of a library."""
    from explorer.diagnosis import Examiner

    return Examiner(library)


def warm_up() -> None:
    """Import what the first diagnosis needs, while nobody waits for it."""
    from explorer import diagnosis, feature_map, panel  # noqa: F401


@answering
def diagnose(library: Library, question: Answer) -> Answer:
    """{page, stamp, checkpoint, psi, label, n} -> {n, panel, numbers, holes, strays, map}, or {outdated: true} once the
    same page has asked something newer."""
    from explorer import panel
    from explorer.diagnosis import Outdated
    from explorer.feature_map import marked

    page, stamp = str(question["page"]), float(question["stamp"])
    remember(page, stamp)
    try:
        examined = examiner(library).examine(subject(question), int(question["n"]), lambda: is_newest(page, stamp))
    except Outdated:
        return {"outdated": True}
    found = marked(examined)
    return {
        "n": len(examined.fake),
        "panel": panel.panel(examined),
        "numbers": panel.numbers(examined),
        "holes": {"count": len(found.holes), "html": "".join(panel.real_ones(examined, found.holes[:STRIP].tolist()))},
        "strays": {
            "count": len(found.strays),
            "html": "".join(panel.generated_ones(examined, found.strays[:STRIP].tolist())),
        },
        "judged": examined.diagnosis.panel.n if examined.diagnosis.panel else 0,
        "map": points(examined, "PCA", found),
    }


@answering
def map_points(library: Library, question: Answer) -> Answer:
    """{checkpoint, psi, label, n, method} -> {map}: the same points by another method."""
    from explorer.feature_map import marked

    examined = examiner(library).examine(subject(question), int(question["n"]))
    return {"map": points(examined, question["method"], marked(examined))}


@answering
def hover(library: Library, question: Answer) -> Answer:
    """{checkpoint, psi, label, n, side, row} -> {uri}: the picture of a point."""
    from explorer.panel import uri

    examined = examiner(library).examine(subject(question), int(question["n"]))
    pictures = examined.reference.thumbs if question["side"] == "real" else examined.thumbs
    return {"uri": uri(pictures[checked_row(question["row"], len(pictures))])}


@answering
def near(library: Library, question: Answer) -> Answer:
    """{checkpoint, psi, label, n, row} -> {html}: a real picture and its nearest generated ones, in the features."""
    from explorer import panel
    from trainer.metrics.distances import neighbours

    examined = examiner(library).examine(subject(question), int(question["n"]))
    row = checked_row(question["row"], len(examined.reference.real))
    real, fake = examined.reference.real.features[row : row + 1], examined.fake.features
    _, rows = neighbours(real, fake, min(NEAREST, len(fake)))
    return {"html": panel.strip("real", panel.real_ones(examined, [row]))
            + panel.strip("its nearest generated ones", panel.generated_ones(examined, rows[0].tolist()))}  # fmt: skip


@answering
def recipe_of(library: Library, question: Answer) -> Answer:
    """{checkpoint, psi, label, row} -> {recipe}: of a generated point."""
    seed = checked_row(question["row"], 10**6)
    return {"recipe": examiner(library).recipes(subject(question), range(seed, seed + 1))[0].to_dict()}


HANDLERS = (diagnose, map_points, hover, near, recipe_of)


def comparable(library: Library, name: str) -> list[str]:
    """The other checkpoints whose reference is of the same data by the same extractor."""
    from trainer.diagnosis.reference import made_of

    folders = library.folders()
    own = made_of(library.folder(name))
    return [other for other, folder in folders.items() if own and other != name and made_of(folder) == own]


def subject(question: Answer) -> Any:
    """Whom a question is about. Raises UserError for a psi that is none."""
    from explorer.diagnosis import Subject

    psi, label = float(question["psi"]), question["label"]
    if not 0 <= psi <= 2:
        raise UserError(f"Truncation psi is {psi}; choose 0 to 2.")
    return Subject(str(question["checkpoint"]), psi, None if label is None else int(label))


def checked_row(row: Any, count: int) -> int:
    if not 0 <= int(row) < count:
        raise UserError(f"There is no point number {row}; there are {count}.")
    return int(row)


def points(examined: Any, method: str, found: Any) -> Answer:
    """The map as the page draws it: coordinates as base64 of float32, rows of both sides, classes."""
    from explorer.feature_map import plane

    made = plane(examined, method)
    reference = examined.reference
    rows = examined.rows[examined.rows < len(made.real)]
    return {
        "method": method,
        "axes": made.axes,
        "real": packed(made.real[rows].astype("<f4")),
        "fake": packed(made.fake.astype("<f4")),
        "real_rows": packed(rows.astype("<i4")),
        "heads": [
            {
                "name": head.name,
                "values": head.values,
                "real": packed(reference.real.labels(i)[rows].astype(np.uint8)),
                "fake": packed(examined.fake.labels(i)[: len(made.fake)].astype(np.uint8)),
            }
            for i, head in enumerate(reference.heads)
            if len(head.values) <= 256
        ],
        "holes": packed(found.holes.astype("<i4")),
        "strays": packed(found.strays.astype("<i4")),
    }


def packed(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def remember(page: str, stamp: float) -> None:
    with LOCK:
        NEWEST[page] = max(stamp, NEWEST.get(page, 0.0))
        NEWEST.move_to_end(page)
        while len(NEWEST) > PAGES:
            NEWEST.popitem(last=False)


def is_newest(page: str, stamp: float) -> bool:
    with LOCK:
        return NEWEST.get(page, stamp) <= stamp
