"""Questions that no page of ours would ask, for a fuzz of the handlers: a pure function of a seed.

Each is a sound question of some handler with one to three of its parts, at any depth, replaced, removed or repeated by
what JSON can say and a program may not expect. `SOUND` holds the sound ones, in names that the caller's library has:
a checkpoint, a translator that reads a style code, and a run.
"""

import base64
import copy
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

Question = Any
CHECKPOINT, TRANSLATOR, RUN = "faces", "drawings", "one"
RECIPE = {
    "checkpoint": CHECKPOINT, "seed": 5, "z": "", "w": "", "mix": [[3, 0, None]], "label": None, "psi": 0.7,
    "cutoff": 1, "noise": "fixed", "tuned": "", "edits": [["pca:0", 1.5, 0, None]],
}  # fmt: skip
SUBJECT = {"checkpoint": CHECKPOINT, "psi": 1.0, "label": None, "n": 60}
JOB = {"name": "new", "preset": "mnist-dcgan", "settings": {"data": "mnist", "kimg": 10.0, "batch": 32, "width": 16}}
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAEElEQVR42mOMYoAAJgaKGAAbfgBq+MZE2wAAAABJRU5ErkJggg=="  # 8 x 8
)
DRAWING = {
    "translator": TRANSLATOR, "paper": "#faf0d2", "example": 1, "sample": None, "image": "", "strokes": "",
    "seed": 4, "z": "", "back": False,
}  # fmt: skip
PIXELS = base64.b64encode(bytes(16 * 16 * 3)).decode()  # what the translator reads, and makes
DIRECTION = {"id": "pca:1", "first": 0, "last": None}
ENDS = {"low": -3, "high": 3.5}
SOUND: dict[str, dict[str, Any]] = {
    "render": {"recipe": RECIPE, "quick": True},
    "rebase": {"recipe": RECIPE},
    "png": {"recipe": RECIPE},
    "tiles": {"recipes": [{"checkpoint": CHECKPOINT, "seed": seed} for seed in range(9)], "columns": 3},
    "scores": {"recipes": [{"checkpoint": CHECKPOINT, "seed": seed} for seed in range(4)]},
    "sheet": {"recipes": [{"checkpoint": CHECKPOINT, "seed": seed} for seed in range(9)], "columns": 3},
    "open_png": {"data": ""},
    "generator": {"checkpoint": CHECKPOINT},
    "latents": {"recipes": [RECIPE]},
    "path": {"keyframes": [RECIPE, RECIPE], "count": 8, "interpolation": "slerp", "space": "w", "loop": True},
    "axes": {"checkpoint": CHECKPOINT, "directions": ["pca:0", "sefa:1"]},
    "directions": {"checkpoint": CHECKPOINT},
    "learn_directions": {"checkpoint": CHECKPOINT, "visitor": "a" * 32},
    "look_learning": {"job": "a" * 32},
    "stop_learning": {"job": "a" * 32},
    "direction_previews": {"recipe": RECIPE, "directions": [DIRECTION | ENDS]},
    "direction_strip": {"recipe": RECIPE, "direction": DIRECTION | ENDS, "count": 5},
    "own_direction": {"checkpoint": CHECKPOINT, "plus": [RECIPE], "minus": [{"checkpoint": CHECKPOINT, "seed": 9}]},
    "held_fixed": {"checkpoint": CHECKPOINT, "direction": DIRECTION, "fixed": [DIRECTION | {"id": "random:2"}]},
    "channels_in_region": {"recipe": RECIPE, "region": {"left": 0, "top": 0.25, "right": 1, "bottom": 0.75}},
    "class_pictures": {"recipe": RECIPE},
    "code_pictures": {"recipe": RECIPE},
    "export_directions": {"checkpoint": CHECKPOINT, "directions": [DIRECTION | ENDS | {"title": "t", "note": "n"}]},
    "import_directions": {"checkpoint": CHECKPOINT, "data": ""},
    "drag_start": {"recipe": RECIPE, "pairs": [[1, 1, 4, 4]], "mask": "", "visitor": "a" * 32},
    "drag_look": {"job": "a" * 32},
    "drag_cancel": {"job": "a" * 32},
    "diagnose": {**SUBJECT, "page": "a page", "stamp": 1.0},
    "map_points": {**SUBJECT, "method": "PCA"},
    "hover": {**SUBJECT, "side": "real", "row": 3},
    "near": {**SUBJECT, "row": 3},
    "recipe_of": {**SUBJECT, "row": 3},
    "recipes_of": {**SUBJECT, "rows": [3, 5]},
    "try_row": {**SUBJECT, "row": 3},
    "try_uncovered": {**SUBJECT, "psi": 0.1},
    "look": {"checkpoint": CHECKPOINT},
    "decode": {"data": PICTURE},
    "search": {"checkpoint": CHECKPOINT, "picture": PICTURE, "hidden": None, "side": 4, "label": None, "starts": 2},
    "tune": {"recipe": RECIPE, "picture": PICTURE},
    "search_look": {"job": "a" * 32, "seen": 3},
    "search_cancel": {"job": "a" * 32},
    "nearest": {"checkpoint": CHECKPOINT, "picture": PICTURE},
    "translators": {},
    "translator": {"checkpoint": TRANSLATOR},
    "opened": {"recipe": DRAWING},
    "translated": {"checkpoint": TRANSLATOR, "pixels": PIXELS, "styles": [None, None], "back": False},
    "completers": {"checkpoint": TRANSLATOR},
    "complete": {"recipe": DRAWING, "generator": CHECKPOINT},
    "codes": {"checkpoint": TRANSLATOR, "seeds": [0, 7]},
    "patches": {"checkpoint": TRANSLATOR, "pixels": PIXELS, "made": PIXELS},
    "style": {"checkpoint": TRANSLATOR, "picture": PICTURE},
    "translation_png": {"recipe": DRAWING},
    "open_translation": {"checkpoint": TRANSLATOR, "data": PICTURE},
    "network": {"checkpoint": TRANSLATOR},
    "watch": {"stamp": 0, "runs": {RUN: {"metric": 1, "event": 1, "stamp": 2}}},
    "sheet_at": {"run": RUN, "images_seen": 4},
    "video": {"run": RUN, "kind": "webp"},
    "tile": {"run": RUN, "images_seen": 4, "tile": 3},
    "compare": {"runs": [RUN, RUN]},
    "described": {},
    "form": {},
    "check": JOB,
    "estimate": JOB,
    "start": JOB,
    "resume": {"run": RUN},
    "tell": {"run": RUN, "kind": "set", "argument": {"lr": 0.5}},
    "answer_of": {"run": RUN, "id": 1},
    "stop": {"run": RUN},
    "branch": {"run": RUN, "images_seen": 4, "name": "twig", "settings": {"lr": 0.001, "seed": 2}},
    "publish": {"run": RUN, "snapshot": "latest", "name": "mine"},
}
NUMBERS = [
    0, -1, 1, 2, 0.5, -0.0, 1e-320, 1e308, -1e308, float("inf"), float("-inf"), float("nan"), 2**31, 2**32, 2**53 + 1,
    2**63 - 1, 2**63, 2**64, -(2**63), -(2**64), 10**30, 10**400, 1e6, 1e9, 17, 2.5, True, False, None,
]  # fmt: skip
TEXTS = [
    "", " ", "\0", "a\0b", "\n", "\ud800", "x\udfffy", "é", "🙂", "\u202e", "null", "NaN", "1e400", "-1", "0x10",
    "../../etc/passwd", "/etc/passwd", "/", "~", "//host/share", "C:\\Windows", "file:///etc/passwd", "<b>x</b>",
    "'; --", "%s%n", "{0.__class__}", "con", "run:", f"run:{RUN}", f"run:{RUN}@best", f"run:{RUN}@../..", "run:@1",
    "pca:999", "pca:-1", "pca:", ":", "sefa:0", "nothing:0", "pca:0:0", "a" * 300, "b" * 70_000, "9" * 4000,
    "[" * 5000, "AAAA", "AAAAfw==", "AADAfw==", "====", "webp", "mp4", "gif", "z", "w", "lerp", "slerp", "real",
    "fake", "t-SNE", "__class__",
]  # fmt: skip
SHAPES: list[Callable[[], Any]] = [
    list, dict, lambda: [[]], lambda: [None] * 9, lambda: {"": 0}, lambda: {"checkpoint": {}}, lambda: nested(8),
    lambda: nested(200), lambda: [0] * 200, lambda: [{}] * 150, lambda: ["pca:0"] * 101,
    lambda: [["pca:0", 1.0]] * 101, lambda: {str(i): i for i in range(300)}, lambda: [1] * 60_000,
    lambda: [CHECKPOINT], lambda: [["pca:0", 1, 0, None, 5]], lambda: [["pca:0", 1e400]],
    lambda: {"checkpoint": CHECKPOINT}, lambda: [[1, 2, 1]], lambda: [[2**32]], lambda: "c" * 9_000_000,
]  # fmt: skip

