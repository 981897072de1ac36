"""Checkpoints that make an image of an image: what they are given, and the recipe of it."""
