"""Progressive growing (Karras et al. 2018, arXiv 1710.10196): training begins with small images and fades sizes in.

A depth is how many doublings a network uses; its fraction is the alpha by which the newest is faded in. The buffer
that holds it is called `grown`, since that is its key in the weights of every checkpoint and state saved so far.
"""

from typing import Any

from trainer.training.state import TrainState


def grow(state: TrainState, grow_kimg: float) -> None:
    """Tell every network, the moving average included, its depth by now."""
    networks: list[Any] = [*map(state.bare, state.networks), state.ema.module]
    for network in networks:
        network.grown.fill_(depth_at(state.images_seen, grow_kimg, network.levels))


def depth_at(images_seen: int, grow_kimg: float, levels: int) -> float:
    """How many doublings are in use: each is waited for `grow_kimg`, then faded in over as many."""
    level, part = divmod(images_seen / (1000 * grow_kimg), 2)
    return min(float(levels), level + max(0.0, part - 1))
