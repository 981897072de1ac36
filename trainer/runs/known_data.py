"""What a run remembers of its data, so that it never goes on with other classes or other images unnoticed.

runs/NAME/data.json is written when a training begins, and again when it goes on with images that were added. A run
from before there was such a record is known by its latest snapshot, as far as that goes.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import blake2b
from heapq import nsmallest
from typing import Any

import numpy as np

from trainer.data import Dataset
from trainer.data.spelling import bare, is_gone, is_path
from trainer.runs.run import Run
from trainer.training.command_line import branch_command
from trainer.training.config import DATA_SETS, TrainConfig
from trainer.training.options import flag
from trainer.util.atomic_io import write_text
from trainer.util.errors import UserError
from trainer.util.reading import read_json

FILE = "data.json"
SKETCHED = 256  # images that are remembered by a hash: those with the smallest ones, which is a fair sample
SAME = 0.5  # of these, so many say that it is the same set, wherever it lies
NAMED = 8  # classes that a sentence names
MAX_BYTES = 2**24  # of a record


@dataclass(frozen=True)
class KnownData:
    """What is remembered.

    Attributes:
        name, fingerprint: of the data set; pictures: how many images it has; channels: 1 grey, 3 colour, 0 not known.
        place: where it lay: an absolute path, or a name from `list`.
        classes: their names in order; per_class: how many images each had, () if not known.
        sketch: hash of an image -> its class, -1 for none; of SKETCHED images at most, {} if not known.
        announced: of a branch onto other data: these may be others, and are not remembered yet.
        other: of two collections, what is remembered of the one of --data-a.
    """

    name: str
    pictures: int  # the name that data.json has for it
    classes: tuple[str, ...]
    fingerprint: str = ""
    place: str = ""
    channels: int = 0
    per_class: tuple[int, ...] = ()
    sketch: dict[str, int] = field(default_factory=dict)
    announced: bool = False
    other: "KnownData | None" = None


def known(run: Run) -> KnownData | None:
    """What the run remembers; None if it has not begun. A record that cannot be read counts as none."""
    path = run.folder / FILE
    with suppress(OSError, ValueError, TypeError, LookupError, RecursionError):
        return of_record(read_json(path, maximum=MAX_BYTES))
    return of_snapshot(run)


def of_record(record: dict[str, Any]) -> KnownData:
    """What a record says. Raises TypeError or LookupError if it is none."""
    kept = {f.name: record[f.name] for f in fields(KnownData) if f.name in record}
    if any(type(value) is not KINDS[name] for name, value in kept.items()):
        raise TypeError("a value has an unexpected type")
    texts, numbers = [*kept["classes"], *kept["sketch"]], [*kept["per_class"], *kept["sketch"].values()]
    if {*map(type, texts)} - {str} or {*map(type, numbers)} - {int}:
        raise TypeError("a class or a number of images has an unexpected type")
    other = {"other": of_record(kept["other"])} if "other" in kept else {}
    return KnownData(**kept | {name: tuple(kept[name]) for name in ("classes", "per_class")} | other)


KINDS = {
    "name": str, "pictures": int, "classes": list, "fingerprint": str, "place": str, "channels": int,
    "per_class": list, "sketch": dict, "announced": bool, "other": dict,
}  # fmt: skip


def of_snapshot(run: Run) -> KnownData | None:
    """What the latest snapshot says of the data."""
    from trainer.checkpoints.checkpoint import read_info

    with suppress(UserError, LookupError, TypeError, ValueError, AttributeError):
        data = read_info(run.latest).data
        classes: list[str] = next(iter(data["attributes"].values()), [])
        return KnownData(str(data["name"]), int(data["pictures"]), tuple(map(str, classes)))
    return None


def remember(run: Run, config: TrainConfig, dataset: Dataset) -> None:
    """Write the record, unless it stands there already."""
    before, fresh, a = known(run), described(config.data, dataset), dataset.collection_a
    other = described(config.data_a, a) if a else None
    if before is None or before.announced or unsketched(before) != replace(fresh, other=other):
        sketched = replace(other, sketch=sketch(a)) if other and a else None
        write(run, replace(fresh, sketch=sketch(dataset), other=sketched))


def described(data: str, dataset: Dataset) -> KnownData:
    """What is to be remembered of a data set, without a sketch of it."""
    return KnownData(
        dataset.name, len(dataset), names_of(dataset), dataset.fingerprint, place(data), dataset.channels,
        counted(dataset),
    )  # fmt: skip


def unsketched(data: KnownData) -> KnownData:
    """The same without sketches."""
    return replace(data, sketch={}, other=unsketched(data.other) if data.other else None)


def write(run: Run, data: KnownData) -> None:
    """Replace the record atomically."""
    record = asdict(data, dict_factory=lambda items: {name: value for name, value in items if value is not None})
    write_text(run.folder / FILE, json.dumps(record, indent=1) + "\n")


def hand_on(run: Run, branch: Run, changed: bool) -> None:
    """Let a branch remember what its trunk does; `changed`: it was asked to go on with other data."""
    if before := known(run):
        write(branch, replace(before, announced=changed))


# ---- may it go on?


def check(run: Run, config: TrainConfig, dataset: Dataset) -> list[str]:
    """Sentences on what has changed since the run was trained last; [] for a new run.

    Raises UserError for data that the run cannot go on with: other classes or another order of them where it is
    conditional, other channels, other images at another place.
    """
    before = known(run) if run.state_file.is_file() else None
    return checked(run, config, before, dataset) if before else []


def check_branch(run: Run, branch: Run, config: TrainConfig, dataset: Dataset) -> None:
    """Raise UserError for other data that a branch cannot go on with, before it is made."""
    if before := known(run):
        checked(branch, config, replace(before, announced=True), dataset)


def checked(run: Run, config: TrainConfig, before: KnownData, dataset: Dataset) -> list[str]:
    """`check` against what is remembered."""
    if before.channels and before.channels != dataset.channels:
        colours = [{1: "grey", 3: "in colour"}.get(c, f"of {c} channels") for c in (before.channels, dataset.channels)]
        raise cannot(run, f"its images were {colours[0]}, and those of {dataset.name} are {colours[1]}")
    check_classes(run, config, before, dataset)
    notes = [*changes_of(run, config, before, dataset)]
    if before.other and dataset.collection_a:
        other = replace(before.other, announced=before.announced)
        notes += checked(run, replace(config, data=config.data_a, data_a=""), other, dataset.collection_a)
    return notes


def check_classes(run: Run, config: TrainConfig, before: KnownData, dataset: Dataset) -> None:
    """Raise UserError if a class of a conditional run would stand for another one."""
    was, now = before.classes, names_of(dataset)
    if not config.conditional or was == now:
        return
    moved = [name for name in was if name in now and was.index(name) != now.index(name)]
    if before.announced and len(was) == len(now) and not moved:
        return  # other data were asked for, and its classes are new ones in the places of the old
    new, gone = [name for name in now if name not in was], [name for name in was if name not in now]
    how = "; ".join(f"{word}: {listed(names)}" for word, names in (("new", new), ("gone", gone)) if names)
    raise cannot(
        run,
        f"its classes were {listed(was)}, and those of {dataset.name} are {listed(now)} "
        f"({how or 'same classes, different order'}). The networks identify a class by its position in this order",
        "Restore the names of the class folders, or start a new run.",
    )


def changes_of(run: Run, config: TrainConfig, before: KnownData, dataset: Dataset) -> Iterator[str]:
    """What has changed and does not matter. Raises UserError if it is another data set, or its classes have changed."""
    if before.classes != names_of(dataset):
        yield f"the classes of {dataset.name} were {listed(before.classes)} and are {listed(names_of(dataset))} now"
    elif (before.fingerprint, before.pictures) == (dataset.fingerprint, len(dataset)):
        return
    kept, reclassed = compared(before, dataset) if before.sketch else (None, 0.0)
    there = same_place(before, config, dataset) or before.announced
    if not there and (kept or 0.0) < SAME:
        command = branch_command(run.name, {"data": config.data})
        raise cannot(
            run,
            f"the images of {dataset.name} ({len(dataset)}) are not those it has seen: it was trained on "
            f"{before.name} ({before.pictures})",
            f"`{command}` starts a run that continues from here with them.",
        )
    if config.conditional and reclassed > SAME and not before.announced:
        raise cannot(
            run,
            f"{reclassed:.0%} of the images of {dataset.name} are in a different class than before",
            "Put them back, or start a new run.",
        )
    if before.pictures != len(dataset):
        counts = f"{dataset.name} has {len(dataset)} images now, and had {before.pictures}"
        yield f"{counts}{by_class(before, dataset)}: the run continues with these"
    if kept is not None and kept < 1:
        yield f"{1 - kept:.0%} of the images that the run has seen are no longer in {dataset.name}"
    if reclassed:
        yield f"{reclassed:.0%} of the images of {dataset.name} are in a different class than before"


def check_place(run: Run, config: TrainConfig) -> None:
    """Raise UserError if the run's own images are not where they were, and nobody says where they are."""
    for name in DATA_SETS if run.state_file.is_file() else ():
        data = getattr(config, name)
        if is_gone(data):
            raise UserError(
                f"The images of run {run.name!r} are no longer at {data}. If they moved, give their new path with "
                f"{flag(name)}, and the run continues with them."
            )


