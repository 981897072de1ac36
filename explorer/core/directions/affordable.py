"""How many samples a method may look at: fewer of a model whose images are large."""

from trainer.networks import Generator

SIDE = 64  # pixels a side of images of which the full number is drawn
LEAST = 200


def affordable(generator: Generator, count: int) -> int:
    """`count`, or so many that no more pixels are drawn than of images of 64 x 64; at least 200."""
    return max(min(count, LEAST), min(count, count * SIDE**2 // generator.resolution**2))
