"""The Import button of the head, and its dialog."""

from typing import Any

import gradio as gr

from explorer.tabs.chooser import choices_of
from explorer.tabs.context import LIVE, Context, reported
from explorer.tabs.importing import handlers
from explorer.web import element

OFF = (
    "Importing is disabled here, as uploads are. On your own machine: python -m trainer import FILE --out NAME, then "
    "python app.py. The operator of this app can enable it with --allow-train, but not on a Space."
)


def build(ctx: Context, notice: gr.HTML, maximum: int) -> None:
    """Lay out the button; what is imported is then chosen. `maximum`: bytes of an upload."""
    view = element(
        "importing",
        events=["imported"],
        value={"off": "" if ctx.may_train else OFF, "maximum": maximum},
        server_functions=ctx.server(*handlers.HANDLERS) if ctx.may_train else [],
    )

    def choose(event: gr.EventData) -> tuple[Any, Any]:
        """The chooser, with the new checkpoint chosen; a notice that there is none goes."""
        return gr.Dropdown(choices=choices_of(ctx.library.entries()), value=event.checkpoint), gr.HTML(visible=False)

    view.imported(reported(choose), None, [ctx.checkpoint, notice], **LIVE)
