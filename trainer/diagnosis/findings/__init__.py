"""What a verdict can find, by name: a new finding is one file here and one name in the import below."""

# isort: off
from trainer.diagnosis.findings import (  # noqa: F401 - importing a finding registers it, the gravest first
    too_few,
    total_collapse,
    out_of_distribution,
    mode_dropping,
    intra_mode_collapse,
    memorised,
    label_ignored,
    imbalance,
    quality,
    healthy,
)

# isort: on
from trainer.diagnosis.findings.base import FINDINGS, Finding, FindingKind

__all__ = ["FINDINGS", "Finding", "FindingKind"]
