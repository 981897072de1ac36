"""A diagnosis of two sets as text."""

from trainer.diagnosis.wording import healthy, in_order, number
from trainer.features import shown
from trainer.reports.two_sets import TwoSets


def as_text(found: TwoSets) -> str:
    """The verdict and all findings, the measurements beside their bands, the classes out of range, the notes."""
    parts = ["\n".join(f"{one.title}. {one.text}" for one in found.diagnosis.findings), basis(found)]
    return "\n\n".join(filter(None, [*parts, measurements(found), classes(found), notes(found)]))


def basis(found: TwoSets) -> str:
    """On what the verdict rests, in a sentence."""
    reference = found.reference
    return (
        f"{len(found.fake):,} generated images ({found.fake_name}) against {len(found.rows):,} real images "
        f"({found.real}) at {reference.resolution} x {reference.resolution} pixels; features of the extractor "
        f"{shown(reference.extractor)}."
    )


def measurements(found: TwoSets) -> str:
    """A line a measurement: title, value, what healthy data give; those out of range are marked."""
    panel = found.diagnosis.measurements
    if panel is None:
        return ""
    rows = [
        (figure.title, number(measurement.value), healthy(measurement), "  <- outside" if measurement.abnormal else "")
        for figure, measurement in in_order(panel.by_key)
    ]
    return "\n".join(f"{title:<28} {value:>10}  {expected}{mark}" for title, value, expected, mark in rows)


def classes(found: TwoSets) -> str:
    """A line a class: its share of the real and of the generated images; those out of range are marked."""
    lines = []
    for head in found.diagnosis.attributes:
        lines.append(f"{head.name:<28} {'real':>8} {'generated':>10}")
        lines += [
            f"{share.name:<28} {100 * share.real:>6.1f} % {100 * share.fake:>8.1f} %"
            f"{f'  <- expected {100 * share.low:.1f} to {100 * share.high:.1f} %' if share.abnormal else ''}"
            for share in head.classes
        ]
    return "\n".join(lines)


def notes(found: TwoSets) -> str:
    """The notes, a line each."""
    return "\n".join(f"note: {note}" for note in found.notes)
