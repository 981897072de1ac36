"""The contract of an importer: from a file of another program to an ordinary checkpoint, in two steps.

`look` recognises a file and tells what it holds; `Found.load` builds the networks. What is written is a checkpoint like
any other, whose `train` record is empty.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar

import torch
from torch import Tensor

from trainer.checkpoints.building import FAILURES, drawn, side_by_side
from trainer.checkpoints.checkpoint import CheckpointInfo, save_checkpoint
from trainer.checkpoints.critic import PackedCritic, packed
from trainer.checkpoints.importers.card import import_card
from trainer.checkpoints.importers.refusals import by_start
from trainer.checkpoints.weights import check_finite
from trainer.networks import Discriminator, Generator
from trainer.util.atomic_io import check_name
from trainer.util.errors import UserError
from trainer.util.reading import Unfit, opened, place, printable, reason
from trainer.util.registry import Registry

MAX_FILE = 2**31  # bytes; a training state of StyleGAN2 at 1024 pixels has 0.9 GB
MAX_CRITIC = 200_000_000  # bytes of a discriminator that is kept; StyleGAN2's at 1024 pixels has 58 MB in 16 bits
MAX_TENSORS_SHOWN = 200
Critic = TypeVar("Critic", bound=Discriminator)


@dataclass(frozen=True)
class Preview:
    """What a file was recognised as; shown before anything is built or written.

    Attributes:
        recognised: the kind, as its users call it: "NVIDIA StyleGAN2-ADA generator".
        facts: (what, value) in the order to be shown: ("image", "256 x 256, colour"), ("latent", "512 normal numbers").
        tensors: (name, shape as in "512 x 100 x 4 x 4"), at most MAX_TENSORS_SHOWN of them.
        licence: "" where the file names none.
        lost: sentences on what will not come along.
    """

    recognised: str
    facts: tuple[tuple[str, str], ...]
    tensors: tuple[tuple[str, str], ...] = ()
    licence: str = ""
    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class Imported:
    """What an importer built of a file.

    Attributes:
        info: arch, options, data ("name", "licence", "credit", "attributes") and summary; `train` is empty.
        critic: the discriminator, None where the file has none that fits ours; its constructor's arguments.
    """

    generator: Generator
    info: CheckpointInfo
    critic: Discriminator | None = None
    critic_options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """A file that an importer knows. `load` builds the networks; UserError where that fails."""

    preview: Preview
    load: Callable[[], Imported]


class Importer(NamedTuple):
    """One kind of file. `look` returns None for a file of another kind, and raises UserError or Unfit for a bad one."""

    help: str
    look: Callable[[Path], Found | None]


IMPORTERS: Registry[Importer] = Registry("importer")


def look(path: Path) -> Found:
    """What a file is; every importer is asked in turn. Raises UserError for a damaged file or one that nobody knows."""
    try:
        with open_source(path) as file:
            if known := by_start(file.read(16)):
                raise known
        for importer in IMPORTERS.values():
            if found := importer.look(path):
                return replace(found, load=partial(load, path, found))
    except FileNotFoundError as error:
        raise UserError(
            f"There is no file {printable(str(path))!r:.200}. Give the path of a generator's file."
        ) from error
    except (Unfit, OSError) as error:
        raise UserError(f"{place(path)} cannot be imported: {reason(error)}.") from error
    except FAILURES as error:
        raise unfitting(path, error) from error
    kinds = ", ".join(importer.help for importer in IMPORTERS.values()) or "nothing yet"
    raise UserError(f"{place(path)} is of no kind that can be imported. These are: {kinds}.")


def open_source(path: Path) -> BinaryIO:
    """A file that a person names, which may be a link. Raises Unfit if it is too large or not regular, OSError."""
    return opened(path.resolve(), MAX_FILE)


def import_file(path: Path, out: Path, tell: Callable[[str], None]) -> Path:
    """Import a file as the checkpoint `out`, a folder that must not hold one yet; returns it.

    Args: tell: is told what happens, a sentence at a time.
    Raises: UserError as `look`, and for a network that does not run, for NaN, and for a folder that is taken.
    """
    check_name(out.name, "checkpoint")
    if (out / "config.json").exists():
        raise UserError(f"{place(out)} is a checkpoint already. Choose another --out, or remove the folder first.")
    found = look(path)
    tell(f"{place(path)} is read as: {found.preview.recognised}.")
    imported = found.load()
    card = import_card(out.name, path, imported.info, found.preview.lost)
    save_checkpoint(out, imported.generator, imported.info, card, kept_critic(imported, tell))
    for sentence in found.preview.lost:
        tell(sentence)
    return out


def kept_critic(imported: Imported, tell: Callable[[str], None]) -> PackedCritic | None:
    """The file's discriminator for the checkpoint; None without one, and for one that is huge or scores NaN."""
    if imported.critic is None:
        return None
    try:
        critic = packed(imported.critic, imported.critic_options, imported.generator)
    except UserError:
        tell("The discriminator stays behind: its scores are not finite.")
        return None
    if len(critic.data) > MAX_CRITIC:
        tell(f"The discriminator stays behind: it has {len(critic.data) / 1e6:.0f} MB.")
        return None
    return critic


