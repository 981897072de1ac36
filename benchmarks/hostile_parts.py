"""What the tables of hostile files are put together from: each changes one file, or makes the text of one."""

import hashlib
import io
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np


def sparse(path: Path, size: int) -> None:
    """A file of `size` bytes that takes no space."""
    with path.open("ab") as file:
        file.truncate(size)


def linked(path: Path, target: str) -> None:
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(target)


def piped(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def edited(path: Path, **changes: Any) -> None:
    """Change fields of a JSON file; `options` are merged."""
    record = json.loads(path.read_text())
    if isinstance(changes.get("options"), dict):
        changes["options"] = record["options"] | changes["options"]
    path.write_text(json.dumps(record | changes))


def reweighed(folder: Path, data: bytes) -> None:
    """Other weights, with a config.json that agrees."""
    (folder / "model.safetensors").write_bytes(data)
    edited(folder / "config.json", sha256=hashlib.sha256(data).hexdigest())


def reheaded(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """A safetensors file whose header was changed."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + length :]


def retyped(folder: Path, dtype: str, width: int) -> None:
    """Zeros of another type, `width` bytes each, in the shapes of the weights."""
    data = (folder / "model.safetensors").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    header.pop("__metadata__", None)
    end = 0
    for entry in header.values():
        start, end = end, end + int(np.prod(entry["shape"])) * width
        entry |= {"dtype": dtype, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    reweighed(folder, len(text).to_bytes(8, "little") + text + bytes(end))


def many_tensors(folder: Path) -> None:
    """A header of 40,000 weights without a number in them."""
    header = {f"w{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(40_000)}
    text = json.dumps(header).encode()
    reweighed(folder, len(text).to_bytes(8, "little") + text)


def bomb(side: int = 13_000) -> bytes:
    """A lossless WebP image of 34 bytes and `side` x `side` pixels: where all are alike, none takes a bit."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGBA", (1, 1)).save(buffer, "WEBP", lossless=True)
    data = bytearray(buffer.getvalue())
    size = data.index(b"VP8L") + 9  # after the length and a signature: 14 bits of width - 1, 14 of height - 1
    flags = int.from_bytes(data[size : size + 4], "little") >> 28
    data[size : size + 4] = (flags << 28 | (side - 1) << 14 | (side - 1)).to_bytes(4, "little")
    return bytes(data)


def bombed(path: Path) -> None:
    path.write_bytes(bomb())


def rereferenced(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """A reference whose record was changed; `change` may also return the text to put in its place."""

    def within(header: dict[str, Any]) -> None:
        record = json.loads(header["__metadata__"]["record"])
        text = change(record)
        header["__metadata__"]["record"] = text if isinstance(text, str) else json.dumps(record)

    path.write_bytes(reheaded(path.read_bytes(), within))


def rethumbed(path: Path) -> None:
    """A reference whose thumbnails are a bomb."""
    from safetensors import safe_open
    from safetensors.numpy import save_file

    with safe_open(path, "np") as file:
        tensors, metadata = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118
    save_file(tensors | {"thumbs": np.frombuffer(bomb(), np.uint8)}, path, metadata)


def queried(path: Path, script: str) -> None:
    """Run SQL on a database."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def endless(table: str) -> str:
    """SQL that puts a view without an end in the place of a table."""
    columns = {
        "metrics": "n AS id, n AS images, 'fid' AS name, 1.0 AS value",
        "events": "n AS id, n AS images, 1.0 AS time, 'verdict' AS kind, 'x' AS text, '{}' AS detail",
    }[table]
    counting = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)"
    return f"DROP TABLE {table}; CREATE VIEW {table} AS {counting} SELECT {columns} FROM c;"


def verdict_event(detail: str, images_seen: str = "1", text: str = "'x'") -> str:
    """SQL that adds a verdict whose parts are what they should not be."""
    values = f"({images_seen}, 1.0, 'verdict', {text}, {detail})"
    return f"INSERT INTO events (images, time, kind, text, detail) VALUES {values};"


def array_header(path: Path, shape: str, descr: str = "|u1", order: str = "False") -> None:
    """Another header before the data of an npy file."""
    data = path.read_bytes()
    old = 10 + int.from_bytes(data[8:10], "little")
    text = f"{{'descr': {descr!r}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    text += b" " * (-(10 + len(text) + 1) % 64) + b"\n"
    path.write_bytes(data[:8] + len(text).to_bytes(2, "little") + text + data[old:])
