"""Map & diagnosis: real against generated in one plane, and the verdict in words."""

from typing import Any

import gradio as gr

from explorer.tabs.context import LIVE, Context, opening, reported
from explorer.tabs.diagnosis import handlers
from explorer.web import element, plotly_address

TITLE = "Map & diagnosis"
SAMPLES = (1000, 5000)  # images at first, and once these are evaluated


def build(ctx: Context) -> None:
    """Lay out the tab: it follows the chosen checkpoint, and a sample that is picked opens in Slide."""
    script = plotly_address()
    view = element("diagnosis", events=["pick"], server_functions=ctx.server(*handlers.HANDLERS))

    def follow(name: str | None) -> Any:
        """Another checkpoint; the element asks for its diagnosis once it is seen."""
        if name is None or not ctx.library.usable(name):
            return gr.skip()
        model = ctx.library.model(name)
        from trainer.diagnosis.feature_map import METHODS

        return {
            "checkpoint": name,
            "classes": model.class_names,
            "others": handlers.comparable(ctx.library, name),
            "samples": SAMPLES,
            "methods": {key: (method.__doc__ or "").split("\n")[0] for key, method in METHODS.items()},
            "plotly": script,
        }

    def pick(event: gr.EventData) -> tuple[dict[str, Any], gr.Tabs]:
        return opening(event.recipe), gr.Tabs(selected="slide")

    ctx.checkpoint.change(reported(follow), ctx.checkpoint, view, **LIVE)
    view.pick(reported(pick), None, [ctx.opened, ctx.tabs], **LIVE)
