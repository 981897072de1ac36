"""Interpolate: a path between recipes, as frames and as video."""
