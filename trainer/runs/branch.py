"""A new run that begins with an earlier state of another one, and goes on with other settings."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from trainer.data.spelling import is_gone
from trainer.runs.images import training_images
from trainer.runs.known_data import check_branch, hand_on
from trainer.runs.run import Run
from trainer.runs.snapshots import STATE
from trainer.training.changes import changes
from trainer.training.config import DATA_SETS, OPTIONS, TrainConfig
from trainer.training.options import flag
from trainer.training.setup import build_networks
from trainer.training.state_io import copy_state, read_scalars
from trainer.util.atomic_io import link_or_copy, write_text
from trainer.util.errors import UserError


def branch(run: Run, name: str, images_seen: int | None, wanted: dict[str, Any], data_dir: Path | None = None) -> Run:
    """Make a run's folder; training it goes on from there.

    Args: images_seen: real images at a moment that is kept, None for the last state. wanted: settings to change; any
        that leave the networks as they are. data_dir: open other data there, to see whether the branch can go on with
        them; None: that is seen when it is trained.
    Returns: the new run. Raises: UserError for a name that is taken, a moment not kept, settings that do not fit.
    """
    made = Run(run.folder.parent, name)
    if made.folder.exists():
        raise UserError(f"There is a run {name!r} already. Choose another name for the branch.")
    state = state_at(run, images_seen)
    scalars = read_scalars(state)
    before = replace(run.config(), **scalars.get("overrides", {}))
    after = replace(before, **wanted)
    check_same_networks(before, after)
    changed = changes(before, after)
    other_data = [name for name in DATA_SETS if name in changed]
    for name in other_data:
        data = getattr(after, name)
        if is_gone(data):
            raise UserError(
                f"There is no data set {data!r}, and no folder or zip there. Give its path with {flag(name)}."
            )
    if other_data and data_dir is not None:
        check_branch(run, made, after, training_images(after, data_dir))
    seen = scalars["images_seen"]
    try:
        copy_state(state, made.state_file, scalars | {"overrides": {}, "rolled_back": False})
        copy_measurements(run, made, seen, f"{run.name} at {seen / 1000:,.4g} kimg", changed)
        for sheet in (path for at, path in run.samples().items() if at <= seen):
            link_or_copy(sheet, made.folder / "samples" / sheet.name)
        lineage = {"run": run.name, "images": seen, "changed": changed}
        hand_on(run, made, changed=bool(other_data))
        write_text(made.folder / "lineage.json", json.dumps(lineage, indent=2) + "\n")
        write_text(made.folder / "config.json", json.dumps(asdict(after), indent=2) + "\n")  # last: now it is a run
    except BaseException:
        shutil.rmtree(made.folder, ignore_errors=True)
        raise
    return made


def state_at(run: Run, images_seen: int | None) -> Path:
    """The file of a kept state. Raises UserError if there is none."""
    run.config()
    kept = {at: folder / STATE for at, folder in run.moments().items() if (folder / STATE).is_file()}
    path = run.state_file if images_seen is None else kept.get(images_seen)
    if path is None or not path.is_file():
        known = ", ".join(map(str, kept)) or "none"
        raise UserError(f"Run {run.name!r} has no saved state at {images_seen} images (saved: {known}).")
    return path


def check_same_networks(before: TrainConfig, after: TrainConfig) -> None:
    """Raise UserError where the state of one would not fit the other, without allocating anything."""
    shapes = []
    for config in (before, after):
        with torch.device("meta"):
            networks = build_networks(config, channels=1, num_classes=2)
        shapes.append(
            {
                f"{name}.{key}": tensor.shape
                for name, network in networks.items()
                for key, tensor in network.state_dict().items()
            }
        )
    changed = changes(before, after)
    if shapes[0] != shapes[1] or "start_from" in changed:
        fixed = [name for name in changed if not OPTIONS[name].metadata["branchable"]] or list(changed)
        refused = "; ".join(f"{flag(name)} was {changed[name][0]}, now {changed[name][1]}" for name in fixed)
        raise UserError(
            f"A branch keeps the networks, but these settings would change them: {refused}. Use them in a new run; a "
            "branch may change settings that leave the weights as they are, such as --batch, --loss, --lr and --data."
        )


def copy_measurements(run: Run, made: Run, seen: int, origin: str, changed: dict[str, Any]) -> None:
    """What was measured up to there, so that the curves go on; and where they come from."""
    copy = made.store()
    copy.take_from(run.store(), seen)
    copy.tell(seen, "note", f"Branched from {origin}.", {"changed": changed})
