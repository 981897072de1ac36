"""What a `--data` means, however it is spelled."""

from pathlib import Path

from trainer.data.base import DATASETS
from trainer.data.ways import Way, path_and_way


def same_source(old: str, new: str) -> bool:
    """Whether two `--data` may mean the same images: paths, read in one way."""
    return old == new or (is_path(old) and is_path(new) and bare(old)[1] == bare(new)[1])


def is_path(data: str) -> bool:
    """Whether it is the path of a folder or zip: a registered name wins over a folder of that name."""
    kind = data.partition(":")[0]
    return kind == "folder" or kind not in DATASETS


def bare(data: str) -> tuple[Path, Way]:
    """(path, how its images are read) of a `--data` that is a path."""
    return path_and_way(data.removeprefix("folder:"))
