"""What a `--data` means, however it is spelled."""

from pathlib import Path

from trainer.data.base import DATASETS
from trainer.data.ways import Way, path_and_way

PLACED = ("folder", "pairs")  # kinds of data sets whose argument is the path of images


def same_source(old: str, new: str) -> bool:
    """Whether two `--data` may mean the same images: paths, read in one way."""
    if old == new:
        return True
    alike = kind_and_place(old)[0] == kind_and_place(new)[0]
    return alike and is_path(old) and is_path(new) and bare(old)[1] == bare(new)[1]


def is_path(data: str) -> bool:
    """Whether it is the path of a folder or zip: a registered name wins over a folder of that name."""
    kind = data.partition(":")[0]
    return kind in PLACED or kind not in DATASETS


def kind_and_place(data: str) -> tuple[str, str]:
    """`pairs:PATH` -> ("pairs:", "PATH"); of a folder, which needs no word, ("", "PATH")."""
    data = data.removeprefix("folder:")
    return ("pairs:", data.removeprefix("pairs:")) if data.startswith("pairs:") else ("", data)


def is_gone(data: str) -> bool:
    """Whether nothing is where a path leads. Of no data set at all, "", nothing can be gone."""
    return bool(data) and is_path(data) and not bare(data)[0].exists()


def bare(data: str) -> tuple[Path, Way]:
    """(path, how its images are read) of a `--data` that is a path."""
    return path_and_way(kind_and_place(data)[1])
