"""The dialog that opens a picture; Slide's button, a paste and a drop ask for it by an event of the page."""

from typing import Any

import gradio as gr

from explorer.tabs.context import LIVE, Context, opening, reported
from explorer.tabs.picture import handlers
from explorer.web import element


def build(ctx: Context) -> None:
    """Lay out the dialog, for the checkpoint that is chosen; what was found opens in Slide."""
    view = element("picture", events=["opened"], server_functions=ctx.server(*handlers.HANDLERS))

    def open_found(event: gr.EventData) -> dict[str, Any]:
        return opening(event.recipe)

    view.opened(reported(open_found), None, ctx.opened, **LIVE)
