"""Small images for the tests of data sets, and what reads them back."""

import io
from pathlib import Path

from PIL import Image

from trainer.data import Dataset, load


def png(level: int = 0, size: tuple[int, int] = (8, 8), kind: str = "PNG") -> bytes:
    """An image that is grey of one level throughout."""
    file = io.BytesIO()
    Image.new("RGB", size, (level, level, level)).save(file, kind)
    return file.getvalue()


def written(folder: Path, files: dict[str, bytes | str]) -> Path:
    """A folder with these files."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return folder


def loaded(path: Path, way: str = "", **options) -> Dataset:
    """The data set at a path, of 8 pixels a side."""
    options = {"resolution": 8, "data_dir": path.parent / "data", "progress": False} | options
    return load(f"{path}{way}", **options)


def levels(data: Dataset) -> list[int]:
    """The level of each image."""
    return data.images[:, 0, 0, 0].tolist()


def labelled(data: Dataset) -> dict[str, list[str | None]]:
    """Attribute -> its value for each image."""
    return {
        attribute.name: [None if label < 0 else attribute.values[label] for label in column]
        for attribute, column in zip(data.attributes, data.labels.T.tolist(), strict=True)
    }
