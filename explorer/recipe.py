"""The currency: everything a person sees is `render(recipe)`. Its spellings are JSON, a URL query and PNG metadata."""

import base64
import io
import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

import numpy as np
from PIL import Image, PngImagePlugin

from trainer.errors import UserError

NOISE_MODES = ("fixed", "random", "none")
MAX_SEED = 2**32 - 1
MAX_STRENGTH = 100.0
MAX_EDITS = 100
MAX_MIXES = 100
MAX_COORDINATE = 1e6  # of an explicit z or w: beyond it float32 overflows in the network
PNG_KEY = "recipe"


@dataclass(frozen=True)
class Edit:
    """One step along a direction, on the layers first .. last (both included; None: to the finest)."""

    direction: str  # "pca:0" = method : axis
    strength: float  # in units of the direction's own scale
    first: int = 0
    last: int | None = None

    def __post_init__(self) -> None:
        check(isinstance(self.direction, str), "direction", self.direction, "text such as pca:0")
        ok = is_number(self.strength) and abs(self.strength) <= MAX_STRENGTH
        check(ok, "strength", self.strength, f"a number from {-MAX_STRENGTH:g} to {MAX_STRENGTH:g}")
        check(is_int(self.first) and self.first >= 0, "first layer", self.first, "0 or above")
        check(self.last is None or is_int(self.last), "last layer", self.last, "a layer number")
        object.__setattr__(self, "strength", plain_float(self.strength))


@dataclass(frozen=True)
class Mix:
    """Style mixing: the layers first .. last (both included; None: to the finest) take the w of another seed."""

    seed: int
    first: int = 0
    last: int | None = None

    def __post_init__(self) -> None:
        check(is_seed(self.seed), "mixed seed", self.seed, f"a whole number, 0 to {MAX_SEED}")
        check(is_int(self.first) and self.first >= 0, "first mixed layer", self.first, "0 or above")
        check(self.last is None or is_int(self.last), "last mixed layer", self.last, "a layer number")


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
        psi: truncation; 1 = none, 0 = the mean picture, beyond 1 exaggerates.
        cutoff: truncate only this many coarse layers; None = all.
        noise: "fixed" (the same for every picture), "random" (drawn from the seed) or "none".
        edits: added to w, in order.
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

    def __post_init__(self) -> None:
        for name in ("checkpoint", "z", "w"):
            check(isinstance(getattr(self, name), str), name, getattr(self, name), "text")
        check(is_seed(self.seed), "seed", self.seed, f"a whole number, 0 to {MAX_SEED}")
        check(self.label is None or (is_int(self.label) and self.label >= 0), "label", self.label, "a class number")
        check(is_number(self.psi) and -2 <= self.psi <= 2, "psi", self.psi, "a number from -2 to 2")
        check(self.cutoff is None or (is_int(self.cutoff) and self.cutoff >= 0), "cutoff", self.cutoff, "a layer count")
        check(self.noise in NOISE_MODES, "noise", self.noise, f"one of {', '.join(NOISE_MODES)}")
        check(len(self.edits) <= MAX_EDITS, "number of edits", len(self.edits), f"at most {MAX_EDITS}")
        check(len(self.mix) <= MAX_MIXES, "number of mixed seeds", len(self.mix), f"at most {MAX_MIXES}")
        object.__setattr__(self, "psi", plain_float(self.psi))
        object.__setattr__(self, "edits", tuple(self.edits))
        object.__setattr__(self, "mix", tuple(self.mix))

    def to_dict(self) -> dict[str, Any]:
        """Only what differs from the defaults, in field order: the one form that every spelling carries."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain |= {name: [list(asdict(part).values()) for part in getattr(self, name)] for name in PARTS}
        defaults = {f.name: f.default for f in fields(self)} | {name: [] for name in PARTS}
        return {name: value for name, value in plain.items() if value != defaults[name]}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Self:
        """Raises UserError for unknown fields and impossible values."""
        unknown = set(plain) - {f.name for f in fields(cls)}
        if unknown:
            raise UserError(f"The recipe has fields that nobody knows: {', '.join(sorted(unknown))}. Remove them.")
        if "checkpoint" not in plain:
            raise UserError("The recipe names no checkpoint. Add one, such as checkpoint=mnist-dcgan.")
        parts = {}
        for name, kind in PARTS.items():
            try:
                parts[name] = tuple(kind(*part) for part in plain.get(name, ()))
            except TypeError as error:
                wanted = f"a list of [{', '.join(f.name for f in fields(kind))}]"
                raise UserError(f"The recipe's {name} is not {wanted}: {error}.") from error
        return cls(**{**plain, **parts})

    def to_json(self) -> str:
        return compact(self.to_dict())

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises UserError for anything that is not a recipe."""
        try:
            plain = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UserError(f"This is no recipe: {error}.") from error
        if not isinstance(plain, dict):
            raise UserError(f"This is no recipe: found a {type(plain).__name__}, expected an object with a checkpoint.")
        return cls.from_dict(plain)

    def to_query(self) -> str:
        """`checkpoint=mnist-dcgan&seed=7`; text as it is, everything else as JSON."""
        return urlencode({k: v if isinstance(v, str) else compact(v) for k, v in self.to_dict().items()})

    @classmethod
    def from_query(cls, query: str) -> Self:
        """Inverse of `to_query`; keys that are no field (Gradio's own, say) are passed over."""
        texts = {f.name for f in fields(cls) if f.type is str}
        known = {f.name for f in fields(cls)}
        plain: dict[str, Any] = {}
        for key, value in parse_qsl(query, keep_blank_values=True):
            if key in texts:
                plain[key] = value
            elif key in known:
                try:
                    plain[key] = json.loads(value)
                except (ValueError, RecursionError) as error:
                    raise UserError(f"The link's {key} is {value!r}, which cannot be read.") from error
        return cls.from_dict(plain)

    def to_png(self, picture: Image.Image) -> bytes:
        """A PNG of the picture that carries the recipe."""
        info = PngImagePlugin.PngInfo()
        info.add_text(PNG_KEY, self.to_json())
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", pnginfo=info)
        return buffer.getvalue()

    @classmethod
    def from_png(cls, picture: Image.Image) -> Self:
        """Raises UserError for a picture that no explorer saved."""
        if PNG_KEY not in picture.info:
            raise UserError("This picture carries no recipe. Drop a PNG that was downloaded from the explorer.")
        return cls.from_json(picture.info[PNG_KEY])


PARTS: dict[str, Any] = {"mix": Mix, "edits": Edit}  # fields that are tuples of small records


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
        raise UserError(f"The recipe's {name} is no base64 of float32 numbers: {error}.") from error
    if not (np.abs(vector) <= MAX_COORDINATE).all():  # NaN fails too
        raise UserError(f"The recipe's {name} holds NaN, infinite numbers or some beyond {MAX_COORDINATE:g}.")
    return vector


def is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_seed(value: object) -> bool:
    return is_int(value) and 0 <= value <= MAX_SEED  # type: ignore[operator]


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def plain_float(number: float) -> float:
    """One spelling for equal numbers: 1 is 1.0, and -0.0 is 0.0."""
    return float(number) + 0.0


def check(ok: bool, name: str, found: object, wanted: str) -> None:
    if not ok:
        raise UserError(f"The recipe's {name} is {found!r}; it must be {wanted}.")
