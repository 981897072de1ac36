"""Measures by name: arrays in, numbers out. A new measure is one file and one name in the import below."""

# isort: off
from trainer.metrics import (  # noqa: F401 - importing a measure registers it; tables show them in this order
    fid,
    kid,
    prdc,
    two_sample,
    ndb,
    modes,
    birthday,
    vendi,
    diversity,
    inception,
    memorisation,
    copying,
    labelled,
    rarity,
    plane,
    readings,
    statistics,
    translation,
)

# isort: on
from trainer.metrics.base import (
    FIGURES,
    METRICS,
    SHARE,
    Chart,
    Figure,
    Measure,
    Value,
    all_figures,
    applicable,
    charts,
    figures,
    measure_all,
    of_training,
)

__all__ = [
    "FIGURES",
    "METRICS",
    "SHARE",
    "Chart",
    "Figure",
    "Measure",
    "Value",
    "all_figures",
    "applicable",
    "charts",
    "figures",
    "measure_all",
    "of_training",
]
