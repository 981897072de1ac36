"""`list`: everything that has a name."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Any

from trainer.training.config import OPTIONS
from trainer.training.options import Where, flag
from trainer.training.presets import PRESETS


def add_nothing(sub: ArgumentParser) -> None:
    """`list` takes no arguments."""


def names(arguments: Namespace) -> None:
    """List all data sets, architectures, ways of learning, losses, presets, extractors and metrics."""
    from trainer.data import DATASETS
    from trainer.features import EXTRACTORS
    from trainer.metrics import figures
    from trainer.networks import ARCHITECTURES
    from trainer.training.augment import AUGMENTATIONS
    from trainer.training.losses import LOSSES
    from trainer.training.methods import METHODS
    from trainer.training.regularizers import PENALTIES

    tables: dict[str, Mapping[str, Any]] = {
        "data sets (or any folder, zip, tar or .npz of images)": DATASETS,
        "architectures": ARCHITECTURES,
        "ways of learning, chosen by the architecture": METHODS,
        "losses": LOSSES,
        "penalties": PENALTIES,
        "augmentations": AUGMENTATIONS,
        "presets": PRESETS,
        "extractors (or any FILE.onnx, hf://user/repo/FILE.onnx, critic:CHECKPOINT)": EXTRACTORS,
        "metrics": figures(),
    }
    for title, table in tables.items():
        print(title)
        for name, entry in table.items():
            print(f"  {name:<21} {help_of(entry)}")
        print()
    print("options that depend on others")
    for f in OPTIONS.values():
        if conditions := "; ".join(map(condition, f.metadata["applies_to"])):
            print(f"  {flag(f.name):<21} {conditions}")


def condition(where: Where) -> str:
    """Under which values of other options an option has an effect."""
    from trainer.training.validation import names_where

    settings, names = " or ".join(map(flag, where.settings)), names_where(where)
    return f"{settings} {', '.join(names)}" if names else settings


def help_of(entry: Any) -> str:
    """The one-line help of a preset (a dict), of a table's entry, or of a registered function."""
    if isinstance(entry, dict):
        result: str = entry["help"]
        return result
    return getattr(entry, "help", None) or (entry.__doc__ or "").split("\n")[0]
