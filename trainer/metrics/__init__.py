"""Measures by name: arrays in, numbers out. A new measure is one file and one name in the import below."""

# isort: off
from trainer.metrics import two_sample, modes, birthday, vendi, diversity, inception, memorisation, rarity
from trainer.metrics import fid
from trainer.metrics import kid
from trainer.metrics import prdc
from trainer.metrics import ndb

# isort: on
from trainer.metrics.base import METRICS, Figure, Measure, Value, applicable, figures, measure_all

__all__ = ["METRICS", "Figure", "Measure", "Value", "applicable", "figures", "measure_all"]