def by_class(before: KnownData, dataset: Dataset) -> str:
    """How many images of each class there are now and were, where that has changed."""
    names, now = names_of(dataset), counted(dataset)
    if before.classes != names or len(before.per_class) != len(now):
        return ""
    rows = zip(names, now, before.per_class, strict=True)
    changes = [f"{name} {n}, was {was}" for name, n, was in rows if n != was]
    return f" ({'; '.join(changes[:NAMED])}{'; ...' if len(changes) > NAMED else ''})" if changes else ""


def cannot(run: Run, why: str, way_out: str = "Start a new run.") -> UserError:
    """The refusal of data, with the reason and what to do."""
    return UserError(f"Run {run.name!r} cannot continue with this data: {why}. {way_out}")


def compared(before: KnownData, dataset: Dataset) -> tuple[float, float]:
    """(share of the remembered images that are still there, share of these that are in another class now)."""
    now = {key: label for key, label in hashes(dataset) if key in before.sketch}
    still = [key for key in before.sketch if key in now]
    moved = [key for key in still if -1 not in (now[key], before.sketch[key]) and now[key] != before.sketch[key]]
    return len(still) / len(before.sketch), len(moved) / max(1, len(still))


def same_place(before: KnownData, config: TrainConfig, dataset: Dataset) -> bool:
    """Whether it is the place of before, however it is spelled; of a run without a record, the name must do."""
    return before.place == place(config.data) if before.place else before.name == dataset.name


