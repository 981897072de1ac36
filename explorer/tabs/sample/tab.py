"""A sheet of samples from consecutive seeds, or of two rows of seeds whose styles are mixed."""

from typing import Any

import gradio as gr

from explorer.rendering import client, server
from explorer.tabs.context import LIVE, Context, opening, reported
from explorer.web import element

TITLE = "Sample"


def build(ctx: Context) -> None:
    """Lay out the tab: it follows the chosen checkpoint, and a sample that is picked opens in Slide."""
    asked = ctx.server(server.tiles, server.scores, server.sheet, server.png, *client.HANDLERS)
    grid = element("sample", events=["pick"], server_functions=asked)

    def show(name: str | None) -> Any:
        return {"model": server.capabilities(ctx.library, name)} if name and ctx.library.usable(name) else gr.skip()

    def pick(event: gr.EventData) -> tuple[dict[str, Any], gr.Tabs]:
        return opening(event.recipe), gr.Tabs(selected="slide")

    ctx.checkpoint.change(reported(show), ctx.checkpoint, grid, **LIVE)
    grid.pick(reported(pick), None, [ctx.opened, ctx.tabs], **LIVE)
