"""What the page needs to draw by itself: the exported generator, and vectors small enough to send with every change.

The page adds up ws = truncated w + sum of strength x direction, and runs the synthesis; the server maps z to w and fits
the directions. Functions of (library, question) with plain answers, as in `explorer.serve`.
"""

from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from explorer.library import Library
from explorer.recipe import Recipe, pack
from explorer.serve import Answer, answering
from trainer.errors import UserError

VENDOR = Path(__file__).parent / "browser" / "vendor"
RUNTIME = "ort.wasm.gz"
MOST = 144  # latents of one question
LOCK = Lock()  # one export at a time


@answering
def generator(library: Library, question: Answer) -> Answer:
    """{checkpoint} -> where the page finds the runtime and the network, and what it must know to run it.

    The network is exported at the first time, in about a second, and kept beside the checkpoint.
    """
    model = library.model(question["checkpoint"])
    path = exported(model)
    noise = model.noise([Recipe(model.name)]) or []
    return {
        "url": f"explorer/generator/{model.info.sha256}/{path.name}",
        "bytes": path.stat().st_size,
        "numWs": model.num_ws,
        "wDim": model.w_dim,
        "channels": model.channels,
        "resolution": model.resolution,
        "noise": [[layer.shape[-1], pack(layer.numpy())] for layer in noise],
        "centre": pack(model.generator.w_avg.numpy()),
    }


def exported(model: Any) -> Path:
    """The exported generator of a model, made if it is not there. Raises UserError where it cannot be exported."""
    from trainer.export import GENERATOR, MAPPING, export

    folder = model.folder / ".cache" / f"onnx-{model.info.sha256[:16]}"
    with LOCK:
        if not (folder / MAPPING).is_file():  # written last
            with model.lock:
                export(model.generator, folder)
    return folder / GENERATOR


@answering
def latents(library: Library, question: Answer) -> Answer:
    """{recipes} -> {ws, noise}: for each its w before truncation and edits, [num_ws, w_dim] as base64 of float32, and
    its noise inputs, or null where they are the model's own."""
    recipes = [Recipe.from_dict(recipe) for recipe in question["recipes"]]
    if not 1 <= len(recipes) <= MOST:
        raise UserError(f"The page asked for {len(recipes)} latents; 1 to {MOST} can be sent at once.")
    model = library.model(recipes[0].checkpoint)
    bare = [replace(recipe, psi=1.0, cutoff=None, edits=()) for recipe in recipes]
    ws = [pack(w.numpy()) for w in model.ws(bare)]
    return {"ws": ws, "noise": [noise_of(model, recipe) for recipe in recipes]}


def noise_of(model: Any, recipe: Recipe) -> list[str] | None:
    if not model.has_noise or recipe.noise == "fixed":
        return None
    return [pack(layer.numpy()) for layer in model.noise([recipe])]


@answering
def axes(library: Library, question: Answer) -> Answer:
    """{checkpoint, directions: ["pca:0", ...]} -> {steps}: what one unit of each adds to a w, base64 of float32."""
    model = library.model(question["checkpoint"])
    return {"steps": {name: pack(step(model, name)) for name in question["directions"]}}


def step(model: Any, direction: str) -> np.ndarray:
    method, _, axis = direction.partition(":")
    return model.directions(method).step(axis, 1.0)
