"""2-D toy data: points in known modes, on which mode collapse is counted.

A point is an image of one pixel with two channels, its coordinates, in float32, within -1 to 1. A new data set is one
file with `add_points` and one name in the import of `trainer/data/__init__.py`; its extractor and its diagnosis follow.
"""

from typing import NamedTuple

import numpy as np

from trainer.data.base import DATASETS, Attribute, LabelledImage, Request, Source
from trainer.util.registry import Registry

COUNT = 100_000
HELD_OUT = 20_000


class Plan(NamedTuple):
    """Where the modes lie: centres (k, 2), and the deviation of each, in the units of the points."""

    help: str
    centres: np.ndarray
    sigma: float


PLANS: Registry[Plan] = Registry("points data set")


def add_points(name: str, plan: Plan) -> None:
    """Register a data set of points, whose modes are all equally likely."""

    def source(request: Request) -> Source:
        return source_of(name, plan, request)

    source.__doc__ = f"{COUNT:,} 2-D points in {plan.help} (--resolution 1, --preset points)."
    PLANS[name], DATASETS[name] = plan, source


def source_of(name: str, plan: Plan, request: Request) -> Source:
    """A plan's points, float32 (1, 1, 2) each, always the same. Raises UserError for a request with an argument."""
    request.refuse_argument(name)
    size = HELD_OUT if request.held_out else COUNT
    count = min(size, request.limit or size)
    rng = np.random.default_rng([1 if request.held_out else 0, len(plan.centres)])
    modes = rng.integers(0, len(plan.centres), size)
    points = (plan.centres[modes] + plan.sigma * rng.standard_normal((size, 2))).astype(np.float32)

    def draw(index: int, resolution: int) -> LabelledImage:
        return LabelledImage(points[index].reshape(1, 1, 2), (int(modes[index]),))

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
