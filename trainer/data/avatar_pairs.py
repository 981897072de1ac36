"""The cartoon faces of `avatars` in pairs: what a person could draw, and the face that it belongs to.

Either is made of the drawing's own parts, so that both sides fit to the pixel. *Parts* is a map in flat colours that
says what stands where and nothing of its colour, so that many faces belong to one. *Lines* is an outline in coloured
pencil on coloured paper: a pencil says what colour the part within has, so that one face belongs to it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from PIL import Image, ImageColor
from scipy.ndimage import grey_dilation

from trainer.data.avatars import FACES, avatars
from trainer.data.base import DATASETS, Given, LabelledImage, Request, Source
from trainer.data.curated import HELD_OUT_START
from trainer.data.styles import drawn_at, rasterized
from trainer.util.errors import UserError

VERSION = 1  # of how the drawings are made
FINE = 4  # times the image's side at which parts are told apart
WIDTHS = (4, 8)  # of a line, in fine pixels: 1 to 2 of the image's, another one each time
DARKER = 0.75  # of a part's colour, so that a pencil of it shows on paper
INK = (38, 46, 51)
TONGUE = (255, 79, 109)
PARTS: Mapping[str, tuple[int, int, int]] = {  # what a map holds -> its colour there
    "background": (240, 236, 226),
    "skin": (242, 180, 140),
    "clothes": (79, 124, 172),
    "hair": (138, 79, 45),
    "facial hair": (201, 139, 185),
    "nose": (224, 122, 95),
    "eyes": (47, 143, 91),
    "eyebrows": (216, 163, 26),
    "mouth": (150, 24, 40),
    "white": (255, 255, 255),
    "tongue": TONGUE,
    "glasses": INK,
}
NAMES = list(PARTS)
OUTLINED = ("skin", "clothes", "facial hair", "hair")  # in lines; of two that meet, the later one's pencil draws
SOLID = {"eyes": INK, "eyebrows": INK, "mouth": INK, "glasses": INK, "white": (255, 255, 255), "tongue": TONGUE}
PENCILS = {"skin": "skin", "clothes": "clothes", "facial hair": "hair colour", "hair": "hair colour"}  # part -> trait
GROUPS = {"top": "hair", "accessories": "glasses", "facialHair": "facial hair"}  # DiceBear's names that differ
GROUP = re.compile(r'<g id="(\w+?)-.*?(?=<g id="|<clipPath)', re.DOTALL)
SHADE = re.compile(r'<path[^>]*fill="black" fill-opacity="\.[01]\d*"/>')  # that lies over a part and is none
FILL = re.compile(r'fill="(?!none|white|#FF4F6D)[^"]*"(?: fill-opacity="[^"]*")?(?: style="[^"]*")?')


def colour(text: str) -> tuple[int, int, int]:
    """A colour as DiceBear writes it."""
    red, green, blue = ImageColor.getrgb(f"#{text}")[:3]
    return red, green, blue


def colours_of(trait: str) -> dict[str, tuple[int, int, int]]:
    """The colours that a trait may have, by name."""
    values = next(t.values for t in FACES.traits if t.name == trait)
    return {name: colour(value) for name, value in values.items() if value}


def pencil(shade: tuple[int, ...]) -> tuple[int, ...]:
    """The pencil that draws a part of this colour."""
    return tuple(round(DARKER * value) for value in shade)


SHADES = {trait: [*colours_of(trait).values()] for trait in ("background", *set(PENCILS.values()))}
PENCIL_BOX = {
    f"{what}: {name}": pencil(shade)
    for what, trait in (("hair", "hair colour"), ("skin", "skin"), ("clothes", "clothes"))
    for name, shade in colours_of(trait).items()
}
KINDS = {
    "lines": Given("line art", 3, {"ink": INK, **PENCIL_BOX, "tongue": TONGUE}, colours_of("background")),
    "parts": Given("part map", 3, PARTS, {"background": PARTS["background"]}),
}


@DATASETS.add("avatar-pairs")
def avatar_pairs(request: Request) -> Source:
    """Cartoon faces in pairs: avatar-pairs:lines or :parts, a drawing and the face that belongs to it."""
    kind = request.argument or "lines"
    if kind not in KINDS:
        raise UserError(
            f"There are no avatar pairs {kind!r:.40}. Choose avatar-pairs:{' or avatar-pairs:'.join(KINDS)}."
        )
    faces = avatars(request._replace(argument=""))
    start = HELD_OUT_START if request.held_out else 0
    drawing = partial(draw_pair, kind, start)
    return replace(
        faces, name=f"avatar-pairs:{kind}", key=f"{faces.key} {kind} {VERSION}", draw=drawing, given=KINDS[kind]
    )


def draw_pair(kind: str, start: int, index: int, resolution: int) -> LabelledImage:
    """The face of number start + `index`, and its drawing."""
    number = start + index
    labels = FACES.picked(number)
    svg = FACES.svg(number, labels)
    parts = parts_of(svg, resolution * FINE)
    if kind == "parts":
        given = np.array(list(PARTS.values()), np.uint8)[parts[FINE // 2 :: FINE, FINE // 2 :: FINE]]
    else:
        given = outlined(parts, labels, np.random.default_rng([number, VERSION]))
    return LabelledImage(rasterized(svg, resolution), FACES.visible(labels), given=given)


def parts_of(svg: str, side: int) -> np.ndarray:
    """What each pixel of the drawing shows: uint8 (side, side), indices into PARTS."""
    flat = GROUP.sub(one_colour, svg).replace('shape-rendering="auto"', 'shape-rendering="crispEdges"', 1)
    head, body = flat.split("</clipPath>")
    background, skin, *shadow = re.findall(r"<(?:rect|path)[^>]*>", body)
    body = body.replace(background, FILL.sub(fill("background"), background), 1)
    body = body.replace(skin, FILL.sub(fill("skin"), skin), 1)
    for path in shadow:
        body = body.replace(path, "", 1)
    seen = drawn_at(f"{head}</clipPath>{body}", side).reshape(-1, 3)
    colours, places = np.unique(seen.astype(np.int32) @ (1, 256, 65536), return_inverse=True)
    apart = (colours[:, None, None] >> np.array([0, 8, 16]) & 255) - np.array(list(PARTS.values()))
    nearest: np.ndarray = (apart**2).sum(-1).argmin(-1).astype(np.uint8)
    return nearest[places].reshape(side, side)


def one_colour(group: re.Match) -> str:
    """A component of the drawing in the flat colour of its part, without shades."""
    name = GROUPS.get(group[1], group[1])
    text = group[0] if name == "nose" else SHADE.sub("", group[0])
    return FILL.sub(fill(name), text)


def fill(name: str) -> str:
    """The attribute that gives a part its colour."""
    return 'fill="#{:02x}{:02x}{:02x}"'.format(*PARTS[name])


def outlined(parts: np.ndarray, labels: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Pencil lines between the parts, small parts in ink: uint8 (R, R, 3) of parts (FINE R, FINE R)."""
    shown = dict(zip((t.name for t in FACES.traits), labels, strict=True))
    image = np.empty((*parts.shape, 3), np.uint8)
    image[:] = SHADES["background"][shown["background"]]
    rank = np.array([OUTLINED.index(name) + 1 if name in OUTLINED else 0 for name in NAMES], np.uint8)[parts]
    solid = np.isin(parts, [NAMES.index(name) for name in (*SOLID, "nose")])
    lines = np.zeros_like(rank)
    for axis in (0, 1):
        here, there = rank.take(range(len(rank) - 1), axis), rank.take(range(1, len(rank)), axis)
        apart = solid.take(range(len(rank) - 1), axis) | solid.take(range(1, len(rank)), axis) | (here == there)
        edge = np.where(apart, 0, np.maximum(here, there))
        lines.swapaxes(0, axis)[:-1] = np.maximum(lines.swapaxes(0, axis)[:-1], edge.swapaxes(0, axis))
    width = int(rng.integers(*WIDTHS))
    lines = grey_dilation(lines, footprint=disc(width))
    for place, name in enumerate(OUTLINED, 1):
        trait = PENCILS[name]
        image[lines == place] = pencil(SHADES[trait][shown[trait]])
    for name, shade in SOLID.items():
        image[parts == NAMES.index(name)] = shade
    return np.asarray(Image.fromarray(image).reduce(FINE))


def disc(width: int) -> np.ndarray:
    """A round pencil tip, bool (width, width)."""
    offsets = np.arange(width) - (width - 1) / 2
    result: np.ndarray = offsets[:, None] ** 2 + offsets**2 <= (width / 2) ** 2
    return result
