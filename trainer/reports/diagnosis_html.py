"""A diagnosis of two sets as one HTML file: images, map and tables in it, no script, nothing loaded from elsewhere."""

import base64
import io
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined

from trainer.diagnosis import Finding
from trainer.diagnosis.examined import Examined
from trainer.diagnosis.feature_map import Marked, Plane, marked, plane
from trainer.diagnosis.wording import explained, healthy, in_order, number, placed
from trainer.reports.diagnosis_text import basis
from trainer.reports.two_sets import TwoSets
from trainer.util.images import sheet, to_pil

SHOWN = 60  # uncurated images of each side
COLUMNS = 15
STRIP = 24  # images of a strip
MAP_POINTS = 1500  # a side
MAP = (640, 420)  # units of the drawing
MARGIN = 12


def as_html(found: TwoSets, command: str) -> str:
    """The report. `command` repeats it."""
    template = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(files("trainer.reports").joinpath("diagnosis.html.j2").read_text(encoding="utf-8"))
    diagnosis = found.diagnosis
    odd = marked(found)
    rendered: str = template.render(
        title=diagnosis.verdict.title,
        names=(found.fake_name, found.real),
        basis=basis(found),
        findings=[plain_finding(one, found) for one in diagnosis.findings],
        notes=found.notes,
        samples=[
            ("Real images, not selected", sheet_uri(found.reference.thumbs[found.rows[:SHOWN]])),
            ("Generated images, not selected", sheet_uri(found.thumbs[:SHOWN])),
        ],
        map=drawn_map(plane(found, "PCA"), odd, found) if len(found.fake) > 1 else None,
        odd=[
            ("Uncovered real images: no generated one is near", uris(found.reference.thumbs, odd.uncovered[:STRIP])),
            ("Off-manifold images: no real one is near", uris(found.thumbs, odd.off_manifold[:STRIP])),
        ],
        measures=measures(found),
        attributes=[attribute(head) for head in diagnosis.attributes],
        within=diagnosis.measurements.intra_class if diagnosis.measurements and diagnosis.attributes else (),
        asked=found.asked is not None,
        command=command,
    )
    return rendered


def plain_finding(found: Finding, examined: Examined) -> dict[str, Any]:
    """A finding with the images that show it."""
    reference = examined.reference
    originals = list(reference.space.images(reference.seen[list(found.sources)])) if found.sources else []
    return {
        "grade": found.grade,
        "title": found.title,
        "text": found.text,
        "strips": [
            ("generated", uris(examined.thumbs, found.fakes)),
            ("the nearest training images (from 50 principal components)", [uri(image) for image in originals]),
            ("real", uris(reference.thumbs, found.reals)),
        ],
    }


def measures(found: Examined) -> list[dict[str, Any]]:
    """Rows of the table of measurements, in the order of the page."""
    panel = found.diagnosis.measurements
    return [
        {
            "title": figure.title,
            "value": number(measurement.value),
            "expected": healthy(measurement),
            "explained": explained(figure),
            "placed": placed(figure, measurement),
            "state": "odd" if measurement.abnormal else "moot" if measurement.key in found.diagnosis.moot else "",
        }
        for figure, measurement in in_order(panel.by_key if panel else {})
    ]


def attribute(head: Any) -> dict[str, Any]:
    """An attribute's classes with the ends of their bars in % of the longest."""
    longest = max(max(share.real, share.fake, share.high) for share in head.classes) or 1.0
    return {"name": head.name, "classes": head.classes, "scale": 100 / longest}


def drawn_map(made: Plane, odd: Marked, found: Examined) -> dict[str, Any]:
    """Points of the map in units of its drawing, and what its axes mean."""
    rows = found.rows[found.rows < len(made.real)][:MAP_POINTS]
    real, fake = made.real[rows], made.fake[:MAP_POINTS]
    everything = np.concatenate([real, fake])
    low, high = np.percentile(everything, 0.5, 0), np.percentile(everything, 99.5, 0)
    span = np.maximum(high - low, 1e-9)

    def at(points: np.ndarray) -> list[tuple[float, float]]:
        unit = np.clip((points - low) / span, 0, 1) * [1, -1] + [0, 1]
        return [(round(float(x), 1), round(float(y), 1)) for x, y in MARGIN + unit * (np.array(MAP) - 2 * MARGIN)]

    shown = set(odd.off_manifold.tolist())
    return {
        "width": MAP[0],
        "height": MAP[1],
        "axes": made.axes,
        "real": at(real),
        "fake": at(fake),
        "off": at(made.fake[[row for row in range(len(fake)) if row in shown]]),
        "uncovered": at(made.real[np.intersect1d(odd.uncovered, rows)]),
    }


def uris(images: np.ndarray, rows: Sequence[int] | np.ndarray) -> list[str]:
    """Some of the images, uint8 (n, H, W, C), as data URIs."""
    return [uri(images[int(row)]) for row in rows]


def uri(image: np.ndarray) -> str:
    """uint8 (H, W, C) -> a PNG data URI."""
    return encoded(to_pil(image))


def sheet_uri(images: np.ndarray) -> str:
    """Many images as one, uint8 (n, H, W, C) -> a PNG data URI."""
    return encoded(sheet(images, COLUMNS))


def encoded(image: Any) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
