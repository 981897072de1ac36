"""A path through two to eight keyframes: watch it, scrub it, export it."""

import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from explorer.core.recipe import MAX_SEED, Recipe
from explorer.rendering import client, server
from explorer.tabs.context import LIVE, Context, opening, told, whole
from explorer.tabs.slide.tab import MAX_KEYFRAMES, with_keyframe
from explorer.web import element
from trainer.util.errors import UserError

TITLE = "Interpolate"
FRAMES = (8, 240)
PREVIEW = 128  # frames are shown at this side at most; exports are full size
FIRST = (0, 1, 2)  # seeds of the first path; of a conditional model, classes of one seed
FILMS = tempfile.TemporaryDirectory(prefix="explorer-films-")  # goes with the app
KEPT_FILMS = 20


def as_recipes(keyframes: list[dict[str, Any]]) -> list[Recipe]:
    """Raises UserError for more than a path may have, before any is read."""
    if len(keyframes) > MAX_KEYFRAMES:
        raise UserError(f"The path has {len(keyframes)} keyframes; {MAX_KEYFRAMES} is the most.")
    return [Recipe.from_dict(plain) for plain in keyframes]


def path_sheet(pictures: np.ndarray) -> dict[str, Any]:
    """uint8 (N, H, W, C) -> one sheet as a data URI, with its layout."""
    from trainer.util.images import sheet

    step = -(-pictures.shape[1] // PREVIEW)
    small = pictures[:, ::step, ::step]
    columns = int(np.ceil(len(small) ** 0.5))
    uri = server.image_uri(sheet(small, columns), quality=92)
    return {
        "sheet": uri,
        "columns": columns,
        "tile": small.shape[1],
        "count": len(small),
    }


def film_file(name: str) -> Path:
    """A path for a new film, in a folder of its own. The newest of the earlier ones are kept for their viewers."""
    folders = sorted(Path(FILMS.name).iterdir(), key=lambda folder: folder.stat().st_mtime)
    for folder in folders[:-KEPT_FILMS]:
        shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=FILMS.name)) / name


