"""What makes no sense: a value by itself, settings together, and an option where it has no effect."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any

from trainer.networks import ARCHITECTURES
from trainer.training.augment import AUGMENTATIONS
from trainer.training.losses import LOSSES
from trainer.training.options import Where, check_value, flag
from trainer.training.regularizers import PENALTIES
from trainer.util.errors import UserError

if TYPE_CHECKING:
    from trainer.training.config import TrainConfig

Refusals = Iterator[tuple[bool, str, str]]  # (whether it is so, the option to change, the sentence)
TABLES: dict[str, Mapping[str, Any]] = {
    "arch": ARCHITECTURES,
    "loss": LOSSES,
    "penalty": PENALTIES,
    "augment": AUGMENTATIONS,
}  # by the `table` of an option; what may also be a folder, such as --data, is seen when it is opened


def check(config: "TrainConfig") -> None:
    """Raise UserError for a value that cannot work, and for settings that make no sense together, with the reason."""
    for f in fields(config):
        check_value(f, getattr(config, f.name))
        check_names(f, getattr(config, f.name))
    for refusals in (of_data, of_penalty, of_start, of_stabilisers, of_codes, of_collections, of_crops):
        for holds, name, sentence in refusals(config):
            if holds:
                raise UserError(f"{sentence}.", name)


def check_names(f: Field, value: Any) -> None:
    """Raise UserError for a name that is not in the option's table."""
    names = [name.strip() for name in value.split(",") if name.strip()] if "several" in f.metadata else [value]
    for name in names if f.metadata.get("table") in TABLES else ():
        try:
            TABLES[f.metadata["table"]][name]
        except UserError as error:
            raise UserError(str(error), f.name) from None


def of_data(config: "TrainConfig") -> Refusals:
    """What is wrong with the numbers of images."""
    batch, processes = config.batch, config.processes
    yield config.limit == 1, "limit", "--limit is 1; a GAN needs at least 2 images. 0 takes all of them"
    yield (
        batch % processes != 0 or batch < 2 * processes,
        "batch",
        f"--batch is {batch} and does not give each of {processes} processes the same number of images, at least 2. "
        "Choose a multiple",
    )
    yield (
        batch % (config.pac_size * processes) != 0,
        "pac_size",
        f"--pac-size {config.pac_size} needs a --batch that is a multiple of {config.pac_size * processes}",
    )


def of_penalty(config: "TrainConfig") -> Refusals:
    """What is wrong with loss and penalty."""
    penalty, loss = PENALTIES[config.penalty], config.loss
    norm = config.d_norm or ARCHITECTURES[config.arch].d_norm
    slope = penalty.of is not None and penalty.weight(config) > 0
    yield (
        bool(penalty.losses and loss not in penalty.losses),
        "penalty",
        f"--penalty {config.penalty} belongs to --loss {' or '.join(penalty.losses)}, not {loss}",
    )
    yield (
        loss == "wasserstein" and not slope and config.penalty != "clip" and not config.spectral_norm,
        "loss",
        f"--loss {loss} needs a Lipschitz critic: choose --penalty clip or gp, or --spectral-norm",
    )
    yield (
        slope and norm == "batch",
        "penalty",
        f"--penalty {config.penalty} needs each image's own gradient, which batch norm in D mixes across the batch; "
        "choose --d-norm instance or none",
    )
    yield (
        config.penalty == "clip" and config.spectral_norm,
        "penalty",
        "--penalty clip and --spectral-norm both bound D's weights; choose one of them",
    )


def of_start(config: "TrainConfig") -> Refusals:
    """What is wrong with the checkpoint that it begins with."""
    yield (
        config.progressive and bool(config.start_from),
        "start_from",
        "--start-from begins with a finished generator, and --progressive with small images; leave one of them out",
    )


