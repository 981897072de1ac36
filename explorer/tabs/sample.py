"""A sheet of samples from consecutive seeds."""

import io
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import gradio as gr

from explorer import serve
from explorer.browser import element
from explorer.recipe import MAX_SEED, NOISE_MODES, Recipe
from explorer.tabs.context import LIVE, Context, opening, told
from trainer.errors import UserError

TITLE = "Sample"
LEAST, MOST = 3, 12  # tiles a side


def recipes(name: str, seed: float, columns: int, psi: float, noise: str, label: int | None) -> list[Recipe]:
    """One recipe a tile, seeds counting up from the first. Raises UserError for a seed or size out of range."""
    count = int(columns) ** 2
    if not LEAST <= columns <= MOST:
        raise UserError(f"The sheet has {columns} tiles a side; choose {LEAST} to {MOST}.")
    if seed is None or seed != int(seed) or not 0 <= seed <= MAX_SEED - count:
        raise UserError(f"The first seed is {seed}; it must be a whole number from 0 to {MAX_SEED - count}.")
    return [Recipe(name, seed=int(seed) + i, psi=psi, noise=noise, label=label) for i in range(count)]


def build(ctx: Context) -> None:
    from trainer.pictures import sheet

    with gr.Row(elem_classes="split"):
        with gr.Column(scale=3, min_width=300):
            grid = element("sample", server_functions=ctx.server(serve.png))
        with gr.Column(scale=1, min_width=240, elem_classes="panel"):
            with gr.Row(elem_classes="pager"):
                back = gr.Button("← Previous", size="sm", min_width=80)
                chance = gr.Button("Random", size="sm", min_width=80)
                on = gr.Button("Next →", size="sm", min_width=80)
            seed = gr.Number(0, label="First seed", info="tiles count up from here", precision=0, minimum=0, maximum=MAX_SEED)
            columns = gr.Slider(LEAST, MOST, 6, step=1, label="Tiles a side", info="3 × 3 to 12 × 12")
            psi = gr.Slider(0, 1.5, 1.0, step=0.05, label="Truncation psi", info="0 the mean picture · 1 as trained")
            noise = gr.Radio(list(NOISE_MODES), value="fixed", label="Noise", info="fine random detail", visible=False)
            label = gr.Dropdown([], label="Class", info="what to draw", visible=False, type="index")
            save = gr.DownloadButton("Download sheet", size="sm")

    def draw(name: str | None, *settings: Any) -> tuple[Any, ...]:
        """The sheet as the element shows it, and the controls that this model has."""
        if not name:
            return gr.skip(), gr.skip()
        model = ctx.library.model(name)
        columns, noise, label = int(settings[1]), settings[3], settings[4]
        asked = recipes(name, *settings[:3], noise if model.has_noise else "fixed", label if model.num_classes else None)
        picture = sheet(model.images(asked), columns)
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=90)
        uri = serve.as_uri(buffer.getvalue(), "webp")
        return {"recipe": asked[0].to_dict(), "columns": columns, "sheet": uri, "stamp": time.time()}

    def controls(name: str | None) -> tuple[Any, Any]:
        if not name:
            return gr.skip(), gr.skip()
        model = ctx.library.model(name)
        classes = gr.Dropdown(choices=model.class_names, value=next(iter(model.class_names), None), visible=bool(model.num_classes))
        return gr.Radio(visible=model.has_noise), classes

    def page(step: int):
        def turn(seed: float, columns: float) -> int:
            count = int(columns) ** 2
            if not step:
                return random.randrange(0, 10**6)
            return int(min(max((seed or 0) + step * count, 0), MAX_SEED - count))

        return turn

    def export(name: str, *settings: Any) -> str:
        model = ctx.library.model(name)
        asked = recipes(name, *settings[:4], settings[4] if model.num_classes else None)
        path = Path(tempfile.mkdtemp()) / f"{serve.safe(name)}-{asked[0].seed}-{len(asked)}.png"
        sheet(model.images(asked), int(settings[1])).save(path)
        return str(path)

    settings = [ctx.checkpoint, seed, columns, psi, noise, label]
    gr.on([c.change for c in settings], told(draw), settings, grid, **LIVE)
    ctx.checkpoint.change(told(controls), ctx.checkpoint, [noise, label], **LIVE)
    for button, step in ((back, -1), (chance, 0), (on, 1)):
        button.click(page(step), [seed, columns], seed, **LIVE)
    save.click(told(export), settings, save)

    def pick(event: gr.EventData) -> tuple[dict[str, Any], gr.Tabs]:
        return opening(event.recipe), gr.Tabs(selected="slide")

    grid.pick(pick, None, [ctx.opened, ctx.tabs], **LIVE)
