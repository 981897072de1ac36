"""A training that begins with a checkpoint's weights in place of random ones: transfer learning, fine-tuning.

The moving average begins with them, too, and so does D where the checkpoint keeps a critic, or is a run's snapshot: its
own D is in the state that was saved with it. Networks that can also begin with those of half their size; the finest
level is then new. Afterwards the run's state holds all of it: a run that resumes, or a branch, does not look for the
checkpoint again.
"""

import inspect
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor, nn

from trainer.checkpoints.building import check_options
from trainer.checkpoints.checkpoint import CheckpointInfo, load_network, read_info
from trainer.checkpoints.critic import KEY
from trainer.checkpoints.patch_critic import load_any_critic
from trainer.networks import ARCHITECTURES, is_translator
from trainer.runs.publish import find_checkpoint
from trainer.runs.run import Run
from trainer.runs.saving import SHAPE, shape_of
from trainer.runs.trained_critic import read_critic, read_patches, state_of
from trainer.training.config import OPTIONS, TrainConfig, config_from_record
from trainer.training.methods import method_for
from trainer.training.methods.base import options_for
from trainer.training.options import words
from trainer.training.state import TrainState
from trainer.util.errors import UserError
from trainer.util.hub import is_address
from trainer.util.reading import Unfit, place

Pairs = dict[str, tuple[Any, Any]]  # what differs, by name: (of the checkpoint, of this run)


class Start(NamedTuple):
    """The checkpoint that a run begins with.

    Attributes:
        name: as events and the card call it, without folders of this machine.
    """

    name: str
    folder: Path
    info: CheckpointInfo


def start_of(run: Run, config: TrainConfig, checkpoints: Path) -> Start | None:
    """The checkpoint that a new run begins with; None for random weights, and for a run that resumes.

    Raises UserError as `opened`.
    """
    if not config.start_from or run.state_file.is_file():
        return None
    return opened(config, checkpoints, run.folder.parent)


def opened(config: TrainConfig, checkpoints: Path, runs: Path) -> Start:
    """The checkpoint that the settings name, its weights not yet read.

    Raises UserError if it is not there, cannot be read, or has other networks than these settings.
    """
    try:
        folder = find_checkpoint(config.start_from, checkpoints, runs)
        info = read_info(folder)
        if info.arch not in ARCHITECTURES:
            raise UserError(
                f"--start-from {config.start_from} is of the architecture {info.arch}, which is not trained here. "
                f"Choose a checkpoint of {' or '.join(ARCHITECTURES)}."
            )
        check_options(ARCHITECTURES[info.arch].generator, info.options)
        check_fits(config, info, {"resolution": config.resolution})
    except Unfit as error:
        raise UserError(f"{place(folder / 'config.json')} cannot be started from: {error}.", "start_from") from None
    except UserError as error:
        raise UserError(str(error), "start_from") from None
    name = config.start_from if is_address(config.start_from) else place(folder / "config.json").rpartition("/")[0]
    return Start(name, folder, info)


def begin(state: TrainState, config: TrainConfig, start: Start) -> None:
    """Put the checkpoint's weights into a state that `new_state` has just built.

    Raises UserError for weights that are damaged, and for data that make other networks than the checkpoint's.
    """
    method, info = method_for(config), start.info
    g = state.bare(method.checkpoint)
    check_fits(config, info, shape_of(g))
    enlarges = is_half(config, info)
    put_weights(load_network(start.folder, info).state_dict(), g, enlarges)
    state.ema.module.load_state_dict(g.state_dict())
    critic = critic_weights(start, config, g)
    if critic is not None:
        try:
            put_weights(critic, state.bare(method.critic), enlarges)
        except RuntimeError as error:
            sentence = f"The critic of --start-from {config.start_from} has other layers than D under these settings."
            raise UserError(sentence, "start_from") from error
    state.started_from = {
        "name": start.name,
        "images_seen": info.images_seen,
        "sha256": info.sha256,
        "data": str(info.data.get("name", "")),
        "licence": str(info.data.get("licence", "")),
        "critic": critic is not None,
    }


def critic_weights(start: Start, config: TrainConfig, network: Any) -> dict[str, Tensor] | None:
    """The weights that D begins with; None where it begins anew. UserError for damage.

    Args: network: the checkpoint's generator or translator, or one of the run's that is like it.
    """
    critic = load_any_critic(start.folder, start.info)
    return trained_weights(start, config, network) if critic is None else critic.state_dict()


def trained_weights(start: Start, config: TrainConfig, network: Any) -> dict[str, Tensor] | None:
    """Those of the run that the checkpoint is a snapshot of, where it trained such a D as the settings ask for."""
    folder, info = start.folder.resolve(), start.info
    if folder.parent.name != "snapshots" or not ARCHITECTURES[info.arch].adversarial:
        return None
    try:
        home, there = folder.parent.parent, config_from_record(info.train)
        run = Run(home.parent, home.name)
    except UserError:  # no run of ours, or another version's
        return None
    if not there.adversarial_weight or unlike(info, there, config) or not state_of(run, folder, info.images_seen):
        return None
    try:
        patches = is_translator(info.arch)
        critic, _ = read_patches(run, folder, info, network) if patches else read_critic(run, folder, info)
    except UserError as error:
        raise UserError(str(error), "start_from") from None
    return critic.state_dict()


