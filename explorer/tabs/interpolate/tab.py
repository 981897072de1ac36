"""A path through two to eight keyframes: watch it, scrub it, export it."""

from typing import Any, NamedTuple

import gradio as gr

from explorer.core.spelling import MAX_SEED
from explorer.rendering import client
from explorer.tabs.context import LIVE, Context, reported
from explorer.tabs.interpolate.handlers import Handlers
from explorer.web import element

TITLE = "Interpolate"
FRAMES = (8, 240)


class Controls(NamedTuple):
    """What a person sets beside the player, from top to bottom."""

    seed: gr.Number
    label: gr.Dropdown
    add: gr.Button
    chance: gr.Button
    frames: gr.Slider
    blend: gr.Radio
    space: gr.Radio
    loop: gr.Checkbox
    fps: gr.Slider
    kind: gr.Radio
    export: gr.Button
    result: gr.File

    @property
    def shape(self) -> list[Any]:
        """Those that decide the frames."""
        return [self.frames, self.blend, self.space, self.loop]


def controls() -> Controls:
    """The panel beside the player."""
    with gr.Column(scale=1, min_width=240, elem_classes="panel"):
        seed = gr.Number(3, label="Seed", info="of the next keyframe", precision=0, minimum=0, maximum=MAX_SEED)
        label = gr.Dropdown([], label="Class", info="of the next keyframe", visible=False, type="index")
        with gr.Row(elem_classes="pager"):
            add = gr.Button("Add seed", size="sm", min_width=80)
            chance = gr.Button("Add random", size="sm", min_width=80)
        frames = gr.Slider(*FRAMES, 48, step=1, label="Frames", info="in the whole path")
        blend = gr.Radio(["lerp", "slerp"], value="slerp", label="Interpolation", info="linear, or spherical")
        space = gr.Radio(["z", "w"], value="z", label="Space", info="z: latents · w: styles, also across classes")
        loop = gr.Checkbox(True, label="Closed loop", info="return to the first keyframe")
        fps = gr.Slider(4, 30, 12, step=1, label="FPS", info="of the player and of the exported file")
        kind = gr.Radio(["gif", "webp", "mp4"], value="gif", label="File format", info="of the exported video")
        export = gr.Button("Export", size="sm")
        result = gr.File(label="Exported file", visible=False, interactive=False)
    return Controls(seed, label, add, chance, frames, blend, space, loop, fps, kind, export, result)


def build(ctx: Context) -> None:
    """Lay out the tab and connect it."""
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=3, min_width=300):
            player = element("interpolate", events=["edit", "open"], server_functions=ctx.server(*client.PATH))
        panel = controls()
    handlers, path = Handlers(ctx.library), ctx.keyframes
    drawn_from = [path, *panel.shape, panel.fps]
    chosen = [ctx.checkpoint, path, panel.label]
    gr.on([c.change for c in drawn_from], reported(handlers.draw), drawn_from, player, **LIVE)
    ctx.checkpoint.change(reported(handlers.follow), [ctx.checkpoint, path], [path, panel.space], **LIVE)
    ctx.checkpoint.change(reported(handlers.classes), ctx.checkpoint, panel.label, **LIVE)
    panel.add.click(reported(handlers.add_seed), [*chosen, panel.seed], path, **LIVE)
    panel.chance.click(reported(handlers.add_random), chosen, path, **LIVE)
    player.edit(reported(handlers.edit), None, path, **LIVE)
    player.open(reported(handlers.open_frame), [path, *panel.shape], [ctx.opened, ctx.tabs], **LIVE)
    panel.export.click(reported(handlers.make_video), [*drawn_from, panel.kind], panel.result, api_visibility="private")