def of_stabilisers(config: "TrainConfig") -> Refusals:
    """What is wrong with packing and augmentation."""
    yield (
        config.pac_size > 1 and config.conditional,
        "pac_size",
        "--pac-size and --conditional exclude each other: images packed together have several classes",
    )
    yield (
        config.pac_size > 1 and any(config.codes),
        "pac_size",
        "--pac-size and InfoGAN's codes exclude each other: images packed together have several codes",
    )
    yield (
        config.ada_target > 0 and not config.augment,
        "ada_target",
        "--ada-target adapts how often --augment is applied; add --augment, such as color,translation,cutout",
    )


def of_codes(config: "TrainConfig") -> Refusals:
    """What is wrong with InfoGAN's codes, and with parameters that not every pass uses."""
    yield (
        config.codes_categorical == 1,
        "codes_categorical",
        "--codes-categorical is 1; a code with a single value carries no information. Choose 0, or at least 2",
    )
    yield (
        any(config.codes) and config.z_dim <= sum(config.codes),
        "z_dim",
        f"--z-dim is {config.z_dim}, and the codes take {sum(config.codes)} of it; make it larger",
    )
    yield (
        config.processes > 1 and (config.progressive or any(config.codes)),
        "progressive",
        "--progressive and InfoGAN's codes leave parameters of D unused in some passes, which several processes "
        "cannot synchronise; use one device",
    )


def of_crops(config: "TrainConfig") -> Refusals:
    """What is wrong with the squares that super-resolution learns from."""
    yield (
        ARCHITECTURES[config.arch].method == "srgan" and config.crop % config.scale != 0,
        "crop",
        f"--crop is {config.crop}, which --scale {config.scale} does not divide. Choose a multiple of it, or 0",
    )
    least = 3 << config.patch_levels
    yield (
        0 < config.crop < least,
        "crop",
        f"--crop is {config.crop}; a critic with --patch-levels {config.patch_levels} needs at least {least} pixels",
    )


def of_collections(config: "TrainConfig") -> Refusals:
    """What is wrong with two collections."""
    yield (
        bool(config.data_a) and config.data_a == config.data,
        "data_a",
        f"--data-a is {config.data_a!r:.80}, as --data is; a translation needs two collections",
    )
    yield (
        config.processes > 1 and ARCHITECTURES[config.arch].method == "cyclegan",
        "devices",
        "CycleGAN's pool of earlier images belongs to one process; use one device",
    )


def names_where(where: Where) -> list[str] | None:
    """The names that the condition's setting may have; None where it only has to be set."""
    if where.among is None:
        return None
    return [name for name, entry in TABLES[where.settings[0]].items() if where.among(entry)]


def turned_off(options: Mapping[str, Field], arch: str) -> dict[str, Any]:
    """What has to be off under an architecture, as it does not apply there: name -> the value that says so."""
    return {
        name: f.metadata["off"]
        for name, f in options.items()
        if "off" in f.metadata
        and any(
            where.settings == ("arch",) and arch not in (names_where(where) or ()) for where in f.metadata["applies_to"]
        )
    }


def holds(where: Where, config: "TrainConfig") -> bool:
    """Whether the condition is fulfilled."""
    names = names_where(where)
    values = [getattr(config, name) for name in where.settings]
    return any(values) if names is None else values[0] in names


def check_applies(config: "TrainConfig", wanted: Iterable[str] | None = None) -> None:
    """Raise UserError for an option that has a value and no effect; of those in `wanted` only, if that is given."""
    for f in fields(config):
        facts = f.metadata
        if facts.get("ignored") or (wanted is not None and f.name not in wanted):
            continue
        for where in facts["applies_to"]:
            if getattr(config, f.name) != facts.get("off", f.default) and not holds(where, config):
                raise UserError(does_not_apply(f.name, where, config), f.name)


def does_not_apply(name: str, where: Where, config: "TrainConfig") -> str:
    """The sentence of `check_applies`."""
    setting, names = where.settings[0], names_where(where)
    if names is None:
        return f"{flag(name)} has no effect without {' or '.join(map(flag, where.settings))}. Leave it out, or add it."
    way = f"Leave it out, or choose {flag(setting)} {' or '.join(names)}." if names else "Leave it out."
    return f"{flag(name)} does not apply to {flag(setting)} {getattr(config, setting)}. {way}"
