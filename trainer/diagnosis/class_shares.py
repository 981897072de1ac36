"""The classes of a verdict as plain values, for both tabs that draw them and for a run's events."""

from typing import Any

from trainer.diagnosis.classes import AttributeStats
from trainer.diagnosis.thresholds import MISSING_CLASS_RATIO

LISTED = ("name", "real", "fake", "low", "high", "dropped")  # a share in the events of older versions


def plain_head(head: AttributeStats) -> dict[str, Any]:
    """One attribute: {name, abnormal, shares: [{name, real, fake, low, high, interval, good, due, dropped, abnormal}]}.

    Shares lie between 0 and 1; low and high bound healthy ones, `interval` is the generated one's (95 %).
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
            "dropped": share.dropped,
            "abnormal": share.abnormal,
        }
        for share in head.shares
    ]
    return {"name": head.name, "abnormal": head.abnormal, "shares": shares}


def recorded_head(record: dict[str, Any]) -> dict[str, Any]:
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
    return {"dropped": rare, "abnormal": abnormal, "interval": None, "good": None, "due": None} | share
