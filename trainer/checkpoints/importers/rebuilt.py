"""From what a pickle describes to tensors and modules: PyTorch's own few constructions, done here by name.

A module becomes a `Module`: its class by name, attributes, tensors and parts. Its class is neither imported nor built.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainer.checkpoints.importers.pickled import Made
from trainer.util.reading import Unfit, reason

DICTS = {"collections.OrderedDict", "dnnlib.util.EasyDict"}
PERSISTENT = "torch_utils.persistence._reconstruct_persistent_obj"  # how NVIDIA pickles a module, with its source
FROM_BYTES = "torch.storage._load_from_bytes"
SCALARS = {"numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"}
TYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "BoolStorage": torch.bool,
    "ByteStorage": torch.uint8,
}
Storage = Callable[[tuple[Any, ...]], Tensor]  # a persistent id of PyTorch's archives -> all its numbers, in one row


@dataclass
class Module:
    """A module that was pickled: nothing of it can be called.

    Attributes:
        name: of its class.
        attributes: what it had besides tensors and parts.
        tensors: parameters and buffers.
        parts: modules within it.
    """

    name: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    tensors: dict[str, Tensor] = field(default_factory=dict)
    parts: dict[str, "Module"] = field(default_factory=dict)

    def state(self, prefix: str = "") -> dict[str, Tensor]:
        """Its state dict."""
        own = {prefix + name: tensor for name, tensor in self.tensors.items()}
        for name, part in self.parts.items():
            own |= part.state(f"{prefix}{name}.")
        return own


def no_storage(persistent_id: tuple[Any, ...]) -> Tensor:
    """Of a pickle that stands by itself. Raises Unfit."""
    raise Unfit("it is a damaged pickle: its numbers lie elsewhere")


class Rebuilder:
    """Turns `Made` into tensors, modules and dicts, each once; what it does not know stays as it is."""

    def __init__(self, storage: Storage = no_storage):
        self.storage = storage
        self.done: dict[int, Any] = {}

    def __call__(self, value: Any) -> Any:
        """A value of `pickled.parsed`, rebuilt. Raises Unfit for tensors that are damaged, and for a circle."""
        if not isinstance(value, dict | list | tuple | Made):
            return value
        if id(value) not in self.done:
            self.done[id(value)] = Unfit  # until it is known; whoever meets it meanwhile is a part of itself
            self.done[id(value)] = self.container(value)
        if self.done[id(value)] is Unfit:
            raise Unfit("it is a pickle that holds itself")
        return self.done[id(value)]

    def container(self, value: Any) -> Any:
        """A dict, list, tuple or `Made`."""
        if isinstance(value, dict):
            return {name: self(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(map(self, value))
        try:
            return self.made(value)
        except (ValueError, LookupError, TypeError, AttributeError, RuntimeError, OverflowError) as error:
            if isinstance(error, Unfit):
                raise
            raise Unfit(f"it is a damaged pickle: {value.name:.60} does not fit ({reason(error)[:80]})") from error

    def made(self, made: Made) -> Any:
        """What a call would have made, where it is known."""
        if made.name in DICTS:
            return self(made.items)
        if made.name == PERSISTENT:
            meta = self(made.args[0])
            return module(meta["class_name"], meta["state"])
        if made.name == "torch._utils._rebuild_parameter":
            return self(made.args[0])
        if made.name == "torch._utils._rebuild_tensor_v2":
            return self.tensor(*made.args[:4])
        if made.name == "_codecs.encode":  # bytes, in pickles of protocol 2
            return made.args[0].encode("latin1")
        if made.name in SCALARS:
            kind, data = made.args
            return np.frombuffer(self(data), np.dtype(f"<{kind.args[0]}")).item()
        if isinstance(made.state, dict) and "_modules" in made.state:
            return module(made.name.rpartition(".")[2], self(made.state))
        return made

    def tensor(self, source: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
        """A tensor of its own storage, or of one that lies elsewhere in the file."""
        numbers = self.storage(source.args[0]) if source.name == "persistent_id" else self.stored(source)
        last = offset + sum((side - 1) * step for side, step in zip(size, stride, strict=True))
        sides = [offset, *size, *stride]
        if min(sides) < 0 or last >= len(numbers) or torch.Size(size).numel() > len(numbers):
            raise Unfit(f"a tensor of {size!s:.60} does not fit its {len(numbers)} numbers")
        return numbers.as_strided(size, stride, offset)

    def stored(self, source: Made) -> Tensor:
        """The numbers that torch.storage._load_from_bytes would load, in one row."""
        if source.name != FROM_BYTES:
            raise Unfit(f"a tensor of {source.name:.60} is not read")
        try:
            loaded = torch.load(io.BytesIO(self(source.args[0])), map_location="cpu", weights_only=True)
            return torch.empty(0, dtype=loaded.dtype).set_(loaded._untyped_storage)
        except Exception as error:  # torch's readers raise whatever they meet
            raise Unfit(f"a tensor is damaged ({reason(error)[:80]})") from error


def module(name: str, state: Mapping[str, Any]) -> Module:
    """A module from its pickled attributes."""
    tensors = {**state["_parameters"], **state["_buffers"]}
    return Module(
        name,
        {key: value for key, value in state.items() if not key.startswith("_")},
        {key: tensor for key, tensor in tensors.items() if isinstance(tensor, Tensor)},
        {key: part for key, part in state["_modules"].items() if isinstance(part, Module)},
    )
