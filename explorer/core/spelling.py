"""How a recipe is spelled, whatever it is of: JSON, a URL query and PNG metadata, all of one canonical form."""

import io
import json
import re
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlencode

from PIL import Image, PngImagePlugin

from explorer.core.wording import listing, shown
from trainer.util.errors import UserError

MAX_SEED = 2**32 - 1
MAX_NAME = 300  # characters of a checkpoint's name
MAX_PIXELS = 2**24  # of a dropped image that is decoded to find what lies behind its pixels
PNG_KEY = "recipe"
AMPERSAND = re.compile(r"^(?:amp;|#38;|#x26;)+", re.IGNORECASE)  # what stays of an escaped one before a key
OWN_KEYS = re.compile(r"__\w+|utm_\w+")  # of a link: Gradio's and a campaign's, which say nothing of the image
OTHER_KEYS = re.compile(
    "view|logs|deep_link|session_hash|ref|source|si|_ga|_gl|_hsenc|_hsmi|mc_[ce]id|igshid|gclsrc|[gw]braid|"
    "(fb|g|d|ms|y|tt|tw)cl(k?)id"
)


@dataclass(frozen=True)
class Spelled:
    """A frozen record with spellings; a subclass has the fields, and what of them JSON writes in another way.

    Attributes:
        NAMED: the field that names its checkpoint, the one that must be given.
        EXAMPLE: of a checkpoint.
    """

    NAMED: ClassVar[str] = "checkpoint"
    EXAMPLE: ClassVar[str] = "mnist-dcgan"

    def plain(self) -> dict[str, Any]:
        """Its fields' values as JSON has them."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def read(cls, plain: dict[str, Any]) -> dict[str, Any]:
        """Inverse of `plain`. Raises UserError for unknown fields and impossible values."""
        unknown = set(plain) - {f.name for f in fields(cls)}
        if unknown:
            raise UserError(f"The recipe has unknown fields: {listing(unknown)}. Remove them.")
        if cls.NAMED not in plain:
            raise UserError(f"The recipe names no checkpoint. Add one, such as {cls.NAMED}={cls.EXAMPLE}.")
        return plain

    def public(self) -> Self:
        """The same as it is passed on in links and files, without what is the visitor's own."""
        return self

    def to_dict(self) -> dict[str, Any]:
        """Only what differs from the defaults, in field order: the one form that every spelling carries."""
        defaults = {f.name: f.default for f in fields(self)}
        return {name: value for name, value in self.plain().items() if value not in (defaults[name], [])}

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Self:
        """Raises UserError for what is no object, for unknown fields and impossible values; counts come first."""
        if not isinstance(plain, dict):
            raise UserError(f"This is not a recipe: found {shown(plain)}, expected an object with a {cls.NAMED}.")
        return cls(**cls.read(plain))

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
        """Raises UserError for an image that no explorer saved."""
        text = carried(image, max_pixels)
        if text is None:
            raise UserError("This image contains no recipe. Drop a PNG saved from this app.")
        return cls.from_json(text)


def carried(image: Image.Image, max_pixels: int = MAX_PIXELS) -> str | None:
    """The recipe that a PNG carries, as it is spelled; None where it carries none.

    Another program may have put the text behind the pixels: then these are decoded, where they are not too many.
    """
    if PNG_KEY not in image.info and image.width * image.height <= max_pixels:
        with suppress(Exception):  # a decoder may fail in any way; what it had read by then counts
            image.load()
    text = image.info.get(PNG_KEY)
    return text if isinstance(text, str) else None


def link_pairs(query: str) -> list[tuple[str, str]]:
    """Keys and values of a link that are about its recipe, in order. HTML's `&amp;` is read as `&`."""
    pairs = [(AMPERSAND.sub("", key), value) for key, value in parse_qsl(query, keep_blank_values=True)]
    return [(key, value) for key, value in pairs if not (OWN_KEYS.fullmatch(key) or OTHER_KEYS.fullmatch(key))]


def compact(value: object) -> str:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"))


def is_int(value: object) -> bool:
    """Whether it is a whole number, and no bool, which Python counts as one."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_seed(value: object) -> bool:
    """Whether it is a seed, 0 to MAX_SEED."""
    return is_int(value) and 0 <= value <= MAX_SEED  # type: ignore[operator]


def check(ok: bool, name: str, found: object, wanted: str) -> None:
    """Raises UserError unless `ok`. `wanted`: what the field must be, in words."""
    if not ok:
        raise UserError(f"The recipe's {name} is {shown(found)}; it must be {wanted}.")
