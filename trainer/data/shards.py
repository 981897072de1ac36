"""A folder of files that hold many images each, tars or tables: which of them are read, and which are held out."""

import re
from collections.abc import Sequence

from trainer.data.base import NoHeldOut
from trainer.data.listing import named

SPLITS = {
    "train": "train", "training": "train", "test": "test", "testing": "test", "val": "validation",
    "valid": "validation", "validation": "validation",
}  # fmt: skip
UNSEEN = ("test", "validation")  # the likeliest first


def split_of(name: str) -> str:
    """`data/train-00000-of-00002.parquet` -> "train"; "" where the name tells no split."""
    words = re.split(r"[^a-z]+", name.lower())
    return next((SPLITS[word] for word in words if word in SPLITS), "")


def shards_to_read(names: Sequence[str], held_out: bool) -> tuple[list[str], tuple[str, ...]]:
    """(the files to train on, or those that are held out; notes). Raises NoHeldOut where all are trained on.

    Where some are called `train`, these are trained on, and those called `test`, or else `validation`, are held out.
    """
    splits = {name: split_of(name) for name in names}
    if "train" not in splits.values() or len(set(splits.values())) == 1:
        if held_out:
            raise NoHeldOut
        return list(names), ()
    unseen = next((split for split in UNSEEN if split in splits.values()), "")
    if held_out and not unseen:
        raise NoHeldOut
    wanted = unseen if held_out else "train"
    others = [name for name in names if splits[name] != wanted]
    note = f"the files of the split {wanted} are read, and not: {named(others)}"
    return [name for name in names if splits[name] == wanted], (note,)
