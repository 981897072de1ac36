"""What the page needs to draw by itself: the exported generator, and vectors small enough to send with every change.

The page adds up ws = truncated w + sum of strength x direction, and runs the synthesis; the server maps z to w and fits
the directions. Functions of (library, question) with plain answers, as in `rendering.server`, and four
routes for files:

    /explorer/modules/VERSION/NAME    the page's scripts, under an address that changes with any of them
    /explorer/plotly/VERSION/NAME     Plotly's script, the same for everybody
    /explorer/runtime/VERSION/NAME    the page's own runtime, likewise
    /explorer/generator/HASH/NAME     an exported generator, by the hash of its weights, once somebody has asked for it
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import plotly
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from explorer import web
from explorer.core.library import Library
from explorer.core.limits import Gate
from explorer.core.recipe import MAX_EDITS, Edit, Recipe, pack
from explorer.rendering import server
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.question import listed, part, text, whole
from explorer.web import PLOTLY
from trainer.checkpoints.onnx_names import GENERATOR, MAPPING, NETWORKS
from trainer.util.errors import UserError
from trainer.util.reading import is_inside, is_own_file

if TYPE_CHECKING:
    from explorer.core.model import Model

RUNTIME = Path(__file__).parents[1] / "web" / "runtime"
SERVED = {
    "worker.js": "text/javascript",
    "ort.mjs": "text/javascript",
    "ort.wasm.gz": "application/gzip",
    "gpu.mjs": "text/javascript",
    "gpu.wasm.gz": "application/gzip",
}
KEPT = "max-age=31536000, immutable"  # the address changes with the content
FOR_EVER = {"Cache-Control": f"public, {KEPT}"}
PRIVATE = {"Cache-Control": f"private, {KEPT}"}  # a login may stand before it, which a proxy's cache does not know
MAX_LATENTS = 144  # latents of one question
EXPORTED: dict[str, Path] = {}  # hash of the weights -> folder, of what somebody has asked for
OWN = tempfile.TemporaryDirectory(prefix="explorer-onnx-")  # for checkpoints whose folder cannot be written
LARGE = 512  # pixels a side of images that are left to the server
LOCK = Lock()  # one export at a time
MAX_EXPORTED = 100  # generators that can be fetched; the page asks anew for an older one
EXPORTING = Gate("a generator", at_once=1, waiting=2)


@rpc_handler
def generator(library: Library, question: Answer) -> Answer:
    """{checkpoint} -> where the page finds the runtime and the network, and what it must know to run it.

    The network is exported at the first time, in about a second, and kept beside the checkpoint.
    """
    model = library.model(text(question, "checkpoint"))
    if model.points:
        return {"not_here": "2-D points are rendered on the server"}
    if model.resolution >= LARGE:
        return {"not_here": f"{model.resolution} x {model.resolution} pixels take the page too long; the server draws"}
    path = exported(model)
    noise = model.noise([Recipe(model.name)]) or []
    return {
        "runtime": f"explorer/runtime/{version()}/",
        "model": f"explorer/generator/{model.info.sha256}/{path.name}",
        "bytes": path.stat().st_size,
        "numWs": model.num_ws,
        "wDim": model.w_dim,
        "channels": model.channels,
        "resolution": model.resolution,
        "batch": model.generator.batch,
        "noise": [[layer.shape[-1], pack(layer.numpy())] for layer in noise],
        "centre": pack(model.generator.w_avg.numpy()),
    }


def exported(model: "Model") -> Path:
    """The exported generator of a model, made if it is not there. Raises UserError where it cannot be exported."""

    def write(folder: Path) -> None:
        from trainer.checkpoints.onnx_export import export

        with model.lock:
            export(model.generator, folder)

    return exported_to(model.folder, model.info.sha256, (MAPPING, GENERATOR), write) / GENERATOR


def exported_to(checkpoint: Path, weights: str, files: Sequence[str], write: Callable[[Path], None]) -> Path:
    """The folder of an exported checkpoint, in its `.cache` or, where that cannot be written, in the app's own.

    Args: weights: their hash; files: what must be there; write: writes them, if they are not.
    """
    cache, name = checkpoint / ".cache", f"onnx-{weights[:16]}"
    nearest = next(path for path in (cache / name, cache, checkpoint) if path.exists())
    writable = os.access(nearest, os.W_OK) and is_inside(cache / name, checkpoint)
    folder = (cache if writable else Path(OWN.name)) / name

    def is_there() -> bool:
        return all(is_own_file(folder / file) for file in files)  # written together

    if not is_there():
        with EXPORTING.place(), LOCK:
            if not is_there():
                write(folder)
    with LOCK:
        EXPORTED.pop(weights, None)
        EXPORTED[weights] = folder  # the newest last
        while len(EXPORTED) > MAX_EXPORTED:
            forget(EXPORTED.pop(next(iter(EXPORTED))))
    return folder


def forget(folder: Path) -> None:
    """Free the disk of an exported generator that lies in the app's own folder."""
    if folder.parent == Path(OWN.name):
        shutil.rmtree(folder, ignore_errors=True)


