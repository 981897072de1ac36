"""A canvas to draw on, and beside it what a translator makes of the drawing."""

from typing import Any

import gradio as gr

from explorer.core.translation.recipe import TranslationRecipe
from explorer.tabs.context import LIVE, Context, opening, reported
from explorer.tabs.translate import completing, handlers
from explorer.web import element

TITLE = "Translate"


def build(ctx: Context) -> None:
    """Lay out the tab: it has a chooser of its own, and shows the drawing that is opened."""
    asked = ctx.server(*handlers.HANDLERS, *completing.HANDLERS)
    view = element("translate", events=["pick"], server_functions=asked)

    def show(drawing: dict[str, Any]) -> Any:
        return {**drawing, "recipe": TranslationRecipe.from_dict(drawing["recipe"]).to_dict()} if drawing else gr.skip()

    def pick(event: gr.EventData) -> tuple[str, dict[str, Any], gr.Tabs]:
        return event.recipe["checkpoint"], opening(event.recipe), gr.Tabs(selected="slide")

    ctx.drawing.change(reported(show), ctx.drawing, view, **LIVE)
    view.pick(reported(pick), None, [ctx.checkpoint, ctx.opened, ctx.tabs], **LIVE)
