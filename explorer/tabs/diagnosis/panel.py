"""A diagnosis as HTML: the verdict first, then its evidence, the modes, and every measure beside its healthy band."""

from collections.abc import Collection, Sequence
from html import escape

import numpy as np

from explorer.rendering.server import data_uri
from explorer.web import GRADES
from trainer.diagnosis import AttributeStats, Finding, IntraClassStats, Measurement
from trainer.diagnosis.class_shares import plain_intra_class
from trainer.diagnosis.examined import Examined
from trainer.diagnosis.thresholds import MIN_VARIETY
from trainer.diagnosis.wording import explained, healthy, in_order, number, placed
from trainer.features import EXTRACTORS, shown
from trainer.metrics import Figure

UNEVALUATED = '<section class="modes"><h4>Modes</h4><p>The modes of such images cannot be assessed.</p></section>'
MOOT = "Not informative here: out-of-distribution images can fall in this range by accident."


def panel(examined: Examined) -> str:
    """The whole panel."""
    diagnosis = examined.diagnosis
    parts = [verdict(examined), *(finding(f, examined) for f in diagnosis.findings[1:])]
    if diagnosis.measurements is not None:
        found = diagnosis.measurements
        evaluated = bool(diagnosis.attributes)
        parts += [modes(diagnosis.attributes, examined) if evaluated or not found.attributes else UNEVALUATED]
        parts += [inside(found.intra_class if evaluated else ()), measures(found.by_key, diagnosis.moot)]
    return "".join(parts)


def verdict(examined: Examined) -> str:
    """The headline: the gravest finding with its evidence, and on what it rests."""
    first, reference = examined.diagnosis.verdict, examined.reference
    scope = f" ({examined.scope})" if examined.scope else ""
    basis = (
        f"{len(examined.fake):,} generated images{scope} against "
        f"{len(examined.rows):,} real images of {reference.data}; features of the extractor "
        f"{shown(reference.extractor)}."
    )
    if caveat := EXTRACTORS[reference.extractor].caveat:
        basis += f" Note: {caveat}."
    return (
        f'<section class="verdict {GRADES[first.grade]}" aria-live="polite"><h3>{escape(first.title)}</h3>'
        f'<p>{escape(first.text)}</p>{evidence(first, examined)}<p class="basis">{escape(basis)}</p></section>'
    )


def finding(found: Finding, examined: Examined) -> str:
    """One more finding, beside the verdict."""
    return (
        f'<section class="finding {GRADES[found.grade]}"><h4>{escape(found.title)}</h4><p>{escape(found.text)}</p>'
        f"{evidence(found, examined)}</section>"
    )


def evidence(found: Finding, examined: Examined) -> str:
    """Images that show a finding: generated ones open in Slide; copies stand above the image that they copy."""
    if found.sources:
        originals = examined.reference.space.images(examined.reference.seen[list(found.sources)])
        pairs = zip(found.fakes, originals, strict=True)
        cells = "".join(
            f'<span class="pair">{generated(examined, row)}'
            f'<img src="{uri(original)}" alt="nearest training image"></span>'
            for row, original in pairs
        )
        return strip("generated, above the nearest training image (from 50 principal components)", [cells])
    return strip("generated", generated_ones(examined, found.fakes)) + strip("real", real_ones(examined, found.reals))


def strip(caption: str, cells: Sequence[str]) -> str:
    """Images in a row with their caption, as HTML; empty if there are no images."""
    if not cells:
        return ""
    return f'<figure><div class="strip">{"".join(cells)}</div><figcaption>{caption}</figcaption></figure>'


def generated_ones(examined: Examined, rows: Sequence[int]) -> list[str]:
    """HTML of generated images."""
    return [generated(examined, int(row)) for row in rows]


def real_ones(examined: Examined, rows: Sequence[int]) -> list[str]:
    """Real images; a click shows their nearest generated neighbours."""
    return [
        f'<button type="button" data-real="{int(row)}" title="Real image: show the nearest generated images">'
        f'<img src="{uri(examined.reference.thumbs[row])}" alt="real image"></button>'
        for row in rows
    ]


def generated(examined: Examined, row: int) -> str:
    """A generated image, to be clicked on."""
    return (
        f'<button type="button" data-fake="{row}" title="{examined.title(row)}">'
        f'<img src="{uri(examined.thumbs[row])}" alt="generated image {row}"></button>'
    )


def uri(image: np.ndarray) -> str:
    """uint8 (H, W, C) -> a small WebP data URI."""
    return data_uri(image, quality=80)