RECIPES = [  # in a PNG
    b'{"checkpoint":"faces","seed":3}', b"{", b"[" * 50_000, b'{"checkpoint":"faces","seed":1e400}', b"\xff\xfe", b"",
    b'{"checkpoint":"faces","psi":NaN}', b'{"checkpoint":"\\ud800"}', b'{"seed":' + b"9" * 5000 + b"}", b"null",
]  # fmt: skip


def questions(seed: int, count: int) -> Iterator[tuple[str, Question]]:
    """(handler's name, question), `count` of them: each handler in turn, mutated at random. Equal seeds, equal ones."""
    rng = random.Random(seed)
    names = list(SOUND)
    for i in range(count):
        name = names[i % len(names)]
        question: Any = copy.deepcopy(SOUND[name])
        if name == "open_png":
            question["data"] = base64.b64encode(png(rng)).decode()
        if rng.random() < 0.03:
            question = anything(rng)
        for _ in range(rng.choice((1, 1, 2, 3))):
            mutate(question, rng)
        yield name, question


def mutate(question: Any, rng: random.Random) -> None:
    """Change one part, in place."""
    places = list(parts_of(question))
    if not places:
        return
    holder, key = rng.choice(places)
    kind = rng.random()
    if kind < 0.1 and isinstance(holder, dict):
        del holder[key]
    elif kind < 0.2 and isinstance(holder, dict):
        holder[rng.choice(TEXTS)] = anything(rng)
    elif kind < 0.3 and isinstance(holder, list):
        holder.extend(holder * rng.choice((1, 40)))
    else:
        holder[key] = anything(rng)


