"""The form that starts a training, made of what the options say of themselves: a new one shows up by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import Field, asdict
from pathlib import Path
from typing import Any

from trainer.training.config import OPTIONS, config_from
from trainer.training.presets import PRESETS

WITH_MNIST, WITHOUT = "mnist-dcgan", "points"  # presets of a form that nobody has touched: neither downloads anything
KINDS: dict[Any, str] = {bool: "switch", int: "whole", float: "number", str: "text"}


def schema(data_dir: Path, checkpoints: Sequence[str] = ()) -> dict[str, Any]:
    """All that the page needs to draw the form and the dialogs: options in groups, presets, and which to begin with.

    Args: checkpoints: the names that a training may start from.
    """
    from trainer.data import DATASETS
    from trainer.data.idx import found_folder
    from trainer.data.mnist import MNIST
    from trainer.training.validation import TABLES

    tables: dict[str, Mapping] = {"data": DATASETS, "checkpoint": dict.fromkeys(checkpoints), **TABLES}
    return {
        "fields": [described(f, tables) for f in OPTIONS.values()],
        "presets": [
            {"name": name, "help": PRESETS[name]["help"], "settings": asdict(config_from({}, name))} for name in PRESETS
        ],
        "first": WITH_MNIST if found_folder(MNIST, data_dir) else WITHOUT,
    }


def described(f: Field, tables: Mapping[str, Mapping]) -> dict[str, Any]:
    """One option: its name, help, kind, bounds and choices, where it stands, where it applies, who may change it."""
    from trainer.training.validation import names_where

    facts = f.metadata
    names = list(tables[facts["table"]]) if "table" in facts else list(facts.get("choices", ()))
    several, others = "several" in facts, facts.get("others")
    help = f"{facts['help']}: {', '.join(names)}" if several else facts["help"]
    return {
        "name": f.name,
        "label": f.name.replace("_", " "),
        "help": f"{help}: a name, or {others} on the server" if others else help,
        "kind": KINDS[f.type],
        "group": facts["group"],
        "choices": [] if several else names,
        "open": others is not None,
        "min": facts.get("min_", facts.get("above")),
        "max": facts.get("max_", facts.get("below")),
        "applies_to": [{"settings": where.settings, "names": names_where(where)} for where in facts["applies_to"]],
        "mutable": facts["mutable"],
        "branchable": facts["branchable"],
    }