def unlike(info: CheckpointInfo, there: TrainConfig, config: TrainConfig) -> bool:
    """Whether a run's D has other settings than these."""
    network = ARCHITECTURES[info.arch].discriminator
    options = options_for(network, there) | {"num_classes": info.options.get("num_classes", 0)}
    pairs = compared(network, options, config, 2 if is_half(config, info) else 1)
    return any(before != here for before, here in pairs.values())


def is_half(config: TrainConfig, info: CheckpointInfo) -> bool:
    """Whether the checkpoint's images have half the run's size, and its networks can be enlarged."""
    generator, options = ARCHITECTURES[info.arch].generator, info.options
    half = hasattr(generator, "begin_with_half") and 2 * options.get("resolution", 0) == config.resolution
    return half and spelled_out(generator, options)["min_channels"] % 2 == 0


def put_weights(weights: dict[str, Tensor], network: Any, enlarges: bool) -> None:
    """Give a network the weights of another one of its kind, or of one of half its size."""
    (network.begin_with_half if enlarges else network.load_state_dict)(weights)


def note(state: TrainState, config: TrainConfig, start: Start) -> str:
    """What the run says of its beginning: whose weights it has, which networks begin anew, and what to do about it."""
    method = method_for(config)
    known = {method.checkpoint, *([method.critic] if state.started_from["critic"] else [])}
    anew = [name.upper() for name in state.optimizers if name not in known]
    text = f"Begins with the weights of {start.name} ({start.info.images_seen:,} images seen)."
    if is_half(config, start.info):
        text += f" Its images have half the size: what makes {config.resolution} pixels of them begins anew."
    if not ARCHITECTURES[config.arch].adversarial:
        return f"{text} The encoder, which no checkpoint keeps, begins anew."
    if not anew:
        return text
    text += f" {' and '.join(anew)}, of which none is kept that fits, {'begin' if anew[1:] else 'begins'} anew."
    return text if config.d_first else f"{text} With --d-first 4 it would learn alone first, so as not to mislead G."


def check_fits(config: TrainConfig, info: CheckpointInfo, shape: Mapping[str, int]) -> None:
    """Raise UserError where the checkpoint's networks are others than the settings', with what would make them fit.

    Args: shape: what is known of SHAPE by now: the data decide the rest.
    """
    architecture, kept = ARCHITECTURES[info.arch], info.data.get(KEY)
    times = 2 if is_half(config, info) else 1
    found: Pairs = {} if info.arch == config.arch else {"arch": (info.arch, config.arch)}
    found |= {name: (info.options.get(name, 0), here) for name, here in shape.items()}
    if times > 1:
        found.pop("resolution")
    if isinstance(kept, dict) and isinstance(kept.get("options"), dict):
        check_options(architecture.discriminator, kept["options"])
        found |= compared(architecture.discriminator, kept["options"], config, times)
        if is_translator(info.arch):
            found.pop("width", None)  # as its layers count it, which may be twice the generator's
    found |= compared(architecture.generator, info.options, config, times)
    found = {name: pair for name, pair in found.items() if pair[0] != pair[1]}
    if found:
        told = "; ".join(f"{name} is {there}, here {here}" for name, (there, here) in found.items())
        enlarged = ", enlarged," if times > 1 else ""
        raise UserError(
            f"--start-from {config.start_from}{enlarged} has other networks: its {told}. {way(found)}", "start_from"
        )


def way(found: Pairs) -> str:
    """What would make them fit."""
    # A finished generator has growing behind it.
    flags = {name: there for name, (there, _) in found.items() if name in OPTIONS and name != "progressive"}
    others = [name for name in found if name not in flags and not (name == "num_classes" and "conditional" in flags)]
    added = [f"add {shlex.join(words(flags))}"] if flags else []
    chosen = [f"choose data or a checkpoint with the same {', '.join(others)}"] if others else []
    text = ", and ".join(added + chosen)
    return f"{text[0].upper()}{text[1:]}."


def compared(network: type[nn.Module], options: Mapping[str, Any], config: TrainConfig, times: int = 1) -> Pairs:
    """A network's arguments as a checkpoint has them and as the settings have them, under the names of options.

    Args: times: as large as the checkpoint's images those of the run are.
    """
    there, here = spelled_out(network, options), spelled_out(network, options_for(network, config))
    if "min_channels" in there:  # of the finest level, each before which has twice as many
        there["min_channels"] = there["min_channels"] // times
    if "conditional" in here:
        here["conditional"] = config.conditional
    return {name: (there.get(name), here[name]) for name in here}


def spelled_out(network: type[nn.Module], options: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments with the defaults of those that are left out, without SHAPE."""
    taken = inspect.signature(network).parameters
    found = {name: parameter.default for name, parameter in taken.items() if parameter.default is not parameter.empty}
    found |= options
    if "min_channels" in found:
        found["min_channels"] = found["min_channels"] or max(1, found["width"] // 8)
    if "codes" in found:
        found["codes_categorical"], found["codes_continuous"] = found.pop("codes")
    if "num_classes" in found:
        found["conditional"] = found["num_classes"] > 0
    return {name: value for name, value in found.items() if name not in SHAPE}
