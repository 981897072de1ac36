"""Has the model collapsed, and onto what? Generated images against a reference of real ones -> a verdict in words."""

from trainer.diagnosis.classes import AttributeStats, ClassShare, IntraClassStats
from trainer.diagnosis.findings import FINDINGS, Finding
from trainer.diagnosis.measurements import Measurement, Measurements
from trainer.diagnosis.reference import Reference, load_reference, save_reference
from trainer.diagnosis.reference_build import reference_file
from trainer.diagnosis.verdicts import Diagnosis, diagnose

__all__ = [
    "FINDINGS",
    "AttributeStats",
    "ClassShare",
    "Diagnosis",
    "Finding",
    "IntraClassStats",
    "Measurement",
    "Measurements",
    "Reference",
    "diagnose",
    "load_reference",
    "reference_file",
    "save_reference",
]