def load(path: Path, found: Found) -> Imported:
    """What an importer builds, once it has drawn an image. Raises UserError for all that is refused."""
    try:
        imported = found.load()
    except (Unfit, OSError) as error:
        raise UserError(f"{place(path)} cannot be imported: {reason(error)}.") from error
    except FAILURES as error:
        raise unfitting(path, error) from error
    check_runs(path, imported.generator)
    return imported


def unfitting(path: Path, error: Exception) -> UserError:
    """The error for a file whose tensors an importer could not put together."""
    return UserError(f"{place(path)} cannot be imported: its tensors do not fit together ({reason(error)}).")


def check_runs(path: Path, generator: Generator) -> None:
    """Draw one image, in evaluation mode. Raises UserError for NaN, and for a network that does not run."""
    check_finite(path, generator.state_dict(), "Import an earlier save.")
    try:
        drawn(generator.eval().requires_grad_(False))
    except FAILURES as error:
        raise UserError(f"{place(path)} cannot be imported: its network does not run ({reason(error)}).") from error


def fitting_critic(network: type[Critic], options: Mapping[str, Any], state: Mapping[str, Tensor]) -> Critic | None:
    """A discriminator of ours with these tensors, None where it has others or other shapes."""
    with torch.device("meta"):  # nothing is allocated that the file may not have
        wanted = network(**options).state_dict()
    if {name: value.shape for name, value in wanted.items()} != {name: value.shape for name, value in state.items()}:
        return None
    critic = network(**options)
    critic.load_state_dict(dict(state))
    return critic.eval().requires_grad_(False)


def image_facts(options: Mapping[str, Any], where: str) -> tuple[tuple[str, str], ...]:
    """What a preview tells of a generator with these options that stood at `where` in its file, "" for the top."""
    side, colour = options["resolution"], "colour" if options["channels"] == 3 else "grey"
    classes = options.get("num_classes", 0)
    return (
        ("image", f"{side} x {side}, {colour}"),
        ("latent", f"{options['z_dim']} normal numbers"),
        *([("classes", str(classes))] if classes else []),
        ("found at", where or "the top of the file"),
    )


def foreign_info(arch: str, options: Mapping[str, Any], kind: str) -> CheckpointInfo:
    """What config.json holds of a generator whose data and training are not known; its classes are told by numbers."""
    classes = [str(k) for k in range(options.get("num_classes", 0))]
    attributes = {"class": classes} if classes else {}
    data = {"name": "", "licence": "", "credit": "", "attributes": attributes}
    summary = f"{kind}, {options['resolution']} x {options['resolution']}, imported"
    return CheckpointInfo(arch, dict(options), 0, summary, data)


def shown(tensors: Mapping[str, Tensor]) -> tuple[tuple[str, str], ...]:
    """Tensors as a preview tells them, at most so many."""
    return tuple((name, side_by_side(tuple(tensors[name].shape))) for name in [*tensors][:MAX_TENSORS_SHOWN])