def place(data: str) -> str:
    """What --data means, however it is spelled: an absolute path, or a name from `list`."""
    return str(bare(data)[0].resolve()) if is_path(data) else data


# ---- images and classes


def names_of(dataset: Dataset) -> tuple[str, ...]:
    """The classes in order, () where there are none."""
    return tuple(dataset.attributes[0].values) if dataset.attributes else ()


def classes_of(dataset: Dataset) -> np.ndarray:
    """The class of each image, int64 (n,), -1 for none."""
    return dataset.labels[:, 0] if dataset.attributes else np.full(len(dataset), -1, np.int64)


def counted(dataset: Dataset) -> tuple[int, ...]:
    """How many images each class has."""
    return tuple(np.bincount(classes_of(dataset) + 1, minlength=len(names_of(dataset)) + 1)[1:].tolist())


def hashes(dataset: Dataset) -> Iterator[tuple[str, int]]:
    """A short hash of each image's pixels, with its class."""
    for image, label in zip(dataset.images, classes_of(dataset).tolist(), strict=True):
        yield blake2b(np.ascontiguousarray(image).tobytes(), digest_size=8).hexdigest(), label


def sketch(dataset: Dataset) -> dict[str, int]:
    """The smallest hashes with the classes of their images."""
    return dict(nsmallest(SKETCHED, hashes(dataset)))


def listed(names: Sequence[str]) -> str:
    """Some names in a sentence."""
    more = [*names[:NAMED], f"and {len(names) - NAMED} more"] if len(names) > NAMED else list(names)
    return ", ".join(more) or "none"
