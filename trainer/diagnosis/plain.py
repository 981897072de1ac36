"""A diagnosis as plain data, for JSON and CSV."""

import math
from typing import Any

from trainer.diagnosis.examined import Examined
from trainer.diagnosis.measurements import Measurement
from trainer.diagnosis.thresholds import served
from trainer.metrics import all_figures


def numbers(examined: Examined) -> dict[str, Any]:
    """The verdict, all findings, every measurement with its band, the classes, and the thresholds."""
    diagnosis = examined.diagnosis
    found = diagnosis.panel
    return {
        "generated": len(examined.fake),
        "real": len(examined.rows),
        "data": examined.reference.data,
        "extractor": f"{examined.reference.extractor} {examined.reference.version}",
        "verdict": diagnosis.verdict.kind,
        "findings": [{"kind": f.kind, "title": f.title, "text": f.text} for f in diagnosis.findings],
        "measures": [
            plain(reading) | {"says_nothing": key in diagnosis.moot}
            for key, reading in (found.readings.items() if found else ())
        ],
        "modes": [
            {"attribute": head.name, "class": share.name, "real": share.real, "generated": share.fake,
             "healthy_low": share.low, "healthy_high": share.high}
            for head in diagnosis.heads for share in head.shares
        ],
        "within": [one._asdict() for one in (found.within if found and diagnosis.heads else ())],
        "thresholds": served(),
    }  # fmt: skip


def plain(reading: Measurement) -> dict[str, Any]:
    """A measurement with its title; NaN as null: JSON has none."""
    value = None if math.isnan(reading.value) else reading.value
    figure = all_figures()[reading.key]
    return {
        "key": reading.key,
        "title": figure.title,
        "table": figure.table,
        "value": value,
        "low": reading.low,
        "high": reading.high,
        "abnormal": reading.abnormal,
    }
