"""Faces of 16 x 16 pixels, drawn on the spot: a curated part of DiceBear's style Pixel Art, whose own size that is."""

from trainer.data.base import DATASETS, Request, Source
from trainer.data.curated import Curated, Trait, drawn

FACES = Curated(
    style="pixel-art",
    traits=(
        Trait(
            "hair",
            "hairVariant",
            {
                "short": "short01",
                "mohawk": "short05",
                "balding": "short18",
                "frizzy": "long15",
                "ponytail": "long06",
                "pigtails": "long18",
                "bob": "long20",
                "long": "long01",
            },
        ),
        Trait(
            "hair colour",
            "hairColor",
            {
                "black": "28150a",
                "brown": "83623b",
                "blond": "cab188",
                "red": "bd1700",
                "blue": "009bbd",
                "green": "91cb15",
            },
        ),
        Trait("skin", "skinColor", {"pale": "ffdbac", "tan": "e0b687", "brown": "b68655", "dark": "8d5524"}),
        Trait(
            "eyes",
            "eyesVariant",
            {"wide": "variant09", "left": "variant08", "right": "variant07", "narrow": "variant03"},
        ),
        Trait(
            "mouth",
            "mouthVariant",
            {"smile": "happy09", "grin": "happy12", "open": "happy01", "flat": "sad04", "sad": "sad01"},
        ),
        Trait("glasses", "glassesVariant", {"none": None, "clear": "light05", "dark": "dark05"}, odds=(6, 1, 1)),
        Trait("hat", "hatVariant", {"none": None, "cap": "variant02", "beanie": "variant01"}, odds=(6, 1, 1)),
        Trait(
            "clothes",
            "clothingColor",
            {
                "navy": "03396c",
                "sky": "5bc0de",
                "red": "d11141",
                "yellow": "ffd969",
                "green": "44c585",
                "cream": "ffeead",
            },
        ),
        Trait(
            "background", "backgroundColor", {"blue": "d6e6fa", "rose": "fbdde0", "mint": "d8f2df", "grey": "e4e4e8"}
        ),
    ),
    fixed={
        "clothesVariant": "variant01",
        "eyesColor": "5b7c8b",
        "mouthColor": "e35d6a",
        "glassesColor": "4b4b4b",
        "hatColor": "614f8a",
        "accessoriesProbability": 0,
        "beardProbability": 0,  # dark ones cannot be seen
    },
)


@DATASETS.add("pixel-faces")
def pixel_faces(request: Request) -> Source:
    """Faces of pixel art drawn offline, 9 exact attributes; sharp at 16 pixels and multiples of it."""
    request.refuse_argument("pixel-faces")
    return drawn(request, "pixel-faces", FACES)
