"""Files as somebody who means harm, or a failing disk, would leave them: damaged at random, or made for one purpose.

`mutations` damages any file in endless ways that a seed decides. The tables hold what random damage does not find: each
takes the folder of a sound checkpoint, run or packed data set and turns it into a hostile one.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.hostile_parts import (
    array_header,
    bombed,
    edited,
    endless,
    linked,
    many_tensors,
    piped,
    queried,
    rereferenced,
    rethumbed,
    retyped,
    sparse,
    verdict_event,
)

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
    "no images": lambda p: rereferenced(p, lambda record: record.update(pictures=0)),
    "nine channels": lambda p: rereferenced(p, lambda record: record.update(channels=9)),
    "figures of numbers": lambda p: rereferenced(p, lambda r: r.update(figures=[[] for _ in r["figures"]])),
    "a bomb for thumbnails": rethumbed,
}

RUNS: dict[str, Damage] = {
    "a verdict of a bracket": lambda f: queried(f / "store.sqlite", verdict_event("'{'")),
    "a verdict of a list": lambda f: queried(f / "store.sqlite", verdict_event("'[]'")),
    "a verdict of nothing": lambda f: queried(f / "store.sqlite", verdict_event("NULL")),
    "a verdict of bytes": lambda f: queried(f / "store.sqlite", verdict_event("x'ff'")),
    "a verdict without a title": lambda f: queried(f / "store.sqlite", verdict_event("'{}'")),
    "a verdict whose title is a list": lambda f: queried(
        f / "store.sqlite", verdict_event("""'{"title": [], "grade": {}}'""")
    ),
    "a deep verdict": lambda f: queried(f / "store.sqlite", verdict_event(f"'{DEEP}'")),
    "a verdict of 60 MB": lambda f: queried(f / "store.sqlite", verdict_event("zeroblob(60000000)")),
    "a verdict at text": lambda f: queried(f / "store.sqlite", verdict_event("'{}'", images_seen="'soon'")),
    "a verdict that is no UTF-8": lambda f: queried(
        f / "store.sqlite", verdict_event("'{}'", text="CAST(x'ff' AS TEXT)")
    ),
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
    "images of objects": lambda f: array_header(f / "images.npy", "(2,)", "|O"),
    "images of 10^12": lambda f: array_header(f / "images.npy", "(1000000000000, 8, 8, 3)"),
    "images below zero": lambda f: array_header(f / "images.npy", "(-1, 8, 8, 3)"),
    "images on end": lambda f: array_header(f / "images.npy", "(2, 8, 8, 3)", order="True"),
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
