"""Files as somebody who means harm, or a failing disk, would leave them: damaged at random, or made for one purpose.

`mutations` damages any file in endless ways that a seed decides. The tables hold what random damage does not find: each
takes the folder of a sound checkpoint, run or packed data set and turns it into a hostile one.
"""

import hashlib
import io
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

Damage = Callable[[Path], object]
TOKENS = (
    b"null", b"true", b"-1", b"0", b"1e400", b"NaN", b"1000000", b"18446744073709551616", b"1" * 5000, b'""', b"{}",
    b"[]", b'"\\ud800"', b"[" * 2000, b'"F8_E4M3"', b'{"a":' * 500,
)  # fmt: skip
HEAD = 4096  # bytes at the beginning, where the structure of most files stands


def mutations(data: bytes, rng: np.random.Generator) -> Iterator[bytes]:
    """The file with one damage or a few, for ever; which ones, `rng` decides."""
    kinds = (cut, flipped, flipped_head, overwritten, removed, doubled, retold, retold, resized)
    while True:
        damaged = data
        for _ in range(int(rng.integers(1, 4))):
            damaged = kinds[rng.integers(len(kinds))](damaged, rng)
        yield damaged


def at(size: int, rng: np.random.Generator) -> int:
    return int(rng.integers(max(size, 1)))


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: at(len(data), rng)]


