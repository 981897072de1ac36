"""The currency: everything a person sees is `render(recipe)`. Its spellings are JSON, a URL query and PNG metadata."""

import base64
import io
import json
import re
from contextlib import suppress
from dataclasses import MISSING, asdict, dataclass, fields, replace
from difflib import get_close_matches
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

import numpy as np
from PIL import Image, PngImagePlugin

from explorer.core.wording import listing, shown
from trainer.checkpoints.spec import MAX_PSI, MIN_PSI, NOISE_MODES
from trainer.util.errors import UserError

MAX_SEED = 2**32 - 1
MAX_STRENGTH = 100.0
MAX_EDITS = 100
MAX_MIXES = 100
MAX_LAYER = 10**6  # far beyond any network's; the model knows how many it has
MAX_NAME = 300  # characters of a checkpoint's name
MAX_VECTOR = 4_000_000  # characters of an explicit z or w: 18 layers of 16,384 numbers take half of them
MAX_PIXELS = 2**24  # of a dropped image that is decoded to find what lies behind its pixels
MAX_COORDINATE = 1e6  # of an explicit z or w: beyond it float32 overflows in the network
PNG_KEY = "recipe"
OWN_DIRECTION = "w:"  # begins a direction that is carried whole
PRIVATE = "private"  # stands in links and files for the name of a tuned branch, which is the visitor's own
AMPERSAND = re.compile(r"^(?:amp;|#38;|#x26;)+", re.IGNORECASE)  # what stays of an escaped one before a key


@dataclass(frozen=True)
class Edit:
    """One step along a direction, on the layers first .. last (both included; None: to the finest)."""

    direction: str  # "pca:0" = method : axis; or "w:" and the step of a strength of 1, base64 as w itself
    strength: float  # in units of the direction's own scale
    first: int = 0
    last: int | None = None

    def __post_init__(self) -> None:
        check(isinstance(self.direction, str), "direction", self.direction, "text such as pca:0")
        ok = _is_number(self.strength) and abs(self.strength) <= MAX_STRENGTH
        check(ok, "strength", self.strength, f"a number from {-MAX_STRENGTH:g} to {MAX_STRENGTH:g}")
        longest = MAX_VECTOR if self.direction.startswith(OWN_DIRECTION) else MAX_NAME
        check(len(self.direction) <= longest, "direction", self.direction, "text such as pca:0")
        _check_layers(self.first, self.last, "layer")
        object.__setattr__(self, "strength", plain_float(self.strength))


@dataclass(frozen=True)
class Mix:
    """Style mixing: the layers first .. last (both included; None: to the finest) take the w of another seed."""

    seed: int
    first: int = 0
    last: int | None = None

    def __post_init__(self) -> None:
        check(_is_seed(self.seed), "mixed seed", self.seed, f"a whole number, 0 to {MAX_SEED}")
        _check_layers(self.first, self.last, "mixed layer")