@rpc_handler
def latents(library: Library, question: Answer) -> Answer:
    """{recipes} -> {ws, noise}: for each its w before truncation and edits, [num_ws, w_dim] as base64 of float32, and
    its noise inputs, or null where they are the model's own."""
    asked = part(question, "recipes")
    if not isinstance(asked, list | tuple) or not 1 <= len(asked) <= MAX_LATENTS:
        found = len(asked) if isinstance(asked, list | tuple) else "no list of"
        raise UserError(f"The page asked for {found} latents; 1 to {MAX_LATENTS} can be sent at once.")
    recipes = [Recipe.from_dict(recipe) for recipe in asked]
    model = library.model(recipes[0].checkpoint)
    bare = [replace(recipe, psi=1.0, cutoff=None, edits=()) for recipe in recipes]
    ws = [pack(w.numpy()) for w in model.ws(bare)]
    return {"ws": ws, "noise": [noise_of(model, recipe) for recipe in recipes]}


def noise_of(model: "Model", recipe: Recipe) -> list[str] | None:
    """A recipe's noise inputs, one per layer as base64 of float32; None if they are the model's own."""
    if not model.has_noise or recipe.noise == "fixed":
        return None
    return [pack(layer.numpy()) for layer in model.noise([recipe]) or ()]


@rpc_handler
@server.DRAWING
def path(library: Library, question: Answer) -> Answer:
    """{keyframes, count, interpolation, space, loop} -> {ws, noise, keys}: all frames, as the synthesis reads them.

    ws: for each frame num_ws * w_dim numbers, or w_dim where all layers are alike; noise: the different sets of noise
    inputs, null for the model's own; keys: for each frame the number of its set.
    """
    from explorer.core.interpolation import MAX_FRAMES, MAX_KEYFRAMES, frames

    keyframes = [Recipe.from_dict(recipe) for recipe in listed(question, "keyframes", MAX_KEYFRAMES)]
    if not keyframes:
        raise UserError("The path has no keyframes yet. Add two.")
    model = library.model(keyframes[0].checkpoint)
    shape: dict[str, Any] = {name: text(question, name) for name in ("interpolation", "space")}
    count = whole(question, "count", 0, MAX_FRAMES)
    recipes = frames(model, keyframes, count, **shape, loop=bool(part(question, "loop")))
    noises: dict[tuple[str, int], list[str] | None] = {}
    keys = []
    for recipe in recipes:
        key = (recipe.noise, recipe.seed if recipe.noise == "random" else 0)
        if key not in noises:
            noises[key] = noise_of(model, recipe)
        keys.append(list(noises).index(key))
    ws = [rows[:1] if (rows == rows[:1]).all() else rows for rows in model.ws(recipes).numpy()]
    return {"ws": [pack(rows) for rows in ws], "noise": list(noises.values()), "keys": keys}


@rpc_handler
def axes(library: Library, question: Answer) -> Answer:
    """{checkpoint, directions: ["pca:0", ...]} -> {steps}: what one unit of each adds to a w, base64 of w_dim float32
    numbers, or of num_ws * w_dim where each layer moves by itself."""
    model = library.model(text(question, "checkpoint"))
    edits = [Edit(name, 1.0) for name in listed(question, "directions", MAX_EDITS)]
    return {"steps": {edit.direction: pack(model.step(edit.direction, 1.0)) for edit in edits}}


@cache
def version() -> str:
    """Changes with any file of the runtime."""
    digest = hashlib.sha256()
    for name in SERVED:
        digest.update((RUNTIME / name).read_bytes())
    return digest.hexdigest()[:16]


def module_file(request: Request) -> Response:
    """A module of the page. No path comes from the address: only names of the table, which is made at start."""
    file = web.MODULES.get(request.path_params["name"])
    if file is None or request.path_params["version"] != web.version():
        return PlainTextResponse("There is no such file.", 404)
    return FileResponse(file, media_type="text/javascript", headers=FOR_EVER)


def runtime_file(request: Request) -> Response:
    """A file of the runtime, one of SERVED. Its address names the version, so that browsers keep it for good."""
    name = request.path_params["name"]
    if name not in SERVED or request.path_params["version"] != version():
        return PlainTextResponse("There is no such file.", 404)
    return FileResponse(RUNTIME / name, media_type=SERVED[name], headers=FOR_EVER)


def generator_file(request: Request) -> Response:
    """Only files of generators that this app has exported: no path comes from the address."""
    folder = EXPORTED.get(request.path_params["hash"])
    name = request.path_params["name"]
    if folder is None or name not in NETWORKS or not is_own_file(folder / name):
        return PlainTextResponse("There is no such generator.", 404)
    return FileResponse(folder / name, media_type="application/octet-stream", headers=PRIVATE)


def plotly_file(request: Request) -> Response:
    """Plotly's script, from its package, under an address that says nothing of where it lies."""
    if request.path_params["version"] != plotly.__version__:
        return PlainTextResponse("There is no such file.", 404)
    return FileResponse(PLOTLY, media_type="text/javascript", headers=FOR_EVER)


ROUTES = [
    Route("/explorer/modules/{version}/{name:path}", module_file),
    Route("/explorer/plotly/{version}/plotly.min.js", plotly_file),
    Route("/explorer/runtime/{version}/{name}", runtime_file),
    Route("/explorer/generator/{hash}/{name}", generator_file),
]
HANDLERS = (server.render, generator, latents, axes)
PATH = (*HANDLERS, path)
