"""The currency: everything a person sees is `render(recipe)`. Its spellings are JSON, a URL query and PNG metadata."""

import base64
from dataclasses import MISSING, asdict, dataclass, fields, replace
from difflib import get_close_matches
from typing import Any, Self

import numpy as np

from explorer.core.spelling import MAX_NAME, MAX_SEED, Spelled, check, is_int, is_seed, link_pairs
from explorer.core.wording import shown
from trainer.checkpoints.spec import MAX_PSI, MIN_PSI, NOISE_MODES
from trainer.util.errors import UserError

MAX_STRENGTH = 100.0
MAX_EDITS = 100
MAX_MIXES = 100
MAX_LAYER = 10**6  # far beyond any network's; the model knows how many it has
MAX_VECTOR = 4_000_000  # characters of an explicit z or w: 18 layers of 16,384 numbers take half of them
MAX_COORDINATE = 1e6  # of an explicit z or w: beyond it float32 overflows in the network
OWN_DIRECTION = "w:"  # begins a direction that is carried whole
PRIVATE = "private"  # stands in links and files for the name of a tuned branch, which is the visitor's own


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
        check(is_seed(self.seed), "mixed seed", self.seed, f"a whole number, 0 to {MAX_SEED}")
        _check_layers(self.first, self.last, "mixed layer")


@dataclass(frozen=True)
class Recipe(Spelled):
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
        check(is_seed(self.seed), "seed", self.seed, f"a whole number, 0 to {MAX_SEED}")
        check(self.label is None or is_seed(self.label), "label", self.label, "a class number")
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

    def plain(self) -> dict[str, Any]:
        """Its fields' values as JSON has them."""
        return super().plain() | {name: [list(asdict(part).values()) for part in getattr(self, name)] for name in PARTS}

    @classmethod
    def read(cls, plain: dict[str, Any]) -> dict[str, Any]:
        """Inverse of `plain`. Raises UserError for impossible values."""
        if isinstance(plain.get("translator"), str):
            raise UserError("This is a recipe of a translation, not of an image: open it in the tab Translate.")
        return {**super().read(plain), **{name: parts_of(plain.get(name, ()), name) for name in PARTS}}


PARTS: dict[str, Any] = {"mix": Mix, "edits": Edit}  # fields that are tuples of small records
MAX_PARTS = {"mix": MAX_MIXES, "edits": MAX_EDITS}
FIELDS = {f.name for f in fields(Recipe)}


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


def _is_layer(value: object) -> bool:
    return is_int(value) and 0 <= value <= MAX_LAYER  # type: ignore[operator]


def _check_layers(first: object, last: object, what: str) -> None:
    check(_is_layer(first), f"first {what}", first, "0 or above")
    check(last is None or (is_int(last) and abs(last) <= MAX_LAYER), f"last {what}", last, "a layer number")  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def plain_float(number: float) -> float:
    """One spelling for equal numbers: 1 is 1.0, and -0.0 is 0.0."""
    return float(number) + 0.0