def build(ctx: Context) -> None:
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=3, min_width=300):
            player = element("interpolate", events=["edit", "open"], server_functions=ctx.server(*client.PATH))
        with gr.Column(scale=1, min_width=240, elem_classes="panel"):
            seed = gr.Number(3, label="Seed", info="of the next keyframe", precision=0, minimum=0, maximum=MAX_SEED)
            label = gr.Dropdown([], label="Class", info="of the next keyframe", visible=False, type="index")
            with gr.Row(elem_classes="pager"):
                add = gr.Button("Add seed", size="sm", min_width=80)
                chance = gr.Button("Add random", size="sm", min_width=80)
            count = gr.Slider(*FRAMES, 48, step=1, label="Frames", info="in the whole path")
            blend = gr.Radio(["lerp", "slerp"], value="slerp", label="Blend", info="straight line, or along the sphere")
            space = gr.Radio(["z", "w"], value="z", label="Space", info="of latents; or of styles, and across classes")
            loop = gr.Checkbox(True, label="Closed loop", info="end where it began")
            fps = gr.Slider(4, 30, 12, step=1, label="Frames a second", info="of the player and the film")
            kind = gr.Radio(["gif", "webp", "mp4"], value="gif", label="Film", info="kind of file to export")
            export = gr.Button("Export film", size="sm")
            result = gr.File(label="Your film", visible=False, interactive=False)

    def path(keyframes: list[dict[str, Any]], count: float, blend: str, space: str, loop: bool) -> list[Recipe]:
        from explorer.core.interpolation import frames

        recipes = as_recipes(keyframes)
        if not recipes:
            raise UserError("The path has no keyframes yet. Add two.")
        model = ctx.library.model(recipes[0].checkpoint)
        return frames(model, recipes, int(count), interpolation=blend, space=space, loop=loop)

    def draw(keyframes: list[dict[str, Any]], *settings: Any) -> dict[str, Any]:
        if not keyframes:
            return gr.skip()
        *shape, fps = settings
        recipes = as_recipes(keyframes)
        model = ctx.library.model(recipes[0].checkpoint)
        thumbs = [server.data_uri(picture) for picture in model.images(recipes)]
        path_of = dict(zip(("count", "interpolation", "space", "loop"), shape, strict=True))
        view = {"keyframes": keyframes, "thumbs": thumbs, "classes": model.class_names}
        view |= {"fps": fps, "path": path_of, "stamp": time.time()}
        if len(keyframes) < 2:
            return {**view, "note": "Add a second keyframe: a seed here, or 'Add to path' in Slide."}
        try:  # keyframes that cannot be joined so are shown all the same: they can be removed, or joined in w
            with server.DRAWING.place():
                return {**view, **path_sheet(model.images(path(keyframes, *shape)))}
        except UserError as error:
            return {**view, "note": str(error)}

    def follow(name: str | None, keyframes: list[dict[str, Any]]) -> tuple[Any, Any]:
        """Another checkpoint: start with its first seeds, or with its first classes; unless the path is its own."""
        if name is None or not ctx.library.usable(name) or (keyframes and keyframes[0]["checkpoint"] == name):
            return gr.skip(), gr.skip()
        classes = ctx.library.model(name).num_classes
        if classes > 1:
            return [Recipe(name, label=label).to_dict() for label in FIRST[:classes]], "w"
        return [Recipe(name, seed=seed).to_dict() for seed in FIRST], "z"

    def classes(name: str | None) -> Any:
        if name is None or not ctx.library.usable(name):
            return gr.skip()
        names = ctx.library.model(name).class_names
        return gr.Dropdown(choices=names, value=next(iter(names), None), visible=bool(names))

    def add_seed(
        name: str, keyframes: list[dict[str, Any]], label: int | None, seed: float | None
    ) -> list[dict[str, Any]]:
        return with_keyframe(keyframes, Recipe(name, seed=whole(seed, "seed"), label=label or None).to_dict())

    def add_random(name: str, keyframes: list[dict[str, Any]], label: int | None) -> list[dict[str, Any]]:
        return with_keyframe(keyframes, Recipe(name, seed=random.randrange(MAX_SEED), label=label or None).to_dict())

    def edit(event: gr.EventData) -> list[dict[str, Any]]:
        return event.keyframes

    def open_frame(
        keyframes: list[dict[str, Any]], count: float, blend: str, space: str, loop: bool, event: gr.EventData
    ) -> tuple[dict[str, Any], gr.Tabs]:
        recipes = path(keyframes, count, blend, space, loop)
        frame = recipes[min(max(int(event.frame), 0), len(recipes) - 1)]
        return opening(frame.to_dict()), gr.Tabs(selected="slide")

    def make_film(
        keyframes: list[dict[str, Any]],
        count: float,
        blend: str,
        space: str,
        loop: bool,
        fps: float,
        kind: str,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 (Gradio finds it by this default)
    ) -> gr.File:
        from explorer.core import video

        recipes = path(keyframes, count, blend, space, loop)
        model = ctx.library.model(recipes[0].checkpoint)
        target = film_file(f"{server.safe(model.name)}-path.{kind}")
        pictures = (model.images([recipe])[0] for recipe in progress.tqdm(recipes, desc="Drawing frames"))
        video.export(pictures, target, kind=kind, fps=int(fps), scale=max(1, 512 // model.resolution))
        return gr.File(str(target), visible=True)

    shape: list[Any] = [count, blend, space, loop]
    gr.on([c.change for c in (ctx.keyframes, *shape, fps)], told(draw), [ctx.keyframes, *shape, fps], player, **LIVE)
    ctx.checkpoint.change(told(follow), [ctx.checkpoint, ctx.keyframes], [ctx.keyframes, space], **LIVE)
    ctx.checkpoint.change(told(classes), ctx.checkpoint, label, **LIVE)
    add.click(told(add_seed), [ctx.checkpoint, ctx.keyframes, label, seed], ctx.keyframes, **LIVE)
    chance.click(told(add_random), [ctx.checkpoint, ctx.keyframes, label], ctx.keyframes, **LIVE)
    player.edit(told(edit), None, ctx.keyframes, **LIVE)
    player.open(told(open_frame), [ctx.keyframes, *shape], [ctx.opened, ctx.tabs], **LIVE)
    export.click(told(make_film), [ctx.keyframes, *shape, fps, kind], result, api_visibility="private")
