"""The resumable state as one safetensors file: networks, moving average, optimisers, and how far they have come."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from trainer.training.config import OPTIONS
from trainer.training.state import TrainState
from trainer.util import old_names
from trainer.util.atomic_io import write_atomically
from trainer.util.errors import UserError
from trainer.util.reading import parse_json, place, reason
from trainer.util.tensors import read_header, read_torch, save_tensors

MAX_CRITIC_STEPS = OPTIONS["n_critic"].metadata["max_"]  # until then G may not have stepped
SCALARS = ("images_seen", "seconds", "overrides", "started_from", "rolled_back")


def save(path: Path, state: TrainState) -> None:
    """Replace the file atomically. Raises UserError when it cannot be written; the old one is then intact."""
    tensors, scalars = pack_state(state)
    write_atomically(path, lambda temporary: save_tensors(temporary, tensors, {"scalars": json.dumps(scalars)}))


def load(path: Path, state: TrainState) -> bool:
    """Fill `state` from the file. False if there is none; UserError if it is damaged, and it is left as it is."""
    if not path.is_file():
        return False
    try:
        tensors, metadata = read_torch(path)
        unpack_state(state, tensors, scalars_of(metadata))
    except (OSError, LookupError, TypeError, ValueError, RuntimeError) as error:
        why = reason(error)
        if isinstance(error, RuntimeError) and "size mismatch" in why:
            why = "its networks do not have the sizes of these settings and data, as with another number of classes"
        raise UserError(
            f"{place(path)} cannot be resumed from ({why}). It was left unchanged; restore it, or start again "
            "under another --run."
        ) from error
    return True


def read_scalars(path: Path) -> dict[str, Any]:
    """How far a saved state has come, without its tensors. Raises UserError if it is damaged."""
    try:
        return scalars_of(read_header(path).metadata)
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise UserError(
            f"{place(path)} cannot be resumed from ({reason(error)}). Restore it, or choose another snapshot."
        ) from error


def scalars_of(metadata: dict[str, str]) -> dict[str, Any]:
    """The plain numbers of a saved state. Raises LookupError or ValueError where there are none."""
    scalars = parse_json(metadata["scalars"])
    if not isinstance(scalars, dict) or not isinstance(scalars.get("images_seen"), int):
        raise ValueError("it does not say how many images were seen")
    return old_names.current_state(scalars)


def copy_state(source: Path, path: Path, scalars: dict[str, Any]) -> None:
    """Put a saved state at another place, with other scalars. Raises UserError as `load` and `save`."""
    read_scalars(source)
    try:
        tensors, _ = read_torch(source)
    except (OSError, ValueError) as error:
        raise UserError(
            f"{place(source)} cannot be copied ({reason(error)}). Restore it, or choose another snapshot."
        ) from error
    write_atomically(path, lambda temporary: save_tensors(temporary, tensors, {"scalars": json.dumps(scalars)}))


def pack_state(state: TrainState) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """TrainState -> (named tensors, plain numbers), which safetensors can hold.

    A network's tensors are called NAME.*, its optimiser's opt_NAME.*, the moving average's ema.*.
    """
    tensors: dict[str, Tensor] = {}
    for part, module in modules_of(state).items():
        tensors |= {f"{part}.{name}": tensor for name, tensor in module.state_dict().items()}
    for name, optimizer in state.optimizers.items():
        for index, slots in optimizer.state_dict()["state"].items():
            tensors |= {f"opt_{name}.{index}.{slot}": value for slot, value in slots.items()}
    packed = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    return packed, {name: getattr(state, name) for name in SCALARS} | state.running


def unpack_state(state: TrainState, tensors: dict[str, Tensor], scalars: dict[str, Any]) -> None:
    """The inverse of `pack_state`, into a state that `new_state` has just built. Raises if they do not fit."""
    for part, module in modules_of(state).items():
        module.load_state_dict(dict(under(part, tensors)))
    steps = [float(step) for key, step in tensors.items() if key.startswith("opt_") and key.endswith(".step")]
    lost = not steps and scalars["images_seen"] > 0  # no optimiser has moments, and some must have stepped
    begins = not lost and max(steps, default=0) < MAX_CRITIC_STEPS
    for name, optimizer in state.optimizers.items():
        slots: dict[int, dict[str, Tensor]] = {}
        for key, tensor in under(f"opt_{name}", tensors):
            index, slot = key.split(".")
            slots.setdefault(int(index), {})[slot] = tensor
        # A player may wait for its first step, and parts of a growing network for theirs.
        waits = (not slots and begins) or hasattr(state.bare(name), "grown")
        fit_moments(f"opt_{name}", optimizer, slots, may_lack=waits)
        optimizer.load_state_dict({"state": slots, "param_groups": optimizer.state_dict()["param_groups"]})
    for name in SCALARS:
        setattr(state, name, scalars.get(name, getattr(state, name)))
    state.running |= {name: scalars[name] for name in state.running if name in scalars}


def fit_moments(part: str, optimizer: Optimizer, slots: dict[int, dict[str, Tensor]], may_lack: bool = False) -> None:
    """Raise ValueError unless Adam's moments are there for every parameter, in its shape: PyTorch does not look.

    They are laid out in memory as the parameter is: fused, Adam goes through both front to back.

    Args: may_lack: some parameters may have had no step yet.
    """
    parameters: list[Tensor] = [p for group in optimizer.param_groups for p in group["params"]]
    for index, parameter in enumerate(parameters):
        if may_lack and index not in slots:
            continue
        for slot in ("exp_avg", "exp_avg_sq"):
            if slots[index][slot].shape != parameter.shape:
                raise ValueError(f"{part}.{index}.{slot} has the wrong shape")
            slots[index][slot] = torch.empty_like(parameter).copy_(slots[index][slot])


def modules_of(state: TrainState) -> dict[str, nn.Module]:
    """All that has weights, by the name that they carry in the file."""
    return {name: state.bare(name) for name in state.networks} | {"ema": state.ema}


def under(part: str, tensors: dict[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """The tensors named `part.*`, with the prefix taken off."""
    for name, tensor in tensors.items():
        if name.startswith(part + "."):
            yield name[len(part) + 1 :], tensor
