"""Directions by name. A new method is one file here and one name in the import below."""

from explorer.core.directions import (  # noqa: F401 - importing a method registers it
    channels,
    classes,
    codes,
    learned,
    pca,
    random,
    sefa,
    supervised,
)
from explorer.core.directions.base import DIRECTIONS, N_AXES, Directions, Subject
from explorer.core.directions.fitting import fitted

__all__ = ["DIRECTIONS", "N_AXES", "Directions", "Subject", "fitted"]
