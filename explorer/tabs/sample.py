"""A sheet of samples from consecutive seeds."""

import random
import time
from typing import Any

import gradio as gr

from explorer import serve
from explorer.browser import element
from explorer.recipe import MAX_SEED, NOISE_MODES, Recipe
from explorer.tabs.context import LIVE, Context, opening, told, whole

TITLE = "Sample"


def build(ctx: Context) -> None:
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=3, min_width=300):
            grid = element("sample", server_functions=ctx.server(serve.png, serve.sheet))
        with gr.Column(scale=1, min_width=240, elem_classes="panel"):
            with gr.Row(elem_classes="pager"):
                back = gr.Button("← Previous", size="sm", min_width=80)
                chance = gr.Button("Random", size="sm", min_width=80)
                on = gr.Button("Next →", size="sm", min_width=80)
            seed = gr.Number(
                0, label="First seed", info="tiles count up from here", precision=0, minimum=0, maximum=MAX_SEED
            )
            columns = gr.Slider(
                serve.LEAST_TILES, serve.MOST_TILES, 6, step=1, label="Tiles a side", info="3 × 3 to 12 × 12"
            )
            psi = gr.Slider(0, 1.5, 1.0, step=0.05, label="Truncation psi", info="0 the mean picture · 1 as trained")
            noise = gr.Radio(list(NOISE_MODES), value="fixed", label="Noise", info="fine random detail", visible=False)
            label = gr.Dropdown([], label="Class", info="what to draw", visible=False, type="index")

    def draw(name: str | None, seed: float, columns: float, psi: float, noise: str, label: int | None) -> Any:
        """The sheet as the element shows it."""
        if name is None or not ctx.library.usable(name):
            return gr.skip()
        model = ctx.library.model(name)
        first = Recipe(
            name,
            seed=whole(seed, "first seed"),
            psi=psi,
            noise=noise if model.has_noise else "fixed",
            label=label if model.num_classes else None,
        )
        picture = serve.tiles(ctx.library, first, whole(columns, "number of tiles"))
        uri = serve.image_uri(picture)
        return {"recipe": first.to_dict(), "columns": int(columns), "sheet": uri, "stamp": time.time()}

    def controls(name: str | None) -> tuple[Any, Any]:
        if name is None or not ctx.library.usable(name):
            return gr.skip(), gr.skip()
        model = ctx.library.model(name)
        classes = gr.Dropdown(
            choices=model.class_names, value=next(iter(model.class_names), None), visible=bool(model.num_classes)
        )
        return gr.Radio(visible=model.has_noise), classes

    def page(step: int):
        def turn(seed: float, columns: float) -> int:
            count = int(columns) ** 2
            if not step:
                return random.randrange(0, 10**6)
            return int(min(max((seed or 0) + step * count, 0), MAX_SEED - count))

        return turn

    settings: list[Any] = [ctx.checkpoint, seed, columns, psi, noise, label]
    gr.on([c.change for c in settings], told(draw), settings, grid, **LIVE)
    ctx.checkpoint.change(told(controls), ctx.checkpoint, [noise, label], **LIVE)
    for button, step in ((back, -1), (chance, 0), (on, 1)):
        button.click(page(step), [seed, columns], seed, **LIVE)

    def pick(event: gr.EventData) -> tuple[dict[str, Any], gr.Tabs]:
        return opening(event.recipe), gr.Tabs(selected="slide")

    grid.pick(pick, None, [ctx.opened, ctx.tabs], **LIVE)
