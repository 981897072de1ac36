"""Directions by name. A new method is one file here and one name in the import below."""

from explorer.core.directions import (  # noqa: F401 - importing a method registers it
    codes,
    pca,
    random,
    sefa,
)
from explorer.core.directions.base import DIRECTIONS, N_AXES, Directions, fitted

__all__ = ["DIRECTIONS", "N_AXES", "Directions", "fitted"]
