"""An npy file that grows by an image at a time. Nothing is mapped: a full disk is then an error, not the end."""

from pathlib import Path
from typing import Any

import numpy as np

MOST = 2**48  # images of a header that is written before they are counted


class Appended:
    """Its header says how many there are once it is closed."""

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: np.dtype):
        self.path, self.shape, self.dtype, self.count = path, shape, dtype, 0

    def __enter__(self) -> "Appended":
        self.file = self.path.open("wb")
        self.write_header(MOST)
        return self

    def __exit__(self, *failure: object) -> None:
        with self.file:
            self.write_header(self.count)

    def write_header(self, count: int) -> None:
        """NumPy pads it so that it keeps its size when the first axis changes."""
        self.file.seek(0)
        header = {"descr": self.dtype.str, "fortran_order": False, "shape": (count, *self.shape)}
        np.lib.format.write_array_header_1_0(self.file, header)

    def append(self, pixels: Any, name: str) -> None:
        """Write one image down; `name`: of the source that drew it."""
        assert np.shape(pixels) == self.shape, f"{name} drew {np.shape(pixels)}, not {self.shape}"
        assert pixels.dtype == self.dtype, f"{name} drew {pixels.dtype}, not {self.dtype}"
        self.file.write(pixels.tobytes())
        self.count += 1
