"""Steps recorded as CUDA graphs: what a step starts on a GPU is noted once, and from then on started in one go.

A small network's step is thousands of kernels, each of which takes less time than Python needs to start it.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import torch
from lightning_utilities.core.apply_func import apply_to_collection, apply_to_collections
from torch import Tensor
from torch.optim import Optimizer

Values = dict[str, Tensor]
Play = Callable[[Any], Values]  # nested tensors -> scalars by name

WARM_UP = 3  # steps of a kind before it is recorded: libraries choose their kernels, and optimisers make their moments


class Recorder:
    """Plays steps that start the same kernels each time, apart from their inputs; the first few of a kind as they are.

    A step must not read a number back, draw random ones, or copy to or from the device: its inputs are what is new.
    """

    def __init__(self) -> None:
        self.played: Counter[Hashable] = Counter()
        self.recordings: dict[Hashable, Recording] = {}
        self.stream: torch.cuda.Stream | None = None

    def __call__(self, kind: Hashable, play: Play, inputs: Any) -> Values:
        """What `play(inputs)` returns, played or replayed. Steps of one kind differ in their inputs alone."""
        self.stream = self.stream or torch.cuda.Stream()
        if self.played[kind] < WARM_UP:
            self.played[kind] += 1
            return self.beside(play, inputs)
        if kind not in self.recordings:
            self.recordings[kind] = Recording(play, inputs, self.stream)
        return self.recordings[kind].replay(inputs)

    def beside(self, play: Play, inputs: Any) -> Values:
        """Play on the stream that records: autograd remembers where a weight was first used, and records there."""
        assert self.stream is not None
        here = torch.cuda.current_stream()
        self.stream.wait_stream(here)
        with torch.cuda.stream(self.stream):
            values = play(inputs)
        here.wait_stream(self.stream)
        return values


class Recording:
    """One step as a CUDA graph, with the tensors that it reads and those that it leaves behind."""

    def __init__(self, play: Play, inputs: Any, stream: torch.cuda.Stream):
        self.inputs = apply_to_collection(inputs, Tensor, torch.clone)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph, stream=stream):  # nothing is computed yet
            self.values = play(self.inputs)

    def replay(self, inputs: Any) -> Values:
        """The step with these inputs, of the shapes that it was recorded with."""
        apply_to_collections(self.inputs, inputs, Tensor, Tensor.copy_)
        self.graph.replay()
        return {name: value.clone() for name, value in self.values.items()}


def make_recordable(optimizers: Iterable[Optimizer]) -> None:
    """Keep Adam's learning rates on the device, where a recorded step reads them anew each time."""
    for group in (group for optimizer in optimizers for group in optimizer.param_groups):
        if not isinstance(group["lr"], Tensor):
            group["lr"] = torch.tensor(group["lr"], device=group["params"][0].device)
            group["capturable"] = True
