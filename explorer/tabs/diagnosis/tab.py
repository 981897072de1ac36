"""Map & diagnosis: real against generated in one plane, and the verdict in words."""

from typing import Any

import gradio as gr

from explorer.core.limits import UPLOADS
from explorer.tabs.context import LIVE, Context, opening, reported
from explorer.tabs.diagnosis import handlers, makeable, sets
from explorer.web import element, plotly_address

TITLE = "Map & diagnosis"
SAMPLES = (1000, 5000)  # images at first, and once these are evaluated
OFF = (
    "Comparing two sets of images is disabled here, as uploads and trainings are. On your own machine: "
    "python -m trainer diagnose --real IMAGES --fake IMAGES, or this page from python app.py."
)


def build(ctx: Context) -> None:
    """Lay out the tab: it follows the chosen checkpoint, and a sample that is picked opens in Slide."""
    script = plotly_address()
    of_sets = sets.HANDLERS if ctx.may_train else ()
    view = element(
        "diagnosis",
        events=["pick"],
        value={"plotly": script, "methods": {}, "sets": sets_allowed(ctx)},
        server_functions=ctx.server(*handlers.HANDLERS, *makeable.HANDLERS, *of_sets),
    )

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
            "sets": sets_allowed(ctx),
        }

    def pick(event: gr.EventData) -> tuple[dict[str, Any], gr.Tabs]:
        return opening(event.recipe), gr.Tabs(selected="slide")

    ctx.checkpoint.change(reported(follow), ctx.checkpoint, view, **LIVE)
    view.pick(reported(pick), None, [ctx.opened, ctx.tabs], **LIVE)


def sets_allowed(ctx: Context) -> dict[str, Any]:
    """Why the form of two sets is off, "" where it is on; bytes of an upload."""
    return {"off": "" if ctx.may_train else OFF, "maximum": UPLOADS}
