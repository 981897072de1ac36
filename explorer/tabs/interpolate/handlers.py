"""What Interpolate does when its controls change: keyframes in, a drawn path or a video out."""

import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from explorer.core.library import Library
from explorer.core.recipe import Recipe
from explorer.core.spelling import MAX_SEED
from explorer.rendering import server
from explorer.tabs.context import opening, whole
from explorer.tabs.slide.tab import MAX_KEYFRAMES, with_keyframe
from trainer.util.errors import UserError

PREVIEW = 128  # frames are shown at this side at most; exports are full size
FIRST = (0, 1, 2)  # seeds of the first path; of a conditional model, classes of one seed
VIDEOS = tempfile.TemporaryDirectory(prefix="explorer-videos-")  # goes with the app
KEPT_VIDEOS = 20
Keyframes = list[dict[str, Any]]  # recipes as plain values


def as_recipes(keyframes: Keyframes) -> list[Recipe]:
    """Raises UserError for more than a path may have, before any is read."""
    if len(keyframes) > MAX_KEYFRAMES:
        raise UserError(f"The path has {len(keyframes)} keyframes; at most {MAX_KEYFRAMES} are possible.")
    return [Recipe.from_dict(plain) for plain in keyframes]


def path_sheet(images: np.ndarray) -> dict[str, Any]:
    """uint8 (N, H, W, C) -> one sheet as a data URI, with its layout."""
    from trainer.util.images import sheet

    step = -(-images.shape[1] // PREVIEW)
    small = images[:, ::step, ::step]
    columns = int(np.ceil(len(small) ** 0.5))
    uri = server.image_uri(sheet(small, columns), quality=92)
    return {"sheet": uri, "columns": columns, "tile": small.shape[1], "count": len(small)}


def video_file(name: str) -> Path:
    """A path for a new video, in a folder of its own. The newest of the earlier ones are kept for their viewers."""
    folders = sorted(Path(VIDEOS.name).iterdir(), key=lambda folder: folder.stat().st_mtime)
    for folder in folders[:-KEPT_VIDEOS]:
        shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=VIDEOS.name)) / name


class Handlers:
    """The tab's event handlers. `shape` stands for count, interpolation, space and loop of the path, in this order."""

    def __init__(self, library: Library):
        self.library = library

    def path(self, keyframes: Keyframes, shape: tuple[Any, ...]) -> list[Recipe]:
        """The frames of a path. Raises UserError for an empty one, and as `interpolation.frames`."""
        from explorer.core.interpolation import frames

        recipes = as_recipes(keyframes)
        if not recipes:
            raise UserError("The path has no keyframes yet. Add two.")
        count, interpolation, space, loop = shape
        model = self.library.model(recipes[0].checkpoint)
        return frames(model, recipes, int(count), interpolation=interpolation, space=space, loop=loop)

    def draw(self, keyframes: Keyframes, *settings: Any) -> Any:
        """What the player shows: thumbnails of the keyframes, and the frames of the path. settings: shape, fps."""
        if not keyframes:
            return gr.skip()
        *shape, fps = settings
        recipes = as_recipes(keyframes)
        model = self.library.model(recipes[0].checkpoint)
        thumbs = [server.data_uri(image) for image in model.images(recipes)]
        path_of = dict(zip(("count", "interpolation", "space", "loop"), shape, strict=True))
        view = {"keyframes": keyframes, "thumbs": thumbs, "classes": model.class_names}
        view |= {"fps": fps, "path": path_of, "stamp": time.time()}
        if len(keyframes) < 2:
            return {**view, "note": "Add a second keyframe: a seed here, or 'Add to path' in Slide."}
        try:  # keyframes that cannot be joined so are shown all the same: they can be removed, or joined in w
            with server.DRAWING.place():
                return {**view, **path_sheet(model.images(self.path(keyframes, tuple(shape))))}
        except UserError as error:
            return {**view, "note": str(error)}

    def follow(self, name: str | None, keyframes: Keyframes) -> tuple[Any, Any]:
        """Another checkpoint: start with its first seeds, or with its first classes; unless the path is its own."""
        if name is None or not self.library.usable(name) or (keyframes and keyframes[0]["checkpoint"] == name):
            return gr.skip(), gr.skip()
        classes = self.library.model(name).num_classes
        if classes > 1:
            return [Recipe(name, label=label).to_dict() for label in FIRST[:classes]], "w"
        return [Recipe(name, seed=seed).to_dict() for seed in FIRST], "z"

    def classes(self, name: str | None) -> Any:
        """The classes of another checkpoint, to choose from."""
        if name is None or not self.library.usable(name):
            return gr.skip()
        names = self.library.model(name).class_names
        return gr.Dropdown(choices=names, value=next(iter(names), None), visible=bool(names))

    def add_seed(self, name: str, keyframes: Keyframes, label: int | None, seed: float | None) -> Keyframes:
        """The path with the keyframe of a seed."""
        return with_keyframe(keyframes, Recipe(name, seed=whole(seed, "seed"), label=label or None).to_dict())

    def add_random(self, name: str, keyframes: Keyframes, label: int | None) -> Keyframes:
        """The path with the keyframe of a random seed."""
        return with_keyframe(keyframes, Recipe(name, seed=random.randrange(MAX_SEED), label=label or None).to_dict())

    def edit(self, event: gr.EventData) -> Any:
        """The keyframes as the player has rearranged them."""
        return event.keyframes

    def open_frame(self, event: gr.EventData, keyframes: Keyframes, *shape: Any) -> tuple[dict[str, Any], gr.Tabs]:
        """A frame of the path, in Slide."""
        recipes = self.path(keyframes, shape)
        frame = recipes[min(max(int(event.frame), 0), len(recipes) - 1)]
        return opening(frame.to_dict()), gr.Tabs(selected="slide")

    def make_video(
        self,
        keyframes: Keyframes,
        progress: gr.Progress = gr.Progress(),  # noqa: B008 (Gradio finds it by this default)
        *settings: Any,
    ) -> gr.File:
        """The path as a file. settings: shape, fps, kind."""
        from explorer.core import video

        *shape, fps, kind = settings
        recipes = self.path(keyframes, tuple(shape))
        model = self.library.model(recipes[0].checkpoint)
        target = video_file(f"{server.safe(model.name)}-path.{kind}")
        images = (model.images([recipe])[0] for recipe in progress.tqdm(recipes, desc="Rendering frames"))
        video.export(images, target, kind=kind, fps=int(fps), scale=max(1, 512 // model.resolution))
        return gr.File(str(target), visible=True)
