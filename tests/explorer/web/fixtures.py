"""What the tests of the page's scripts compare with: answers of the Python code, kept as JSON.

`python -m tests.explorer.web.fixtures` writes them anew; test_fixtures.py says whether they are what the code gives.
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from explorer.core.library import Library
from explorer.core.model import Model
from explorer.core.recipe import Edit, Mix, Recipe, pack
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


def fixtures() -> dict[str, Any]:
    """Name of the file -> what is in it."""
    with tempfile.TemporaryDirectory() as folder:
        found = library(Path(folder))
        return {"ws": ws(found), "recipes": recipes(found)}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, data in fixtures().items():
        text = json.dumps(data, indent=1, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
