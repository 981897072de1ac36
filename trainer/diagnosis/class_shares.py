"""The classes of a verdict as plain values, for both tabs that draw them, for `--json` and for a run's events.

Records keep the keys that they began with, whatever the fields are called by now: a verdict's event has its attributes
under `heads` and its measurements under `readings`; here are `shares`, `dropped` and `obeyed`.
"""

from typing import Any

from trainer.diagnosis.classes import AttributeStats, IntraClassStats
from trainer.diagnosis.thresholds import MISSING_CLASS_RATIO

LISTED = ("name", "real", "fake", "low", "high", "dropped")  # a share in the events of older versions


def plain_attribute(attribute: AttributeStats) -> dict[str, Any]:
    """One attribute: {name, abnormal, shares: [{name, real, fake, low, high, interval, good, due, corrected, dropped,
    abnormal}]}.

    Shares lie between 0 and 1; low and high bound healthy ones, `interval` is the generated one's (95 %). corrected: as
    in `ClassShare`.
    """
    shares = [
        {
            "name": share.name,
            "real": share.real,
            "fake": share.fake,
            "low": share.low,
            "high": share.high,
            "interval": [share.minimum, share.maximum],
            "good": share.good,
            "due": share.due,
            "corrected": list(share.corrected),
            "dropped": share.missing,
            "abnormal": share.abnormal,
        }
        for share in attribute.classes
    ]
    return {"name": attribute.name, "abnormal": attribute.abnormal, "shares": shares}


def plain_intra_class(inside: IntraClassStats) -> dict[str, Any]:
    """What is made inside one class: {name, fake, variety, asked, obeyed}, as in `IntraClassStats`."""
    return {
        "name": inside.name,
        "fake": inside.fake,
        "variety": inside.variety,
        "asked": inside.asked,
        "obeyed": inside.label_accuracy,
    }


def recorded_attribute(record: dict[str, Any]) -> dict[str, Any]:
    """The same from a run's event. Older ones hold lists of LISTED; the oldest do not say whether a class is missing.

    Raises LookupError or TypeError for what is none of these.
    """
    shares = [share if isinstance(share, dict) else listed_share(share) for share in record["shares"]]
    return {"abnormal": any(share["abnormal"] for share in shares), **record, "shares": shares}


def listed_share(values: list[Any]) -> dict[str, Any]:
    """A share from its list."""
    share = dict(zip(LISTED, values, strict=False))
    rare = share["fake"] < share["low"] and share["fake"] < MISSING_CLASS_RATIO.value * share["real"]
    abnormal = not share["low"] <= share["fake"] <= share["high"]
    return {"dropped": rare, "abnormal": abnormal, "interval": None, "good": None, "due": None, "corrected": []} | share
