"""DiceBear's styles: what each is made of, its licence, and its drawings as pixels."""

import hashlib
import io
import json
from functools import cache
from importlib.metadata import version
from importlib.resources import files

import dicebear
import numpy as np
import resvg_py
from PIL import Image

from trainer.data.base import Attribute
from trainer.util.errors import UserError

SUPERSAMPLING = 2  # drawn at twice the size and averaged: smoother edges than the renderer's own
MAX_VALUES = 20  # of a style's components, those with more values are not offered as attributes


def rasterized(svg: str, resolution: int) -> np.ndarray:
    """SVG text -> (R, R, 3) uint8, over white where it is transparent."""
    return np.asarray(Image.fromarray(drawn_at(svg, resolution * SUPERSAMPLING)).reduce(SUPERSAMPLING))


def drawn_at(svg: str, size: int) -> np.ndarray:
    """SVG text -> (size, size, 3) uint8 as the renderer gives it, over white where it is transparent."""
    fontless = "<text" not in svg  # looking for fonts costs more than a small drawing does
    png = resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size, background="white", skip_system_fonts=fontless)
    return np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGB"))


def components_of(style: str) -> tuple[Attribute, ...]:
    """A style's components with a few variants each, as attributes; "none" = left out. UserError if it is unknown."""
    described, _ = definition(style)
    components = {n: c for n, c in described.get("components", {}).items() if n != "animation"}  # we draw one still
    found = []
    for name, component in components.items():
        absent = ("none",) if component.get("probability", 100) < 100 else ()
        found.append(Attribute(name, (*absent, *component.get("variants", ()))))
    return tuple(a for a in found if 2 <= len(a.values) <= MAX_VALUES)


def licence_of(style: str) -> tuple[str, str]:
    """The licence of a style's drawings, and the credit to be kept with them."""
    licence = definition(style)[0]["meta"]["license"]
    return f"{licence['name']} ({licence['url']})", f"{licence['text']}; drawn by DiceBear (https://www.dicebear.com)"


def versions_of(style: str) -> list[str]:
    """What decides the pixels of a style's drawings: of the drawing packages, and of the style's definition."""
    text = definition(style)[1]
    return [version("dicebear-core"), version("resvg-py"), hashlib.sha256(text.encode()).hexdigest()]


def avatar(style: str, options: dict[str, object]) -> dicebear.Avatar:
    """A drawing of a style; what the options leave open is decided by their `seed`."""
    return dicebear.Avatar(opened(style), options)


@cache
def definition(style: str) -> tuple[dict, str]:
    """A style's definition, parsed and as text. UserError if it is unknown."""
    styles = files("dicebear_styles")
    names = sorted(p.name.removesuffix(".json") for p in styles.iterdir() if p.name.endswith(".json"))
    if style not in names:
        raise UserError(f"Unknown avatar style {style!r}. Choose from: {', '.join(names)}.")
    text = styles.joinpath(f"{style}.json").read_text("utf-8")
    return json.loads(text), text


@cache
def opened(style: str) -> dicebear.Style:
    """A style ready to draw."""
    return dicebear.Style(definition(style)[0])
