"""What the discriminators of StyleGAN2's files have in common: their tensors under our names, checked and built.

One that ours cannot be stays behind, with a sentence; its generator comes along all the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from trainer.checkpoints.building import FAILURES, tensors_of
from trainer.checkpoints.critic import SHAPE, check_runs
from trainer.checkpoints.importers.stylegan2 import State, check_fits
from trainer.networks import CRITICS, Discriminator
from trainer.util.reading import Unfit, reason

NONE = "There is no discriminator in the file."
WORDS = {"resolution": "pixels a side", "channels": "channels", "num_classes": "classes"}


@dataclass(frozen=True)
class FoundCritic:
    """A file's discriminator.

    Attributes:
        name: of CRITICS; "" where it stays behind, or where there is none.
        options, state: its constructor's arguments, its tensors in our names.
        told: sentences for the preview: why it stays behind, what is taken for granted.
    """

    name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    state: State = field(default_factory=dict)
    told: tuple[str, ...] = ()

    def built(self) -> Discriminator | None:
        """The network with its weights, in evaluation mode; None where it stays behind."""
        if not self.name:
            return None
        critic = CRITICS[self.name](**self.options)
        critic.load_state_dict(self.state)
        return critic.eval().requires_grad_(False)


def attempted(read: Callable[[], FoundCritic]) -> FoundCritic:
    """What `read` finds; where it raises Unfit, or whatever else tensors that do not fit raise, a sentence on it."""
    try:
        return read()
    except FAILURES as error:  # Unfit is one of them
        return FoundCritic(told=(f"The discriminator stays behind: {reason(error)}.",))


def fitted(name: str, options: Mapping[str, Any], state: State, told: tuple[str, ...] = ()) -> FoundCritic:
    """A discriminator of ours with these tensors. Raises Unfit for options, shapes and values that cannot be, or what
    the network raises."""
    check_fits(state, tensors_of(CRITICS[name], "our discriminator", options, len(state)))
    check_runs(CRITICS[name], options)
    broken = [key for key, tensor in state.items() if not tensor.isfinite().all()]
    if broken:
        raise Unfit(f"it has NaN or infinite weights, {broken[0]} among {len(broken)}")
    return FoundCritic(name, dict(options), state, told)


def shared(generator: Mapping[str, Any], **found: int) -> dict[str, int]:
    """What critic and generator agree in. Raises Unfit where the discriminator's own values are others."""
    wanted = {key: generator[key] for key in SHAPE if key in generator}
    for key, value in found.items():
        if value != wanted.get(key, 0):
            raise Unfit(f"it is made for {value} {WORDS[key]}, its generator for {wanted.get(key, 0)}")
    return wanted


def taken(tensors: Mapping[str, Tensor], names: Mapping[str, str]) -> State:
    """The tensors of `names` (ours: theirs), in 32 bits. Raises Unfit for one that is missing, and for one too many."""
    if missing := set(names.values()) - tensors.keys():
        raise Unfit(f"it has no {min(missing):.60}")
    if extra := tensors.keys() - set(names.values()):
        raise Unfit(f"it has a {min(extra):.60}, which is not read")
    return {ours: tensors[theirs].float() for ours, theirs in names.items()}


def both(ours: str, theirs: str) -> dict[str, str]:
    """The names of a layer's weight and bias."""
    return {f"{ours}.{key}": f"{theirs}.{key}" for key in ("weight", "bias")}
