"""Points of the plane in known modes: the ring and the grid on which mode collapse is counted.

A point is a picture of one pixel with two channels, its coordinates, in float32. Both plans follow VEEGAN (Srivastava
et al. 2017, arXiv 1705.07761, section 4.1) and PacGAN (Lin et al. 2018, arXiv 1712.04086, section 4.1), scaled to lie
within -1 to 1.
"""

import math
from typing import NamedTuple

import numpy as np

from trainer.data.base import DATASETS, Attribute, Picture, Request, Source
from trainer.util.errors import UserError

COUNT = 100_000
HELD_OUT = 20_000


class Plan(NamedTuple):
    """Where the modes lie: centres (k, 2), and the deviation of each, in the units of the points."""

    help: str
    centres: np.ndarray
    sigma: float


def ring(modes: int = 8, radius: float = 1.0, sigma: float = 0.01, span: float = 1.5) -> Plan:
    angles = 2 * math.pi * np.arange(modes) / modes
    centres = radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    return Plan("points of the plane in a ring of 8 narrow modes (--resolution 1)", centres / span, sigma / span)


def grid(side: int = 5, step: float = 2.0, sigma: float = 0.05, span: float = 5.0) -> Plan:
    places = step * (np.arange(side) - (side - 1) / 2)
    centres = np.stack(np.meshgrid(places, places), -1).reshape(-1, 2)
    return Plan("points of the plane in a grid of 5 x 5 narrow modes (--resolution 1)", centres / span, sigma / span)


PLANS = {"ring8": ring(), "grid25": grid()}


def source_of(name: str, plan: Plan, request: Request) -> Source:
    if request.argument:
        raise UserError(f"The data set {name} takes no argument, got {request.argument!r}. Write just {name}.")
    most = HELD_OUT if request.held_out else COUNT
    count = min(most, request.limit or most)
    rng = np.random.default_rng([1 if request.held_out else 0, len(plan.centres)])
    modes = rng.integers(0, len(plan.centres), most)
    points = (plan.centres[modes] + plan.sigma * rng.standard_normal((most, 2))).astype(np.float32)

    def draw(index: int, resolution: int) -> Picture:
        return Picture(points[index].reshape(1, 1, 2), (int(modes[index]),))

    return Source(
        name=name,
        count=count,
        channels=2,
        attributes=(Attribute("mode", tuple(str(i) for i in range(len(plan.centres)))),),
        licence="CC0",
        credit="drawn by the trainer",
        key=f"{name}-{request.held_out}",
        draw=draw,
        points=True,
    )


@DATASETS.add("ring8")
def ring8(request: Request) -> Source:
    """100,000 points of the plane in a ring of 8 narrow modes (--resolution 1, --preset points)."""
    return source_of("ring8", PLANS["ring8"], request)


@DATASETS.add("grid25")
def grid25(request: Request) -> Source:
    """100,000 points of the plane in a grid of 5 x 5 narrow modes (--resolution 1, --preset points)."""
    return source_of("grid25", PLANS["grid25"], request)
