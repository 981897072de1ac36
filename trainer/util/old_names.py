"""What records of earlier versions call things, and what these are called now. No other file knows the old names."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Renamed(NamedTuple):
    """The present name of something, and what an old value means under it."""

    name: str
    value: Callable[[Any], Any] = lambda value: value


OPTIONS: Mapping[str, Renamed] = {
    "d_steps": Renamed("n_critic"),
    "d_lr": Renamed("lr_d"),
    "kl_weight": Renamed("beta"),
    "info_weight": Renamed("info_lambda"),
    "clip": Renamed("weight_clip"),
    "pack": Renamed("pac_size"),
    "fine_width": Renamed("min_channels"),
    "real_target": Renamed("label_smoothing", lambda target: round(1 - target, 12)),
    "refine": Renamed("convs_per_block", lambda refined: 2 if refined else 1),
}  # in config.json of runs and checkpoints, in the state's changed settings, and on old command lines


def current_pairs(changed: dict[str, Any]) -> dict[str, Any]:
    """Changed settings, name -> [old value, new value], under the present names."""
    found = {}
    for name, pair in changed.items():
        renamed = OPTIONS.get(name, Renamed(name))
        found[renamed.name] = [renamed.value(value) for value in pair] if isinstance(pair, list) else pair
    return found


def current_detail(detail: Any) -> Any:
    """The detail of a run's event under the present names."""
    if not isinstance(detail, dict):
        return detail
    readers = {"settings": current, "changed": current_pairs}
    return detail | {k: read(detail[k]) for k, read in readers.items() if isinstance(detail.get(k), dict)}


def current(record: Any) -> Any:
    """Settings under the present names; a present name wins over an old one. What is no record is left as it is."""
    if not isinstance(record, dict):
        return record
    renamed = {OPTIONS[old].name: OPTIONS[old].value(value) for old, value in record.items() if old in OPTIONS}
    return renamed | {name: value for name, value in record.items() if name not in OPTIONS}