def flipped(data: bytes, rng: np.random.Generator, within: int = 0) -> bytes:
    """A few random bits, in the first `within` bytes where that is given."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 9)) if data else 0):
        changed[at(min(within or len(data), len(data)), rng)] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def flipped_head(data: bytes, rng: np.random.Generator) -> bytes:
    return flipped(data, rng, HEAD)


def overwritten(data: bytes, rng: np.random.Generator) -> bytes:
    """A stretch of zeros, ones or noise."""
    start, length = at(len(data), rng), int(rng.integers(1, 512))
    filling = (b"\0" * length, b"\xff" * length, rng.bytes(length))[rng.integers(3)]
    return data[:start] + filling + data[start + length :]


def removed(data: bytes, rng: np.random.Generator) -> bytes:
    start = at(len(data), rng)
    return data[:start] + data[start + int(rng.integers(1, 512)) :]


def doubled(data: bytes, rng: np.random.Generator) -> bytes:
    start = at(len(data), rng)
    return data[: start + int(rng.integers(1, 512))] + data[start:]


def retold(data: bytes, rng: np.random.Generator) -> bytes:
    """One value of JSON, if the beginning of the file holds some, replaced by another."""
    values = list(re.finditer(rb'-?\d+(\.\d+)?|"[^"\\]*"|\[[^\[\]]*\]|true|false|null', data[:HEAD]))
    if not values:
        return flipped_head(data, rng)
    chosen = values[rng.integers(len(values))]
    return data[: chosen.start()] + TOKENS[rng.integers(len(TOKENS))] + data[chosen.end() :]


def resized(data: bytes, rng: np.random.Generator) -> bytes:
    """Another length where a safetensors file tells that of its header."""
    length = int(rng.integers(2**63)) >> int(rng.integers(63))
    return length.to_bytes(8, "little") + data[8:]


# ---- parts


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
    """A lossless WebP picture of 34 bytes and `side` x `side` pixels: where all are alike, none takes a bit."""
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


def told(detail: str, images: str = "1", text: str = "'x'") -> str:
    """SQL that adds a verdict whose parts are what they should not be."""
    values = f"({images}, 1.0, 'verdict', {text}, {detail})"
    return f"INSERT INTO events (images, time, kind, text, detail) VALUES {values};"


def array_header(path: Path, shape: str, descr: str = "|u1", order: str = "False") -> None:
    """Another header before the data of an npy file."""
    data = path.read_bytes()
    old = 10 + int.from_bytes(data[8:10], "little")
    text = f"{{'descr': {descr!r}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    text += b" " * (-(10 + len(text) + 1) % 64) + b"\n"
    path.write_bytes(data[:8] + len(text).to_bytes(2, "little") + text + data[old:])


# ---- what random damage does not find

DEEP = "[" * 200_000
SECRET = "/etc/passwd"
BIG = 6 * 10**9  # bytes

FILES: dict[str, Callable[[Path], object]] = {  # for any file that is read
    "a link out of the folder": lambda path: linked(path, SECRET),
    "a link to a device": lambda path: linked(path, "/dev/zero"),
    "a link to itself": lambda path: linked(path, path.name),
    "a link to nothing": lambda path: linked(path, "nothing"),
    "a pipe": piped,
    "6 GB": lambda path: sparse(path, BIG),
    "empty": lambda path: path.write_bytes(b""),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}  # fmt: skip

CHECKPOINTS: dict[str, Damage] = {
    "a million layers": lambda f: edited(f / "config.json", options={"mapping_layers": 10**6}),
    "ten billion layers": lambda f: edited(f / "config.json", options={"mapping_layers": 10**10}),
    "codes of text": lambda f: edited(f / "config.json", options={"codes": ""}),
    "one code": lambda f: edited(f / "config.json", options={"codes": [1]}),
    "more codes than z": lambda f: edited(f / "config.json", options={"codes": [5000, 0]}),
    "codes below zero": lambda f: edited(f / "config.json", options={"codes": [-5, 5]}),
    "no number of classes": lambda f: edited(f / "config.json", options={"num_classes": None}),
    "half a class": lambda f: edited(f / "config.json", options={"num_classes": 0.5}),
    "false classes": lambda f: edited(f / "config.json", options={"num_classes": False}),
    "two channels": lambda f: edited(f / "config.json", options={"channels": 2}),
    "a prior of numbers": lambda f: edited(f / "config.json", options={"prior": 3}),
    "a wide network": lambda f: edited(f / "config.json", options={"width": 10**6}),
    "no width": lambda f: edited(f / "config.json", options={"width": 0}),
    "float8 weights": lambda f: retyped(f, "F8_E4M3", 1),
    "half weights that are whole": lambda f: retyped(f, "I16", 2),
    "complex weights": lambda f: retyped(f, "C64", 8),
    "40,000 weights": many_tensors,
    "a deep config": lambda f: (f / "config.json").write_text(DEEP),
    "a summary of half a pair": lambda f: edited(f / "config.json", summary="\ud800"),
    "a long summary": lambda f: edited(f / "config.json", summary="x" * 900_000),
    "a class that is no UTF-8": lambda f: edited(f / "config.json", data={"attributes": {"class": ["caf\udce9"] * 10}}),
    "a preview that is a bomb": lambda f: bombed(f / "preview.webp"),
}

REFERENCES: dict[str, Damage] = {  # of reference.safetensors
    "a deep record": lambda p: rereferenced(p, lambda record: DEEP),
    "a record of a list": lambda p: rereferenced(p, lambda record: "[1]"),
    "thumbnails without a side": lambda p: rereferenced(p, lambda record: record.update(thumb=0)),
    "thumbnails of another side": lambda p: rereferenced(p, lambda record: record.update(thumb=7)),
    "no heads": lambda p: rereferenced(p, lambda record: record.update(heads=[], counts=[])),
    "a head of numbers": lambda p: rereferenced(p, lambda record: record.update(heads=[[1, [2]]])),
    "other counts": lambda p: rereferenced(p, lambda record: record.update(counts=[[1]])),
    "counts below zero": lambda p: rereferenced(p, lambda r: r.update(counts=[[-1] * len(c) for c in r["counts"]])),
    "a side of a million": lambda p: rereferenced(p, lambda record: record.update(side=10**6)),
    "no pictures": lambda p: rereferenced(p, lambda record: record.update(pictures=0)),
    "nine channels": lambda p: rereferenced(p, lambda record: record.update(channels=9)),
    "figures of numbers": lambda p: rereferenced(p, lambda r: r.update(figures=[[] for _ in r["figures"]])),
    "a bomb for thumbnails": rethumbed,
}

RUNS: dict[str, Damage] = {
    "a verdict of a bracket": lambda f: queried(f / "store.sqlite", told("'{'")),
    "a verdict of a list": lambda f: queried(f / "store.sqlite", told("'[]'")),
    "a verdict of nothing": lambda f: queried(f / "store.sqlite", told("NULL")),
    "a verdict of bytes": lambda f: queried(f / "store.sqlite", told("x'ff'")),
    "a verdict without a title": lambda f: queried(f / "store.sqlite", told("'{}'")),
    "a verdict whose title is a list": lambda f: queried(f / "store.sqlite", told("""'{"title": [], "grade": {}}'""")),
    "a deep verdict": lambda f: queried(f / "store.sqlite", told(f"'{DEEP}'")),
    "a verdict of 60 MB": lambda f: queried(f / "store.sqlite", told("zeroblob(60000000)")),
    "a verdict at text": lambda f: queried(f / "store.sqlite", told("'{}'", images="'soon'")),
    "a verdict that is no UTF-8": lambda f: queried(f / "store.sqlite", told("'{}'", text="CAST(x'ff' AS TEXT)")),
    "endless events": lambda f: queried(f / "store.sqlite", endless("events")),
    "endless metrics": lambda f: queried(f / "store.sqlite", endless("metrics")),
    "metrics of text": lambda f: queried(f / "store.sqlite", "UPDATE metrics SET images = 'a', value = x'00';"),
    "no tables": lambda f: queried(f / "store.sqlite", "DROP TABLE metrics; DROP TABLE events;"),
    "a deep config": lambda f: (f / "config.json").write_text(DEEP),
    "a config of a number": lambda f: (f / "config.json").write_text("5"),
    "a config of null": lambda f: edited(f / "config.json", resolution=None, arch=[]),
    "a deep lineage": lambda f: (f / "lineage.json").write_text(DEEP),
    "a lineage of a list": lambda f: (f / "lineage.json").write_text("[1]"),
    "a log of 6 GB": lambda f: sparse(f / "log.txt", BIG),
    "a linked log": lambda f: linked(f / "log.txt", "/dev/zero"),
    "a linked lock": lambda f: ((f / "pid").write_text("1"), linked(f / "lock", SECRET)),
    "a linked sheet": lambda f: linked(f / "samples" / "00000001.webp", SECRET),
    "a sheet without an end": lambda f: linked(f / "samples" / "00000001.webp", "/dev/zero"),
    "a sheet that is a bomb": lambda f: bombed(f / "samples" / "00000001.webp"),
    "a sheet of text": lambda f: (f / "samples" / "00000001.webp").write_text("x"),
    "a sheet at 10^200": lambda f: (f / "samples" / f"1{'0' * 200}.webp").write_text("x"),
}

PACKED: dict[str, Damage] = {
    "pictures of objects": lambda f: array_header(f / "images.npy", "(2,)", "|O"),
    "pictures of 10^12": lambda f: array_header(f / "images.npy", "(1000000000000, 8, 8, 3)"),
    "pictures below zero": lambda f: array_header(f / "images.npy", "(-1, 8, 8, 3)"),
    "pictures on end": lambda f: array_header(f / "images.npy", "(2, 8, 8, 3)", order="True"),
    "a header of code": lambda f: array_header(f / "images.npy", "__import__('os').getpid()"),
    "a deep header": lambda f: array_header(f / "images.npy", "(" * 5000),
    "a shape of text": lambda f: array_header(f / "images.npy", "'abc'"),
    "labels of floats": lambda f: array_header(f / "labels.npy", "(2, 1)", "<f8"),
    "labels of 10^12": lambda f: array_header(f / "labels.npy", "(1000000000000, 1)", "<i8"),
    "labels out of range": lambda f: np.save(f / "labels.npy", np.load(f / "labels.npy") + 10**6),
    "a deep meta": lambda f: (f / "meta.json").write_text(DEEP),
    "a meta of a list": lambda f: (f / "meta.json").write_text("[1]"),
    "attributes of numbers": lambda f: edited(f / "meta.json", attributes=[{"name": 1, "values": 5}]),
    "notes of numbers": lambda f: edited(f / "meta.json", notes=[1, None]),
}
