"""Settings that differ: of two runs, and of one that goes on with others while it trains."""

from dataclasses import asdict, replace
from typing import Any

from trainer.training.config import OPTIONS, TrainConfig, flags, that_are
from trainer.training.options import flag
from trainer.util.errors import UserError


def differences(old: TrainConfig, new: TrainConfig) -> dict[str, tuple[Any, Any]]:
    """Settings that define the run and differ: name -> (old, new)."""
    return {name: pair for name, pair in changes(old, new).items() if not OPTIONS[name].metadata["resumable"]}


def changes(old: TrainConfig, new: TrainConfig) -> dict[str, tuple[Any, Any]]:
    """All settings that differ: name -> (old, new)."""
    a, b = asdict(old), asdict(new)
    return {name: (a[name], b[name]) for name in a if a[name] != b[name]}


def with_changes(config: TrainConfig, wanted: dict[str, Any]) -> TrainConfig:
    """The config with other values of mutable settings. Raises UserError for any other, and for impossible values."""
    from trainer.training.validation import check_applies

    fixed = sorted(set(wanted) - set(that_are("mutable")))
    if fixed or not wanted:
        names = flags(that_are("mutable"))
        found = f"{flag(fixed[0])} cannot be changed during training" if fixed else "There is nothing to change"
        way = " A branch can change most others: `python -m trainer branch`." if fixed else ""
        raise UserError(f"{found}. These can: {names}.{way}", field=fixed[0] if fixed else "")
    changed = replace(config, **wanted)
    check_applies(changed, wanted)
    return changed