def parts_of(thing: Any) -> Iterator[tuple[Any, Any]]:
    """(holder, key) of every part, at any depth."""
    if isinstance(thing, dict | list):
        for key in list(thing) if isinstance(thing, dict) else range(len(thing)):
            yield thing, key
            yield from parts_of(thing[key])


def anything(rng: random.Random) -> Any:
    """A value of any kind."""
    kind = rng.random()
    if kind < 0.45:
        return rng.choice(NUMBERS)
    if kind < 0.8:
        return rng.choice(TEXTS)
    return rng.choice(SHAPES)()


def nested(depth: int) -> list[Any]:
    thing: list[Any] = []
    for _ in range(depth):
        thing = [thing]
    return thing


def png(rng: random.Random) -> bytes:
    """A PNG by hand: its recipe before or behind the pixels, hostile texts and sizes; sometimes cut or shaken."""
    recipe = rng.choice(RECIPES)
    side = rng.choice((1, 4, 4, 4, 2**31 - 1, 60_000, 0))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, rng.choice((0, 0, 2, 3, 9)), 0, 0, 0))
    text = chunk(
        rng.choice((b"tEXt", b"tEXt", b"zTXt", b"iTXt")), b"recipe\0" + rng.choice((b"", b"\0", b"\0\0\0\0")) + recipe
    )
    pixels = chunk(b"IDAT", zlib.compress(bytes(5 * 4) if side == 4 else b""))
    end = chunk(b"IEND", b"")
    parts = rng.choice(([head, text, pixels, end], [head, pixels, text, end], [head, text], [text, head, pixels, end]))
    data = bytearray(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    if rng.random() < 0.3:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data[: rng.randrange(len(data))] if rng.random() < 0.15 else data)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
