"""A diagnosis as plain data, for JSON and CSV."""

import math
from typing import Any

from trainer.diagnosis.class_shares import plain_intra_class
from trainer.diagnosis.examined import Examined
from trainer.diagnosis.measurements import Measurement
from trainer.diagnosis.thresholds import served
from trainer.features import EXTRACTORS, shown
from trainer.metrics import all_figures


def numbers(examined: Examined) -> dict[str, Any]:
    """What was examined, the verdict, all findings, every measurement with its band, the classes, the thresholds."""
    diagnosis = examined.diagnosis
    found = diagnosis.measurements
    return {
        **examined.record,
        "generated": len(examined.fake),
        "real": len(examined.rows),
        "data": examined.reference.data,
        "extractor": f"{shown(examined.reference.extractor)} {examined.reference.version}",
        "caveat": EXTRACTORS[examined.reference.extractor].caveat,
        "verdict": diagnosis.verdict.kind,
        "findings": [{"kind": f.kind, "title": f.title, "text": f.text} for f in diagnosis.findings],
        "measures": [
            plain(measurement) | {"says_nothing": key in diagnosis.moot}
            for key, measurement in (found.by_key.items() if found else ())
        ],
        "modes": [
            {"attribute": attribute.name, "class": share.name, "real": share.real, "generated": share.fake,
             "healthy_low": share.low, "healthy_high": share.high, "corrected": list(share.corrected)}
            for attribute in diagnosis.attributes for share in attribute.classes
        ],
        "within": [plain_intra_class(one) for one in (found.intra_class if found and diagnosis.attributes else ())],
        "thresholds": served(),
    }  # fmt: skip


def plain(measurement: Measurement) -> dict[str, Any]:
    """A measurement with its title; NaN as null: JSON has none."""
    value = None if math.isnan(measurement.value) else measurement.value
    figure = all_figures()[measurement.key]
    return {
        "key": measurement.key,
        "title": figure.title,
        "table": figure.table,
        "value": value,
        "low": measurement.low,
        "high": measurement.high,
        "abnormal": measurement.abnormal,
    }
