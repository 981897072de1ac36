"""25 modes in a square grid. Source: as of `ring8`."""

import numpy as np

from trainer.data.points import Plan, add_points


def grid(side: int = 5, step: float = 2.0, sigma: float = 0.05, span: float = 5.0) -> Plan:
    """side x side modes of deviation sigma, a step apart; lengths are divided by span."""
    places = step * (np.arange(side) - (side - 1) / 2)
    centres = np.stack(np.meshgrid(places, places), -1).reshape(-1, 2)
    return Plan(f"a grid of {side} x {side} narrow modes", centres / span, sigma / span)


add_points("grid25", grid())
