"""What the tests of the page's scripts compare with: answers of the Python code, kept as JSON.

`python -m tests.explorer.web.fixtures` writes them anew; test_fixtures.py says whether they are what the code gives.
"""

import base64
import hashlib
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from explorer.core.library import Library
from explorer.core.model import Model
from explorer.core.recipe import Edit, Mix, Recipe, pack
from explorer.core.translation.raster import Raster, in_channels
from explorer.core.translation.recipe import TranslationRecipe
from explorer.core.translation.strokes import ERASER, FILL, MASK, PEN, SPAN, UNMASK, Stroke, packed
from explorer.rendering import client, server
from tests.conftest import shaken
from trainer.checkpoints.checkpoint import CheckpointInfo, save_checkpoint
from trainer.networks import ARCHITECTURES

FOLDER = Path(__file__).parents[2] / "web" / "fixtures"
SEVERAL_WS, ONE_W = "stylegan-lite", "mlp"
OPTIONS = {"resolution": 16, "channels": 3, "z_dim": 16, "width": 8, "num_classes": 3}


def library(folder: Path) -> Library:
    """A model that reads a w for each layer, and one that reads the same in all."""
    for arch in (SEVERAL_WS, ONE_W):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            generator = shaken(ARCHITECTURES[arch].generator(**OPTIONS))
        save_checkpoint(folder / arch, generator, CheckpointInfo(arch, OPTIONS, 0, "tiny", {}), "# card\n")
    return Library(folder, folder / "runs")


def changes(model: Model) -> list[Recipe]:
    """Recipes that use every way to come to a w."""
    first, second = Edit("random:0", 1.5), Edit("random:1", -2.0, 0, 0)
    plain = Recipe(model.name, seed=3)
    found = [
        plain,
        replace(plain, label=2, psi=0.7),
        replace(plain, psi=0.0, edits=(first,)),
        replace(plain, edits=(first, second, replace(second, strength=0.25))),
        replace(plain, w=pack(model.ws([replace(plain, edits=(first,))])[0].numpy()), edits=(second,)),
    ]
    if model.num_ws > 2:
        last = model.num_ws - 1
        found += [
            replace(plain, psi=1.3, cutoff=2),
            replace(plain, cutoff=1),
            replace(plain, mix=(Mix(7, 1, None), Mix(9, 2, 2)), psi=0.5, edits=(Edit("random:2", 1.0, last, None),)),
            replace(plain, label=1, mix=(Mix(7, 0, 1),)),
        ]
    return found


def ws(library: Library) -> list[dict[str, Any]]:
    """For each recipe what the page asks the server for, and Model.ws; vectors as base64 of float32."""
    cases = []
    for arch in (SEVERAL_WS, ONE_W):
        model = library.model(arch)
        for recipe in changes(model):
            bare = replace(recipe, psi=1.0, cutoff=None, edits=(), mix=())
            starts = [bare, *(Recipe(arch, seed=mix.seed, label=recipe.label) for mix in recipe.mix)]
            plain = [start.to_dict() for start in starts]
            directions = list(dict.fromkeys(edit.direction for edit in recipe.edits))
            cases.append(
                {
                    "recipe": recipe.to_dict(),
                    "numWs": model.num_ws,
                    "wDim": model.w_dim,
                    "centre": pack(model.generator.w_avg.numpy()),
                    "startRecipes": plain,
                    "starts": client.latents(library, {"recipes": plain})["ws"],
                    "steps": client.axes(library, {"checkpoint": arch, "directions": directions})["steps"],
                    "expected": pack(model.ws([recipe])[0].numpy()),
                }
            )
    return cases


def recipes(library: Library) -> dict[str, Any]:
    """Recipes as the page holds them, with all their fields, and the forms that links and files carry."""
    written = [recipe for arch in (SEVERAL_WS, ONE_W) for recipe in changes(library.model(arch))]
    written.append(Recipe(SEVERAL_WS, seed=3, tuned="the name of a branch"))
    written += [
        Recipe("a b&c=é/ü", seed=2**32 - 1, noise="none", psi=-0.25),
        Recipe("faces", seed=0, label=0, noise="random", z="AAAA+/=="),
    ]
    defaults = server.capabilities(library, ONE_W)["defaults"]
    cases = []
    for recipe in written:
        short = recipe.to_dict()
        whole = {**defaults, "mix": [], "edits": [], **short}
        cases.append({"recipe": whole, "canonical": short, "query": recipe.to_query()})
    return {"defaults": defaults, "cases": cases}


def strokes(side: int) -> list[Stroke]:
    """Lines of all widths and tools that cross, end beyond each other, and enclose; then what fills them."""
    rng = np.random.default_rng(side)

    def line(tool: int, width: int, count: int) -> Stroke:
        colour = tuple(map(int, rng.integers(0, 256, 3))) if tool == PEN else (0, 0, 0)
        return Stroke(
            tool, colour, width, tuple(tuple(map(int, point)) for point in rng.integers(0, SPAN + 1, (count, 2)))
        )

    ring = tuple((512 + round(300 * np.cos(t)), 512 + round(300 * np.sin(t))) for t in np.linspace(0, 2 * np.pi, 40))
    drawn = [line(PEN, 24, 6), line(PEN, 1, 4), line(PEN, 133, 2), line(ERASER, 77, 3), line(PEN, 256, 1)]
    drawn += [Stroke(PEN, (9, 99, 200), 31, ring), Stroke(FILL, (250, 1, 77), 0, ((512, 512),))]
    return [*drawn, line(MASK, 150, 3), line(UNMASK, 60, 2), Stroke(FILL, (7, 8, 9), 0, ((SPAN, SPAN),))]


def drawings() -> list[dict[str, Any]]:
    """Strokes on noise, and the pixels that they make; bytes as base64."""
    cases = []
    for side, flat in ((16, False), (28, True), (28, False), (260, False)):
        base = np.random.default_rng(0).integers(0, 256, (side, side, 3)).astype(np.uint8)
        base[side // 4 :] = (250, 240, 210)
        raster = Raster(base, (240, 236, 226)).draw(strokes(side))
        image = raster.image(flat)
        cases.append(
            {
                "side": side,
                "flat": flat,
                "paper": [240, 236, 226],
                "strokes": packed(strokes(side)),
                "base": base64.b64encode(base[: side // 4].tobytes()).decode(),
                "image": hashlib.sha256(image.tobytes()).hexdigest(),
                "grey": hashlib.sha256(in_channels(image, 1).tobytes()).hexdigest(),
                "mask": hashlib.sha256(raster.marked().tobytes()).hexdigest(),
            }
        )
    return cases


def translations() -> list[dict[str, Any]]:
    """Recipes of translations, and the links that restore them."""
    drawn = packed(strokes(16))
    written = [
        TranslationRecipe("pix2pix-avatars"),
        TranslationRecipe("a b&c=é/ü", paper="#f0ece2", strokes=drawn, seed=0),
        TranslationRecipe("m", example=0, back=True, z="AAAA+w=="),
        TranslationRecipe("m", sample=Recipe("faces", 7, psi=0.5), strokes=drawn),
    ]
    return [{"recipe": recipe.to_dict(), "query": recipe.to_query()} for recipe in written]


def fixtures() -> dict[str, Any]:
    """Name of the file -> what is in it."""
    with tempfile.TemporaryDirectory() as folder:
        found = library(Path(folder))
        return {
            "ws": ws(found),
            "recipes": recipes(found),
            "drawings": drawings(),
            "translations": translations(),
        }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, data in fixtures().items():
        text = json.dumps(data, indent=1, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
