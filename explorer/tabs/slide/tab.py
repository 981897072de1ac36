"""One large image and a board of sliders along the directions that a person chose."""

from typing import Any

import gradio as gr

from explorer.core.branches import without_lost
from explorer.core.library import Library
from explorer.core.recipe import Recipe
from explorer.rendering import client, server, translators
from explorer.tabs.context import LIVE, Context, opening, reported
from explorer.tabs.slide import directions, dragging
from explorer.web import element
from trainer.util.errors import UserError

TITLE = "Slide"
MAX_KEYFRAMES = 8


def view(library: Library, opened: dict[str, Any]) -> dict[str, Any]:
    """What the element shows for `opening(recipe)`. Raises UserError if the checkpoint is gone or does not fit.

    note: a sentence where the recipe was tuned in a branch that is not here; it is shown without.
    """
    asked = Recipe.from_dict(opened["recipe"])
    model = library.model(asked.checkpoint)
    recipe, note = without_lost(asked, model.info.sha256)
    model.ws([recipe])
    about = server.capabilities(library, recipe.checkpoint)
    return {**opened, "recipe": recipe.to_dict(), "note": note, "model": about}


def with_keyframe(keyframes: list[dict[str, Any]], recipe: dict[str, Any]) -> list[dict[str, Any]]:
    """The path with one more keyframe; keyframes of another checkpoint give way. Raises UserError at the ninth."""
    kept = [k for k in keyframes if k["checkpoint"] == recipe["checkpoint"]]
    if len(kept) >= MAX_KEYFRAMES:
        raise UserError(f"The path already has {MAX_KEYFRAMES} keyframes. Remove one in Interpolate first.")
    return [*kept, recipe]


def build(ctx: Context) -> None:
    """Lay out the tab: it shows the opened recipe, takes a dropped PNG, adds keyframes to the path, and knows them."""
    slide = element(
        "slide",
        events=["drop", "path"],
        server_functions=ctx.server(
            *(server.rebase, server.png, server.open_png, translators.sharpener, translators.network),
            *(*client.HANDLERS, *directions.HANDLERS, *dragging.HANDLERS),
        ),
        keyframes=[],
    )

    def follow(name: str | None, opened: dict[str, Any]) -> Any:
        """Another checkpoint was chosen: its seed 0, unless the recipe that is open is its own."""
        if not ctx.library.usable(name) or (opened and opened["recipe"]["checkpoint"] == name):
            return gr.skip()
        return opening({"checkpoint": name})

    def show(opened: dict[str, Any]) -> Any:
        return view(ctx.library, opened) if opened else gr.skip()

    def drop(event: gr.EventData) -> tuple[str, dict[str, Any]]:
        return event.recipe["checkpoint"], opening(event.recipe)

    def add(keyframes: list[dict[str, Any]], event: gr.EventData) -> list[dict[str, Any]]:
        return with_keyframe(keyframes, Recipe.from_dict(event.recipe).to_dict())

    ctx.checkpoint.change(reported(follow), [ctx.checkpoint, ctx.opened], ctx.opened, **LIVE)
    ctx.opened.change(reported(show), ctx.opened, slide, **LIVE)
    slide.drop(reported(drop), None, [ctx.checkpoint, ctx.opened], **LIVE)
    slide.path(reported(add), ctx.keyframes, ctx.keyframes, **LIVE)
    ctx.keyframes.change(lambda keyframes: gr.HTML(keyframes=keyframes or []), ctx.keyframes, slide, **LIVE)
