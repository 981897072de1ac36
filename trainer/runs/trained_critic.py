"""The discriminator of a run, for the checkpoint that is published of it."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from trainer.checkpoints import patch_critic
from trainer.checkpoints.checkpoint import CheckpointInfo
from trainer.checkpoints.critic import MAX_KEPT, SHAPE, PackedCritic, built, discriminator_class, packed
from trainer.networks import Discriminator, Generator, Translator
from trainer.networks.translator import PatchCritic
from trainer.runs.run import Run
from trainer.runs.snapshots import STATE
from trainer.training.config import config_from_record
from trainer.training.methods import method_for
from trainer.training.methods.base import options_for
from trainer.training.state_io import read_scalars, under
from trainer.util.errors import UserError
from trainer.util.reading import Unfit, is_own_file, place, reason
from trainer.util.tensors import read_torch


def kept_critic(
    run: Run, source: Path, info: CheckpointInfo, network: Generator | Translator, *, asked: bool
) -> PackedCritic | None:
    """The critic of a snapshot; unless it is asked for, None where there is none, or none that is small.

    Raises UserError where it is asked for and cannot be had.
    """
    try:
        if isinstance(network, Translator):
            found = patches_of(run, source, info, network)
        else:
            found = critic_of(run, source, info, network)
    except UserError:
        if asked:
            raise
        return None
    return found if asked or len(found.data) <= MAX_KEPT else None


def critic_of(run: Run, source: Path, info: CheckpointInfo, generator: Generator) -> PackedCritic:
    """The discriminator of a snapshot, packed. Raises UserError as `read_critic`, and if its scores are not finite."""
    return packed(*read_critic(run, source, info), generator)


def read_critic(run: Run, source: Path, info: CheckpointInfo) -> tuple[Discriminator, dict[str, Any]]:
    """The discriminator of a snapshot, and its options. Raises UserError where it has none, or none that runs."""
    network = discriminator_class(info.arch)
    state = state_of(run, source, info.images_seen)
    if network is None or state is None:
        why = f"{info.arch} trains none" if network is None else "no state was saved at that moment"
        raise UserError(f"There is no critic of {place(source)}: {why}. Publish with --no-critic.", field="critic")
    options = options_for(network, config_from_record(info.train)) | {key: info.options[key] for key in SHAPE}
    try:
        tensors, _ = read_torch(state)
        return built(network, options, dict(under("d", tensors))), options
    except (OSError, Unfit) as error:
        raise UserError(f"{place(state)} has no critic that can be read ({reason(error)}).", field="critic") from error


def patches_of(run: Run, source: Path, info: CheckpointInfo, translator: Translator) -> PackedCritic:
    """The critic of patches of a translator's snapshot, packed. Raises UserError as `read_patches`, and for NaN."""
    return patch_critic.packed(*read_patches(run, source, info, translator))


def read_patches(
    run: Run, source: Path, info: CheckpointInfo, translator: Translator
) -> tuple[PatchCritic, dict[str, Any]]:
    """The critic of patches of a snapshot, and its options. Raises UserError where it has none that runs."""
    state, config = state_of(run, source, info.images_seen), config_from_record(info.train)
    if state is None:
        raise UserError(f"There is no critic of {place(source)}: no state was saved at that moment.", field="critic")
    options = options_for(PatchCritic, config) | {"resolution": translator.resolution, "channels": translator.channels}
    try:
        tensors, _ = read_torch(state)
        weights = dict(under(method_for(config).critic, tensors))
        width, seen = weights["layers.0.weight"].shape[:2]
        options |= {"width": width, "given_channels": seen - translator.channels}
        return patch_critic.built(options, weights), options
    except (OSError, LookupError, Unfit) as error:
        raise UserError(f"{place(state)} has no critic that can be read ({reason(error)}).", field="critic") from error


def state_of(run: Run, source: Path, images_seen: int) -> Path | None:
    """The saved state that a snapshot was taken with, None if it is not kept."""
    moment = run.folder / "snapshots" / f"{images_seen:08d}"
    for path in (source / STATE, run.state_file, moment / STATE):
        with suppress(UserError):
            if is_own_file(path, run.folder) and read_scalars(path)["images_seen"] == images_seen:
                return path
    return None
