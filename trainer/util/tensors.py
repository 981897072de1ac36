"""safetensors files that somebody else may have written: what they declare is checked before anything is allocated.

The library's own exception never leaves here, and its file is read, not mapped (see trainer/util/reading.py).
"""

import io
import math
import os
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open

from trainer.util.reading import Unfit, opened, parse_json, reason

MAX_HEADER = 2**22  # bytes
MAX_TENSORS = 10_000
MAX_AXES = 8
MAX_SIDE = 2**31  # of an axis
MAX_STATE = 2**36  # bytes of a file that resuming needs
WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


class Declared(NamedTuple):
    """What a header says of a tensor: its type as the format spells it, such as F32, and its shape."""

    dtype: str
    shape: tuple[int, ...]


class Header(NamedTuple):
    """What a file declares, by name, and the text that it carries."""

    tensors: dict[str, Declared]
    metadata: dict[str, str]


def header_of(file: BinaryIO, size: int) -> Header:
    """The header of an opened file of `size` bytes. Raises Unfit for one that is damaged, or of types not used here."""
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(size - 8, MAX_HEADER):
        raise Unfit("it is not a safetensors file")
    record = parse_json(file.read(length))
    metadata = record.pop("__metadata__", {}) if isinstance(record, dict) else None
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise Unfit("it is not a safetensors file")
    if len(record) > MAX_TENSORS:
        raise Unfit(f"it declares {len(record)} tensors, more than the limit of {MAX_TENSORS}")
    return Header({name: declared(name, entry, size - 8 - length) for name, entry in record.items()}, metadata)


def declared(name: str, entry: Any, maximum: int) -> Declared:
    """One entry of a header, whose tensor cannot have more than `maximum` bytes. Raises Unfit."""
    dtype, shape = (entry.get("dtype"), entry.get("shape")) if isinstance(entry, dict) else (None, None)
    if not isinstance(dtype, str) or dtype not in WIDTHS:
        raise Unfit(f"{name:.60} is of type {dtype!s:.20}, which is not supported")
    if not isinstance(shape, list) or len(shape) > MAX_AXES or not all(type(n) is int for n in shape):
        raise Unfit(f"{name:.60} declares no shape")
    if not all(0 < n < MAX_SIDE for n in shape) or math.prod(shape) * WIDTHS[dtype] > maximum:
        raise Unfit(f"{name:.60} declares a shape that does not fit the file")
    return Declared(dtype, tuple(shape))


def read_header(path: Path, maximum: int = MAX_STATE) -> Header:
    """What a file declares, without its tensors. Raises Unfit, and OSError where there is none."""
    with opened(path, maximum) as file:
        return header_of(file, os.fstat(file.fileno()).st_size)


def read_numpy(path: Path, maximum: int = MAX_STATE) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """(tensors, metadata) of a file. Errors as `read_header`."""
    return read(path, maximum, "np")


def read_torch(path: Path, maximum: int = MAX_STATE) -> tuple[dict[str, Any], dict[str, str]]:
    """`read_numpy`, as PyTorch's tensors."""
    return read(path, maximum, "pt")


def read(path: Path, maximum: int, framework: str) -> tuple[dict[str, Any], dict[str, str]]:
    """(tensors, metadata) of a file of at most `maximum` bytes, for "np" or "pt". Errors as `read_header`."""
    header = read_header(path, maximum)
    try:
        with safe_open(path, framework, backend="pread") as file:
            return {name: file.get_tensor(name) for name in header.tensors}, header.metadata
    except TypeError as error:
        raise Unfit("it has numbers of an unsupported type, such as bfloat16") from error
    except (SafetensorError, KeyError, RuntimeError) as error:
        raise Unfit(reason(error)) from error


def from_bytes(data: bytes) -> dict[str, Any]:
    """The tensors of a file that is in memory, PyTorch's. Raises Unfit."""
    from safetensors.torch import load

    header_of(io.BytesIO(data), len(data))
    try:
        return load(data)
    except (SafetensorError, TypeError, KeyError, RuntimeError, AssertionError) as error:
        raise Unfit(reason(error)) from error


def metadata_of(data: bytes) -> dict[str, str]:
    """The metadata of a file that is in memory. Raises Unfit."""
    return header_of(io.BytesIO(data), len(data)).metadata


def save_tensors(path: Path, tensors: Mapping[str, Any], metadata: dict[str, str] | None = None) -> None:
    """Write arrays or PyTorch's tensors, with an OSError where the library has an exception of its own."""
    arrays = all(isinstance(tensor, np.ndarray) for tensor in tensors.values())
    library = import_module("safetensors.numpy" if arrays else "safetensors.torch")
    try:
        library.save_file(dict(tensors), path, metadata=metadata)
    except SafetensorError as error:
        code = re.search(r"os error (\d+)", str(error))
        raise OSError(int(code[1]) if code else 0, str(error)) from error
