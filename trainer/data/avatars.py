"""Cartoon faces, drawn on the spot: no download, and exact labels for what the image shows.

The plain set is a curated part of DiceBear's avataaars: few, clearly different values and a close crop, so that a small
GAN learns them within the hour on a CPU. `avatars:<style>` draws any other DiceBear style from seeds alone.
"""

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from importlib.resources import files
from typing import NamedTuple

import dicebear
import numpy as np
import resvg_py
from PIL import Image

from trainer.data.base import DATASETS, Attribute, LabelledImage, Request, Source
from trainer.util.errors import UserError

COUNT = 20_000  # drawn unless a limit says otherwise
HELD_OUT_START = 10**6  # index of the first face that no training sees
HELD_OUT_COUNT = 10_000
SUPERSAMPLING = 2  # drawn at twice the size and averaged: smoother edges than the renderer's own
CROP = "25 0 230 230"  # SVG viewBox of the curated set: head and shoulders out of 280 x 280
MAX_VALUES = 20  # of another style's components, those with more values are not offered as attributes


class Trait(NamedTuple):
    """One free choice: its name, the DiceBear option it sets, and label -> DiceBear's value (None = leave it out)."""

    name: str
    option: str
    values: Mapping[str, str | None]
    odds: tuple[int, ...] | None = None  # relative frequency a value; None = all alike


TRAITS = (
    Trait(
        "hair",
        "topVariant",
        {
            "buzz": "theCaesar",
            "short": "shortFlat",
            "quiff": "shortWaved",
            "bun": "bun",
            "bob": "bob",
            "curly": "curly",
            "afro": "fro",
            "long": "straightAndStrand",
        },
    ),
    Trait(
        "hair colour",
        "hairColor",
        {
            "black": "2c1b18",
            "brown": "724133",
            "blond": "e0b45c",
            "red": "c93305",
            "grey": "b9b4b4",
            "pink": "f58ab0",
        },
    ),
    Trait("skin", "skinColor", {"pale": "ffdbb4", "tan": "e5ac78", "brown": "bd7a48", "dark": "85512f"}),
    Trait("eyes", "eyesVariant", {"open": "default", "happy": "happy", "wide": "surprised", "wink": "wink"}),
    Trait("mouth", "mouthVariant", {"smile": "smile", "twinkle": "twinkle", "sad": "sad", "tongue": "tongue"}),
    Trait(
        "glasses",
        "accessoriesVariant",
        {"none": None, "round": "round", "sunglasses": "wayfarers"},
        odds=(6, 1, 1),
    ),
    Trait(
        "facial hair",
        "facialHairVariant",
        {"none": None, "beard": "beardMedium", "moustache": "moustacheMagnum"},
        odds=(34, 3, 3),
    ),
    Trait(
        "clothes",
        "clothesColor",
        {
            "navy": "25557c",
            "sky": "65c9ff",
            "red": "ff5c5c",
            "yellow": "f9d65c",
            "green": "4cb57a",
            "white": "ffffff",
        },
    ),
    Trait("background", "backgroundColor", {"blue": "d6e6fa", "rose": "fbdde0", "mint": "d8f2df", "cream": "faf0d2"}),
)

FIXED = {"clothesVariant": "shirtCrewNeck", "accessoriesColor": "262e33", "eyebrowsVariant": "defaultNatural"}


@DATASETS.add("avatars")
def avatars(request: Request) -> Source:
    """Cartoon faces drawn offline, 9 exact attributes (or avatars:<style>, another DiceBear style)."""
    style = request.argument or "avataaars"
    definition, text = _definition(style)
    curated = not request.argument
    licence = definition["meta"]["license"]
    attributes = tuple(Attribute(t.name, tuple(t.values)) for t in TRAITS) if curated else components_of(style)
    draw: Callable[[int, int], LabelledImage] = draw_curated if curated else StyleDrawer(style, attributes)
    drawn_by = [version("dicebear-core"), version("resvg-py"), hashlib.sha256(text.encode()).hexdigest()]
    held_out = [HELD_OUT_START] if request.held_out else []
    return Source(
        name=f"avatars:{request.argument}" if request.argument else "avatars",
        count=request.limit or (HELD_OUT_COUNT if request.held_out else COUNT),
        channels=3,
        attributes=attributes,
        licence=f"{licence['name']} ({licence['url']})",
        credit=f"{licence['text']}; drawn by DiceBear (https://www.dicebear.com)",
        key=json.dumps([style, drawn_by, SUPERSAMPLING, [CROP, TRAITS, FIXED] if curated else None, *held_out]),
        draw=partial(draw_held_out, draw) if request.held_out else draw,
        parallel=True,
    )