@dataclass(frozen=True)
class Recipe:
    """What to draw. Two equal recipes give the same pixels.

    Attributes:
        checkpoint: its name.
        seed: decides z; ignored where z or w is given.
        z: base64 of z_dim little-endian float32 numbers, "" for the seed's.
        w: likewise w_dim numbers, or num_ws * w_dim; already truncated, so psi does not apply again.
        mix: other seeds whose w some layers take instead, in order; before truncation, of no effect where w is given.
        label: class, None for no class or the model's first.
        psi: truncation; 1 = none, 0 = the mean image, beyond 1 exaggerates.
        cutoff: truncate only this many coarse layers; None = all.
        noise: "fixed" (the same for every image), "random" (drawn from the seed) or "none".
        edits: added to w, in order.
        tuned: name of a private branch of the generator that draws it instead (`explorer.core.branches`), "" for none;
            PRIVATE where the name was left out.
    """

    checkpoint: str
    seed: int = 0
    z: str = ""
    w: str = ""
    mix: tuple[Mix, ...] = ()
    label: int | None = None
    psi: float = 1.0
    cutoff: int | None = None
    noise: str = "fixed"
    edits: tuple[Edit, ...] = ()
    tuned: str = ""

    def __post_init__(self) -> None:
        for name, maximum in (("checkpoint", MAX_NAME), ("z", MAX_VECTOR), ("w", MAX_VECTOR), ("tuned", MAX_NAME)):
            check(isinstance(getattr(self, name), str), name, getattr(self, name), "text")
            check(len(getattr(self, name)) <= maximum, name, getattr(self, name), f"at most {maximum:,} characters")
        check(_is_seed(self.seed), "seed", self.seed, f"a whole number, 0 to {MAX_SEED}")
        check(self.label is None or _is_seed(self.label), "label", self.label, "a class number")
        in_range = _is_number(self.psi) and MIN_PSI <= self.psi <= MAX_PSI
        check(in_range, "psi", self.psi, f"a number from {MIN_PSI:g} to {MAX_PSI:g}")
        check(self.cutoff is None or _is_layer(self.cutoff), "cutoff", self.cutoff, "a layer count")
        known = isinstance(self.noise, str) and self.noise in NOISE_MODES
        check(known, "noise", self.noise, f"one of {', '.join(NOISE_MODES)}")
        check(len(self.edits) <= MAX_EDITS, "number of edits", len(self.edits), f"at most {MAX_EDITS}")
        check(len(self.mix) <= MAX_MIXES, "number of mixed seeds", len(self.mix), f"at most {MAX_MIXES}")
        object.__setattr__(self, "psi", plain_float(self.psi))
        object.__setattr__(self, "edits", tuple(self.edits))
        object.__setattr__(self, "mix", tuple(self.mix))

    def at(self, ws: np.ndarray) -> Self:
        """The same at an explicit w, (w_dim,) or (num_ws, w_dim), to which nothing more is done."""
        return replace(self, w=pack(ws), z="", mix=(), psi=1.0, cutoff=None, edits=())

    def public(self) -> Self:
        """The same without the name of a private branch, as it is passed on; it still says that it needs one."""
        return replace(self, tuned=PRIVATE) if self.tuned else self

    def to_dict(self) -> dict[str, Any]:
        """Only what differs from the defaults, in field order: the one form that every spelling carries."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain |= {name: [list(asdict(part).values()) for part in getattr(self, name)] for name in PARTS}
        defaults = {f.name: f.default for f in fields(self)} | {name: [] for name in PARTS}
        return {name: value for name, value in plain.items() if value != defaults[name]}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Self:
        """Raises UserError for what is no object, for unknown fields and impossible values; counts come first."""
        if not isinstance(plain, dict):
            raise UserError(f"This is not a recipe: found {shown(plain)}, expected an object with a checkpoint.")
        unknown = set(plain) - {f.name for f in fields(cls)}
        if unknown:
            raise UserError(f"The recipe has unknown fields: {listing(unknown)}. Remove them.")
        if "checkpoint" not in plain:
            raise UserError("The recipe names no checkpoint. Add one, such as checkpoint=mnist-dcgan.")
        return cls(**{**plain, **{name: parts_of(plain.get(name, ()), name) for name in PARTS}})

    def to_json(self) -> str:
        """`to_dict` as JSON without spaces."""
        return compact(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises UserError for anything that is not a recipe."""
        try:
            plain = json.loads(text)
        except json.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise UserError(f"This is not a recipe: invalid JSON at {place}.") from error
        except (ValueError, TypeError, RecursionError) as error:
            raise UserError("This is not a recipe: its JSON is nested too deeply, or a number is too long.") from error
        return cls.from_dict(plain)

    def to_query(self) -> str:
        """`checkpoint=mnist-dcgan&seed=7`; text as it is, everything else as JSON. Of `public`."""
        return urlencode({k: v if isinstance(v, str) else compact(v) for k, v in self.public().to_dict().items()})

    @classmethod
    def from_query(cls, query: str) -> Self:
        """Inverse of `to_query`; Gradio's own keys and those that trackers add are passed over.

        Raises UserError for other unknown keys, as `from_dict`, and for a key that stands there twice.
        """
        plain: dict[str, Any] = {}
        for key, value in link_pairs(query):
            if key in plain and plain[key] != value:
                raise UserError(f"The link gives two different values for {shown(key)}. Remove one.")
            plain[key] = value
        for f in fields(cls):
            if f.name in plain and f.type is not str:
                try:
                    plain[f.name] = json.loads(plain[f.name])
                except (ValueError, RecursionError) as error:
                    found = shown(plain[f.name])
                    raise UserError(f"The link's {f.name} is {found}, which cannot be read.") from error
        return cls.from_dict(plain)

    def to_png(self, image: Image.Image) -> bytes:
        """A PNG of the image that carries the recipe, as `public` has it."""
        info = PngImagePlugin.PngInfo()
        info.add_text(PNG_KEY, self.public().to_json())
        buffer = io.BytesIO()
        image.save(buffer, "PNG", pnginfo=info)
        return buffer.getvalue()

    @classmethod
    def from_png(cls, image: Image.Image, max_pixels: int = MAX_PIXELS) -> Self:
        """Raises UserError for an image that no explorer saved.

        Another program may have put the text behind the pixels: then these are decoded, where they are not too many.
        """
        if PNG_KEY not in image.info and image.width * image.height <= max_pixels:
            with suppress(Exception):  # a decoder may fail in any way; what it had read by then counts
                image.load()
        if not isinstance(image.info.get(PNG_KEY), str):
            raise UserError("This image contains no recipe. Drop a PNG saved from this app.")
        return cls.from_json(image.info[PNG_KEY])


