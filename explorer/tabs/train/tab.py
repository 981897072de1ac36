"""Watch trainings live, start one, control it. The page only reads a run's folder: it may be closed at any time."""

from typing import Any

import gradio as gr

from explorer.tabs.context import LIVE, Context, opening, reported
from explorer.tabs.train import control_panel, watching
from explorer.web import GRADES, element, plotly_address

TITLE = "Train"


def build(ctx: Context) -> None:
    """Lay out the tab, runs beside the control panel; a sample or snapshot that is picked opens in Slide."""
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=3, min_width=300):
            view = element(
                "train",
                events=["pick"],
                value={"plotly": plotly_address(), "grades": GRADES},
                server_functions=ctx.server(*watching.HANDLERS),
            )
        with gr.Column(scale=1, min_width=260, elem_classes="panel"):
            control_panel.build(ctx)

    def pick(event: gr.EventData) -> tuple[Any, dict[str, Any], gr.Tabs]:
        """A tile or a snapshot, to Slide; the chooser in the head learns its name."""
        name = event.recipe["checkpoint"]
        names = [*ctx.library.folders()]
        chooser = gr.Dropdown(choices=[*names, *([] if name in names else [name])], value=name)
        return chooser, opening(event.recipe), gr.Tabs(selected="slide")

    view.pick(reported(pick), None, [ctx.checkpoint, ctx.opened, ctx.tabs], **LIVE)