def draw_held_out(draw: Callable[[int, int], LabelledImage], index: int, resolution: int) -> LabelledImage:
    """A face with a number beyond those that are trained on."""
    return draw(HELD_OUT_START + index, resolution)


def draw_curated(index: int, resolution: int) -> LabelledImage:
    """The face of number `index`: its traits are drawn independently of each other, so no two are entangled."""
    labels = picked(index)
    return LabelledImage(rasterized(curated_svg(index, labels), resolution), visible(labels))


def picked(index: int) -> tuple[int, ...]:
    """The traits of face number `index`, one value each."""
    rng = np.random.default_rng(index)
    return tuple(int(rng.choice(len(t.values), p=_probabilities(t))) for t in TRAITS)


def curated_svg(index: int, labels: tuple[int, ...]) -> str:
    """A face of these traits as SVG, its crop close."""
    svg: str = dicebear.Avatar(_style("avataaars"), {"seed": f"avatar-{index}", **_options(labels)}).to_string()
    return svg.replace("0 0 280 280", CROP, 1)


@dataclass(frozen=True)
class StyleDrawer:
    """Draws a style from seeds alone; callable, so that it travels to another process."""

    style: str
    attributes: tuple[Attribute, ...]

    def __call__(self, index: int, resolution: int) -> LabelledImage:
        """The image of number `index`, labelled with what DiceBear says that it chose."""
        avatar = dicebear.Avatar(_style(self.style), {"seed": f"avatar-{index}", "backgroundColor": "ffffff"})
        options = avatar.to_json()["options"]
        chosen = [options.get(f"{a.name}Variant") or "none" for a in self.attributes]
        labels = tuple(
            a.values.index(value) if value in a.values else -1 for a, value in zip(self.attributes, chosen, strict=True)
        )
        return LabelledImage(rasterized(avatar.to_string(), resolution), labels)


def _options(labels: tuple[int, ...]) -> dict[str, object]:
    """The DiceBear options that leave it no choice of its own."""
    options: dict[str, object] = dict(FIXED)
    for trait, label in zip(TRAITS, labels, strict=True):
        value = list(trait.values.values())[label]
        if value is None or None in trait.values.values():
            options[trait.option.replace("Variant", "Probability")] = 0 if value is None else 100
        if value is not None:
            options[trait.option] = value
    return options | {"facialHairColor": options["hairColor"]}


def visible(labels: tuple[int, ...]) -> tuple[int, ...]:
    """Call unknown what the image does not show: eyes behind sunglasses."""
    values = {t.name: list(t.values)[label] for t, label in zip(TRAITS, labels, strict=True)}
    hidden = {"eyes"} if values["glasses"] == "sunglasses" else set()
    return tuple(-1 if t.name in hidden else label for t, label in zip(TRAITS, labels, strict=True))


def _probabilities(trait: Trait) -> np.ndarray:
    odds = np.array(trait.odds or [1] * len(trait.values), dtype=float)
    result: np.ndarray = odds / odds.sum()
    return result


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
    definition, _ = _definition(style)
    components = {n: c for n, c in definition.get("components", {}).items() if n != "animation"}  # we draw one still
    found = []
    for name, component in components.items():
        absent = ("none",) if component.get("probability", 100) < 100 else ()
        found.append(Attribute(name, (*absent, *component.get("variants", ()))))
    return tuple(a for a in found if 2 <= len(a.values) <= MAX_VALUES)


@cache
def _definition(style: str) -> tuple[dict, str]:
    styles = files("dicebear_styles")
    names = sorted(p.name.removesuffix(".json") for p in styles.iterdir() if p.name.endswith(".json"))
    if style not in names:
        raise UserError(f"Unknown avatar style {style!r}. Choose from: {', '.join(names)}.")
    text = styles.joinpath(f"{style}.json").read_text("utf-8")
    return json.loads(text), text


@cache
def _style(style: str) -> dicebear.Style:
    return dicebear.Style(_definition(style)[0])
