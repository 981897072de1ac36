"""The form that starts a training, made from TrainConfig itself: a new knob shows up by itself."""

import re
from collections.abc import Mapping
from dataclasses import Field, asdict, fields
from typing import Any

from trainer.training.config import PRESETS, STEERABLE, TrainConfig, config_from, flag

MAIN = ("data", "arch", "resolution", "kimg")
GROUPS = {
    "Optimiser": ("batch", "lr", "d_lr", "lr_decay", "d_steps", "beta1", "beta2", "ema_kimg", "seed"),
    "Losses and penalties": (
        "loss", "real_target", "penalty", "r1_gamma", "r1_every", "gp_weight", "clip", "path_length", "kl_weight",
    ),
    "Stabilisers": (
        "d_norm", "spectral_norm", "minibatch_stddev", "pack", "instance_noise", "augment", "ada_target",
    ),
    "Networks": (
        "z_dim", "width", "fine_width", "refine", "styles", "style_mixing", "conditional", "prior",
        "codes_categorical", "codes_continuous", "info_weight", "progressive", "grow_kimg",
    ),
    "Pictures": ("limit", "mirror"),
    "Saving and judging": ("save_kimg", "keep_mb", "diagnose", "diagnose_kimg"),
    "Machine": ("threads", "devices", "num_nodes", "strategy", "precision"),
}  # fmt: skip
OTHER = "Other"
UNKNOWN = {
    "Unknown augmentation": "augment",
    "Unknown architecture": "arch",
    "Unknown loss": "loss",
    "Unknown penalty": "penalty",
}
FLAG = re.compile(r"--[a-z0-9][a-z0-9-]*")


def schema() -> dict[str, Any]:
    """All that the page needs to draw the form: fields in groups, presets, and the names that may be chosen."""
    from trainer.data import DATASETS
    from trainer.networks import ARCHITECTURES
    from trainer.training.augment import AUGMENTATIONS
    from trainer.training.losses import LOSSES
    from trainer.training.regularizers import PENALTIES

    choices: dict[str, Mapping] = {"data": DATASETS, "arch": ARCHITECTURES, "loss": LOSSES, "penalty": PENALTIES}
    return {
        "fields": [described(f, list(choices.get(f.name, {}))) for f in fields(TrainConfig)],
        "presets": [
            {"name": name, "help": PRESETS[name]["help"], "settings": asdict(config_from({}, name))} for name in PRESETS
        ],
        "augmentations": list(AUGMENTATIONS),
    }


def described(f: Field, names: list[str]) -> dict[str, Any]:
    """One field: its name, flag, help, kind, limits, choices, and where it stands."""
    facts = {key: f.metadata[key] for key in ("least", "above", "most", "below") if key in f.metadata}
    kinds: dict[Any, str] = {bool: "switch", int: "whole", float: "number", str: "text"}
    return {
        "name": f.name,
        "label": f.name.replace("_", " "),
        "help": f.metadata["help"].split(": a name from `list`")[0].replace(": names from `list`", ""),
        "kind": kinds[f.type],
        "group": group_of(f.name),
        "choices": names or list(f.metadata.get("choices", ())),
        "steerable": f.name in STEERABLE,
        **facts,
    }


def group_of(name: str) -> str:
    """Main, or a heading of the folded part."""
    if name in MAIN:
        return "Main"
    return next((group for group, names in GROUPS.items() if name in names), OTHER)


def field_of(sentence: str) -> str:
    """The field that a sentence speaks of: the first whose flag it names. `data` where it names none."""
    kind = next((field for start, field in UNKNOWN.items() if sentence.startswith(start)), None)
    flags = {flag(f.name): f.name for f in fields(TrainConfig)}
    return kind or next((flags[word] for word in FLAG.findall(sentence) if word in flags), "data")