def modes(attributes: Sequence[AttributeStats], examined: Examined) -> str:
    """Each attribute's classes, generated against real; those that stand out are open. The page draws the bars."""
    if not attributes:
        return ""
    parts = []
    for i, attribute in enumerate(attributes):
        is_open = " open" if attribute.abnormal or len(attributes) == 1 else ""
        odd = sum(share.abnormal for share in attribute.classes)
        note = "unlike the real distribution" if attribute.abnormal else "as in the real data"
        note = f"{odd} of {len(attribute.classes)} outside the expected range" if odd else note
        summary = f"<summary>{escape(attribute.name)} <small>{note}</small></summary>"
        parts.append(f'<details class="mode"{is_open}>{summary}<div data-attribute="{i}"></div></details>')
    help = (
        "Groups are k-means clusters of the real images, since this data set has no classes. "
        if examined.reference.grouped
        else ""
    )
    return (
        '<section class="modes"><h4>Modes</h4><p class="legend"><i class="real"></i> real <i class="fake"></i> '
        f'generated <i class="band"></i> expected range. {help}</p>{"".join(parts)}</section>'
    )


def inside(classes: Sequence[IntraClassStats]) -> str:
    """What is made inside each class: its variety beside the real one, and whether it comes when it is asked for.

    The page draws the bars.
    """
    if not classes:
        return ""
    asked = any(one.asked for one in classes)
    narrow, ignored = sum(one.narrow for one in classes), sum(one.label_ignored for one in classes)
    known = [one.variety for one in classes if one.variety is not None]
    note = f"lowest diversity {min(known):.2f}" if known else "too few images of every class"
    if asked:
        followed = sum(one.asked * (one.label_accuracy or 0.0) for one in classes) / sum(one.asked for one in classes)
        note += f", {100 * followed:.1f} % match the requested label"
    is_open = " open" if asked or narrow or ignored else ""
    accuracy = " Last column: how many samples of a label are classified as it." if asked else ""
    return (
        f'<section class="modes"><details class="mode"{is_open}><summary>Within each class <small>{note}</small>'
        '</summary><p class="legend"><i class="real"></i> real <i class="fake"></i> generated: deviation within '
        "a class (standard deviation in pixel space, real = 1; below "
        f"{MIN_VARIETY.value:g} the class has collapsed)."
        f"{accuracy}</p><div data-within></div></details></section>"
    )


def intra_classes(examined: Examined) -> list[dict[str, object]]:
    """What is made inside each class, as the page draws it: plain, with whether it is narrow or its label ignored."""
    diagnosis = examined.diagnosis
    classes = diagnosis.measurements.intra_class if diagnosis.measurements and diagnosis.attributes else ()
    return [plain_intra_class(one) | {"narrow": one.narrow, "refused": one.label_ignored} for one in classes]


def measures(by_key: dict[str, Measurement], moot: Collection[str] = ()) -> str:
    """Every measure: those of the verdict, then the rest folded away. moot: keys of those that say nothing."""
    shown, more = (
        "".join(
            measure_row(figure, measurement, measurement.key in moot) for figure, measurement in in_order(by_key, place)
        )
        for place in ("verdict", "context")
    )
    return (
        f'<section class="measures"><h4>Metrics</h4>{shown}<details class="more">'
        f"<summary>More metrics <small>not used for the verdict</small></summary>{more}</details></section>"
    )


def measure_row(figure: Figure, measurement: Measurement, moot: bool = False) -> str:
    """One measure: title, the band of healthy data with the value on it, the number; its explanation on demand."""
    state = "odd" if measurement.abnormal else "moot" if moot else ""
    value = f"({number(measurement.value)})" if moot else number(measurement.value)
    note = f" {MOOT}" if moot else ""
    return (
        f'<details class="measure {state}"><summary><span>{escape(figure.title)}</span>{scale(figure, measurement)}'
        f"<output>{value}</output></summary><p>{escape(explained(figure))} {healthy(measurement)}{note}</p></details>"
    )


def scale(figure: Figure, measurement: Measurement) -> str:
    """A line from the least to the most that matters, the healthy band on it, and a dot at the value."""
    found = placed(figure, measurement)
    if found is None:
        return '<span class="scale" aria-hidden="true"></span>'
    band = f'<b style="left:{found.start:.1f}%;width:{found.width:.1f}%"></b>' if found.width else ""
    return f'<span class="scale" aria-hidden="true">{band}<i style="left:{found.value:.1f}%"></i></span>'
