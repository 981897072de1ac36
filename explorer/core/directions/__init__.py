"""Directions by name. A new method is one file and one line here."""

from explorer.core.directions import codes, pca, random, sefa
from explorer.core.directions.base import DIRECTIONS, N_AXES, Directions, fitted

__all__ = ["DIRECTIONS", "N_AXES", "Directions", "codes", "fitted", "pca", "random", "sefa"]
