"""A finished run as something to show: its curves, sheets and a few snapshots, without what resuming needs."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from trainer.runs.run import Run
from trainer.runs.snapshots import copy_checkpoint
from trainer.util.atomic_io import check_name, copy_atomically, write_text
from trainer.util.errors import UserError

SNAPSHOTS = 4  # beside the latest and the best


def record(run: Run, name: str, recordings: Path, snapshots: int = SNAPSHOTS) -> Path:
    """Copy a run to `recordings/name`, read-only in spirit: it cannot be resumed or branched off.

    Args: snapshots: how many earlier ones to keep, evenly spread over the run.
    Returns: the folder. Raises: UserError for a run without a snapshot, and where the recording cannot be written.
    """
    check_name(name, "recording")
    config, copy = run.config(), Run(recordings, name)
    if not run.latest.is_dir():
        raise UserError(f"Run {run.name!r} has no snapshot yet. Train it a little longer: the first step writes one.")
    shutil.rmtree(copy.folder, ignore_errors=True)
    for path in run.samples().values():
        copy_atomically(path, copy.folder / "samples" / path.name)
    kept = spread(list(run.moments()), snapshots)
    for which in ["latest", *(["best"] if run.best.is_dir() else []), *map(str, kept)]:
        source = run.snapshot(which)
        copy_checkpoint(source, copy.folder / "snapshots" / source.name)
    copy.store().take_all_from(run.store())
    if lineage := run.lineage():
        write_text(copy.folder / "lineage.json", json.dumps(lineage, indent=2) + "\n")
    write_text(copy.folder / "config.json", json.dumps(asdict(config), indent=2) + "\n")
    return copy.folder


def spread(moments: list[int], count: int) -> list[int]:
    """`count` of them, evenly spread between the first, which has learned nothing, and the last, the latest."""
    between = moments[1:-1]
    if len(between) <= count:
        return between
    return [between[(i + 1) * len(between) // (count + 1)] for i in range(count)]