PARTS: dict[str, Any] = {"mix": Mix, "edits": Edit}  # fields that are tuples of small records
MAX_PARTS = {"mix": MAX_MIXES, "edits": MAX_EDITS}
FIELDS = {f.name for f in fields(Recipe)}
OWN_KEYS = re.compile(r"__\w+|utm_\w+")  # of a link: Gradio's and a campaign's, which say nothing of the image
OTHER_KEYS = re.compile(
    "view|logs|deep_link|session_hash|ref|source|si|_ga|_gl|_hsenc|_hsmi|mc_[ce]id|igshid|gclsrc|[gw]braid|"
    "(fb|g|d|ms|y|tt|tw)cl(k?)id"
)


def link_pairs(query: str) -> list[tuple[str, str]]:
    """Keys and values of a link that are about its recipe, in order. HTML's `&amp;` is read as `&`."""
    pairs = [(AMPERSAND.sub("", key), value) for key, value in parse_qsl(query, keep_blank_values=True)]
    return [(key, value) for key, value in pairs if not (OWN_KEYS.fullmatch(key) or OTHER_KEYS.fullmatch(key))]


def is_link(query: str) -> bool:
    """Whether an address is meant to open a recipe: it names a field, nearly one, or `recipe`."""
    keys = [key.strip().lower() for key, _ in link_pairs(query)]
    return any(get_close_matches(key[:40], {*FIELDS, "recipe"}, n=1, cutoff=0.75) for key in keys)


def parts_of(plain: Any, name: str) -> tuple[Any, ...]:
    """Lists of values -> the records of that field. Raises UserError for too many, and for what is no such list."""
    kind = PARTS[name]
    wanted = f"a list of [{', '.join(f.name for f in fields(kind))}]"
    if not isinstance(plain, list | tuple):
        raise UserError(f"The recipe's {name} is {shown(plain)}; it must be {wanted}.")
    check(len(plain) <= MAX_PARTS[name], f"number of {name}", len(plain), f"at most {MAX_PARTS[name]}")
    found = []
    for part in plain:
        minimum = sum(f.default is MISSING for f in fields(kind))
        if not isinstance(part, list | tuple) or not minimum <= len(part) <= len(fields(kind)):
            raise UserError(f"The recipe's {name} holds {shown(part)}; it must be {wanted}.")
        found.append(kind(*part))
    return tuple(found)


def compact(value: object) -> str:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))


def pack(vector: np.ndarray) -> str:
    """float numbers -> base64 of little-endian float32, exact to the last bit of a float32."""
    return base64.b64encode(np.ascontiguousarray(vector, dtype="<f4").tobytes()).decode()


def unpack(text: str, name: str) -> np.ndarray:
    """Inverse of `pack`, float32 (n,). Raises UserError for what is no sound vector; `name` says which field it was."""
    try:
        vector = np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4")
    except ValueError as error:
        raise UserError(f"The recipe's {name} is not base64 of float32 numbers: {shown(text)}.") from error
    if not (np.abs(vector) <= MAX_COORDINATE).all():  # NaN fails too
        raise UserError(f"The recipe's {name} holds NaN, infinite numbers, or values beyond {MAX_COORDINATE:g}.")
    return vector


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_seed(value: object) -> bool:
    return _is_int(value) and 0 <= value <= MAX_SEED  # type: ignore[operator]


def _is_layer(value: object) -> bool:
    return _is_int(value) and 0 <= value <= MAX_LAYER  # type: ignore[operator]


def _check_layers(first: object, last: object, what: str) -> None:
    check(_is_layer(first), f"first {what}", first, "0 or above")
    check(last is None or (_is_int(last) and abs(last) <= MAX_LAYER), f"last {what}", last, "a layer number")  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def plain_float(number: float) -> float:
    """One spelling for equal numbers: 1 is 1.0, and -0.0 is 0.0."""
    return float(number) + 0.0


def check(ok: bool, name: str, found: object, wanted: str) -> None:
    """Raises UserError unless `ok`. `wanted`: what the field must be, in words."""
    if not ok:
        raise UserError(f"The recipe's {name} is {shown(found)}; it must be {wanted}.")
