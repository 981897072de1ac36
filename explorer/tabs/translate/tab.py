"""A canvas to draw on, and beside it what a translator makes of the drawing."""

from typing import Any

import gradio as gr

from explorer.core.translation.recipe import TranslationRecipe
from explorer.tabs.context import LIVE, Context, reported
from explorer.tabs.translate import handlers
from explorer.web import element

TITLE = "Translate"


def build(ctx: Context) -> None:
    """Lay out the tab: it has a chooser of its own, and shows the drawing that is opened."""
    view = element("translate", server_functions=ctx.server(*handlers.HANDLERS))

    def show(drawing: dict[str, Any]) -> Any:
        return {**drawing, "recipe": TranslationRecipe.from_dict(drawing["recipe"]).to_dict()} if drawing else gr.skip()

    ctx.drawing.change(reported(show), ctx.drawing, view, **LIVE)
