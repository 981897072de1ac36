"""Another value for every option, found from what the option says of itself."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import Field, replace
from typing import Any

from trainer.data import DATASETS
from trainer.training.config import OPTIONS, TrainConfig
from trainer.training.validation import TABLES, holds
from trainer.util.errors import UserError


def with_needs(config: TrainConfig, name: str) -> TrainConfig:
    """The config with those settings on without which the option has no effect, wherever being set is enough."""
    for where in OPTIONS[name].metadata["applies_to"]:
        if where.among is None and not holds(where, config):
            config = changed(config, where.settings[0])
    return config


def changed(config: TrainConfig, name: str) -> TrainConfig:
    """The config with another value of the option, the first that it can take."""
    return next(all_changed(config, name))


def all_changed(config: TrainConfig, name: str) -> Iterator[TrainConfig]:
    """The config with each other value that the option can take here, of those that it suggests."""
    for value in others(OPTIONS[name], getattr(config, name)):
        with suppress(UserError):
            yield replace(config, **{name: value})


def others(f: Field, now: Any) -> Iterator[Any]:
    """Values that the option's type, bounds and choices suggest, but the present one."""
    facts = f.metadata
    if f.type is bool:
        found = [not now]
    elif f.type is str:
        tables = {**TABLES, "data": DATASETS, "checkpoint": ("some-checkpoint",)}
        found = [*facts.get("choices", ()), *(tables[facts["table"]] if "table" in facts else ())] or ["a name"]
    else:
        low, high = facts.get("min_", facts.get("above")), facts.get("max_", facts.get("below", 1))
        found = [f.type(value) for value in (2 * now, now / 2, now + 1, now + 2, (low + high) / 2)]
    yield from (value for value in found if value != now)
