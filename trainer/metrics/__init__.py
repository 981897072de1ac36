"""Measures by name: arrays in, numbers out. A new measure is one file and one name in the import below."""

from trainer.metrics import (  # importing a measure registers it
    bins,
    birthday,
    diversity,
    frechet,
    inception,
    kernel,
    manifold,
    memorisation,
    modes,
    rarity,
    two_sample,
    vendi,
)
from trainer.metrics.base import METRICS, Figure, Measure, Value, applicable, figures, measure_all

__all__ = [
    "METRICS", "Figure", "Measure", "Value", "applicable", "figures", "measure_all",
    "bins", "birthday", "diversity", "frechet", "inception", "kernel", "manifold", "memorisation", "modes", "rarity",
    "two_sample", "vendi",
]  # fmt: skip
