"""What records of earlier versions call things, and what these are called now. No other file knows the old names."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Renamed(NamedTuple):
    """The present name of something, and what an old value means under it."""

    name: str
    value: Callable[[Any], Any] = lambda value: value
    hint: str = ""  # for who types the old flag


def smoothing(target: Any) -> Any:
    """D's target for real images -> label smoothing. What is no number is left for the checks that follow."""
    return round(1 - target, 12) if isinstance(target, int | float) else target


OPTIONS: Mapping[str, Renamed] = {
    "d_steps": Renamed("n_critic"),
    "d_lr": Renamed("lr_d"),
    "kl_weight": Renamed("beta"),
    "info_weight": Renamed("info_lambda"),
    "clip": Renamed("weight_clip"),
    "pack": Renamed("pac_size"),
    "fine_width": Renamed("min_channels"),
    "real_target": Renamed("label_smoothing", smoothing, "which is 1 - target"),
    "refine": Renamed("convs_per_block", lambda refined: 2 if refined else 1, "which is 2, or 1 for --no-refine"),
}  # in config.json of runs and checkpoints, in the state's changed settings, and on old command lines
FLAGS = {"real_pictures": "real_images", "fake_pictures": "fake_images"}  # of `measure`
COMMANDS = {"steer": "control"}  # of the command line
EVENTS = {"alarm": "alert", "calm": "resolved"}  # kinds, in a run's store
ALERTS = {"d-wins": "d-dominates"}  # names, in the detail of an alert
FINDINGS = {
    "dropped": "mode-dropping",
    "within": "intra-mode-collapse",
    "disobedient": "label-ignored",
    "unlike": "out-of-distribution",
}  # kinds, in the detail of a verdict


def current_state(scalars: dict[str, Any]) -> dict[str, Any]:
    """The plain values of a saved state under the present names."""
    before = scalars.get("steered") or scalars.get("overrides", {})
    return {name: value for name, value in scalars.items() if name != "steered"} | {"overrides": current(before)}


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
    renamed = {k: read(detail[k]) for k, read in readers.items() if isinstance(detail.get(k), dict)}
    words = {"name": ALERTS, "kind": FINDINGS}  # of an alert, of a verdict
    renamed |= {k: table.get(detail[k], detail[k]) for k, table in words.items() if isinstance(detail.get(k), str)}
    if isinstance(found := detail.get("findings"), list):
        renamed["findings"] = [current_detail(finding) for finding in found]
    return detail | renamed


def spellings(kind: str) -> tuple[str, ...]:
    """A kind of event as a store may hold it: under its present name and its old ones."""
    return kind, *(old for old, present in EVENTS.items() if present == kind)


def current(record: Any) -> Any:
    """Settings under the present names; a present name wins over an old one. What is no record is left as it is."""
    if not isinstance(record, dict):
        return record
    renamed = {OPTIONS[old].name: OPTIONS[old].value(value) for old, value in record.items() if old in OPTIONS}
    return renamed | {name: value for name, value in record.items() if name not in OPTIONS}
