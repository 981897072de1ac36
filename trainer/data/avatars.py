"""Cartoon faces, drawn on the spot: no download, and exact labels for what the image shows.

The plain set is a curated part of DiceBear's avataaars: few, clearly different values and a close crop, so that a small
GAN learns them within the hour on a CPU. `avatars:<style>` draws any other DiceBear style from seeds alone.
"""

from dataclasses import dataclass

from trainer.data.base import DATASETS, Attribute, LabelledImage, Request, Source
from trainer.data.curated import Curated, Trait, drawn
from trainer.data.styles import avatar, components_of, rasterized

FACES = Curated(
    style="avataaars",
    traits=(
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
        Trait(
            "background", "backgroundColor", {"blue": "d6e6fa", "rose": "fbdde0", "mint": "d8f2df", "cream": "faf0d2"}
        ),
    ),
    fixed={"clothesVariant": "shirtCrewNeck", "accessoriesColor": "262e33", "eyebrowsVariant": "defaultNatural"},
    follows={"facialHairColor": "hairColor"},
    hides={("glasses", "sunglasses"): "eyes"},
    view=("0 0 280 280", "25 0 230 230"),  # head and shoulders
)


@DATASETS.add("avatars")
def avatars(request: Request) -> Source:
    """Cartoon faces drawn offline, 9 exact attributes (or avatars:<style>, another DiceBear style)."""
    if not request.argument:
        return drawn(request, "avatars", FACES)
    drawer = StyleDrawer(request.argument, components_of(request.argument))
    return drawn(request, f"avatars:{request.argument}", drawer)


@dataclass(frozen=True)
class StyleDrawer:
    """Draws a style from seeds alone; callable, so that it travels to another process."""

    style: str
    attributes: tuple[Attribute, ...]
    selection: None = None

    def __call__(self, index: int, resolution: int) -> LabelledImage:
        """The image of number `index`, labelled with what DiceBear says that it chose."""
        drawing = avatar(self.style, {"seed": f"avatar-{index}", "backgroundColor": "ffffff"})
        options = drawing.to_json()["options"]
        chosen = [options.get(f"{a.name}Variant") or "none" for a in self.attributes]
        labels = tuple(
            a.values.index(value) if value in a.values else -1 for a, value in zip(self.attributes, chosen, strict=True)
        )
        return LabelledImage(rasterized(drawing.to_string(), resolution), labels)
