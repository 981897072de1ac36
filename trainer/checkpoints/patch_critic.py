"""The critic of patches that a translator learned from, kept to show what it takes for made: critic.safetensors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from trainer.checkpoints.building import FAILURES, tensors_of
from trainer.checkpoints.checkpoint import CheckpointInfo
from trainer.checkpoints.critic import FILE, KEY, PackedCritic, load_critic
from trainer.checkpoints.weights import checked_weights
from trainer.networks import Discriminator, is_translator
from trainer.networks.translator import PatchCritic
from trainer.util.errors import UserError
from trainer.util.reading import Unfit, place, reason


def packed(critic: PatchCritic, options: Mapping[str, Any]) -> PackedCritic:
    """A critic for the checkpoint of its translator, in 16 bits: a heat map needs no more. UserError for NaN."""
    state = {name: tensor.detach().cpu().half().contiguous() for name, tensor in critic.state_dict().items()}
    if not all(tensor.isfinite().all() for tensor in state.values()):
        raise UserError("The critic's weights are not finite: its training diverged. Publish with --no-critic.")
    return PackedCritic(dict(options), save(state))


def load_patch_critic(folder: Path, info: CheckpointInfo) -> PatchCritic | None:
    """The critic of a translator, in evaluation mode; None if it has none. Raises UserError for one that is damaged."""
    record = info.data.get(KEY)
    if record is None:
        return None
    options, sha256 = (record.get("options"), record.get("sha256")) if isinstance(record, dict) else (None, None)
    agrees = isinstance(options, dict) and options.get("resolution") == info.options.get("resolution")
    if not agrees or not isinstance(options, dict) or not isinstance(sha256, str):
        raise UserError(f"{place(folder / 'config.json')} does not describe its critic. Publish the checkpoint again.")
    what = f"critic of {info.arch}"
    weights = checked_weights(folder / FILE, what, lambda count: tensors_of(PatchCritic, what, options, count), sha256)
    try:
        return built(options, weights)
    except Unfit as error:
        raise UserError(f"{place(folder / FILE)} makes {error}. Publish the checkpoint again.") from error


def load_any_critic(folder: Path, info: CheckpointInfo) -> Discriminator | PatchCritic | None:
    """The critic of a checkpoint of either kind. Raises UserError as the two loaders."""
    return load_patch_critic(folder, info) if is_translator(info.arch) else load_critic(folder, info)


@torch.inference_mode()
def built(options: Mapping[str, Any], weights: Mapping[str, Any]) -> PatchCritic:
    """The critic with its weights, once it has looked at an image. Raises Unfit if it cannot."""
    try:
        critic = PatchCritic(**options)
        critic.load_state_dict(dict(weights))
        critic.eval().requires_grad_(False)
        side = critic.resolution
        given = torch.zeros(1, critic.given_channels, side, side) if critic.given_channels else None
        critic(torch.zeros(1, critic.channels, side, side), given)
    except FAILURES as error:
        raise Unfit(f"a critic that does not run ({reason(error)})") from error
    return critic
