"""What a verdict can find, by name: a new finding is one file here and one name in the import below."""

# isort: off
from trainer.diagnosis.findings import (  # noqa: F401 - importing a finding registers it, the gravest first
    too_few,
    total_collapse,
    unlike,
    dropped,
    within,
    memorised,
    disobedient,
    imbalance,
    quality,
    healthy,
)

# isort: on
from trainer.diagnosis.findings.base import FINDINGS, Finding, FindingKind

__all__ = ["FINDINGS", "Finding", "FindingKind"]
