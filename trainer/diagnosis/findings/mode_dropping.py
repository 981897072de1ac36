"""Modes are missing: classes of which far fewer than in real data are made."""

from collections.abc import Iterator

from trainer.diagnosis.classes import ClassShare
from trainer.diagnosis.findings.base import FINDINGS, Finding, FindingKind, called, examples, listed, percent
from trainer.diagnosis.measurements import Measurements
from trainer.diagnosis.reference import Reference
from trainer.diagnosis.thresholds import FREQUENT_RATIO, MISSING_CLASS_RATIO
from trainer.features.feature_set import FeatureSet


def mode_dropping(measured: Measurements, reference: Reference, fake: FeatureSet) -> Iterator[Finding]:
    """Classes of which far fewer than in real data are made."""
    missing = [
        (i, j, attribute, s)
        for i, attribute in enumerate(measured.attributes)
        for j, s in enumerate(attribute.classes)
        if s.missing
    ]
    if not missing:
        return
    missing.sort(key=lambda found: min(found[3].fake / found[3].real, found[3].good / max(found[3].due, 1e-9)))
    names = [called(measured, attribute, share) for _, _, attribute, share in missing]
    rare = hardly([s for *_, s in missing])
    if len(missing) == 1:
        text = f"{names[0]} is almost never generated: {rare}"
    else:
        of = f" of {len(measured.attributes[0].classes)}" if len(measured.attributes) == 1 else ""
        text = f"{len(missing)}{of} modes are almost never generated ({listed(names)}): together {rare}"
    often = FREQUENT_RATIO.value
    frequent = [
        (i, j, h, s)
        for i, h in enumerate(measured.attributes)
        for j, s in enumerate(h.classes)
        if s.fake > often * s.real
    ]
    frequent.sort(key=lambda found: -found[3].fake)
    if frequent:
        often_made = [f"{called(measured, h, s)} ({percent(s.fake)})" for *_, h, s in frequent]
        text += f" It mostly generates {listed(often_made)}."
    yield Finding(
        "mode-dropping",
        text,
        fakes=examples(fake, [(i, j) for i, j, *_ in frequent]),
        reals=examples(reference.real, [(i, j) for i, j, *_ in missing]),
        classes=tuple(names),
    )


def hardly(missing: list[ClassShare]) -> str:
    """How rare missing classes are together: corrected for a reader's errors, by their labels alone, or by the images
    that are good ones of them."""
    if all(share.corrected for share in missing):
        made, real = (sum(share.corrected[i] for share in missing) for i in (0, 3))
        alone = missing[0].corrected
        interval = f" (95 % interval {percent(alone[1])} to {percent(alone[2])})" if len(missing) == 1 else ""
        return (
            f"{percent(made)} of the samples{interval}, {percent(real)} of the real data, both corrected for the "
            "errors of the extractor."
        )
    fake, real, good, due = (sum(getattr(share, name) for share in missing) for name in ("fake", "real", "good", "due"))
    if all(share.fake < MISSING_CLASS_RATIO.value * share.real for share in missing):
        return f"{percent(fake)} of the samples, {percent(real)} of the real data."
    return (
        f"{percent(fake)} of the samples are classified as such, but only {percent(good)} resemble real images; in the "
        f"real proportions, {percent(due)} would."
    )


FINDINGS["mode-dropping"] = FindingKind("Mode dropping", 2, mode_dropping)
