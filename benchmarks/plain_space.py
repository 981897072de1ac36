"""The way that most Spaces show a generator: gr.Slider.change -> gr.Image, everything at its default.

python -m benchmarks.plain_space CHECKPOINT --port PORT
"""

import os
from argparse import ArgumentParser
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
import numpy as np
import torch

from explorer.model import Model
from explorer.recipe import Edit, Recipe
from trainer.pictures import to_uint8

SEED, AXIS = 1, "pca:0"  # what the benchmark slides, in both apps


def build(folder: Path) -> gr.Blocks:
    """One slider, one picture."""
    model = Model(folder)

    @torch.inference_mode()
    def draw(strength: float) -> np.ndarray:
        recipe = Recipe(model.name, seed=SEED, edits=(Edit(AXIS, strength),))
        picture = to_uint8(model.generator.synthesize(model.ws([recipe]), model.noise([recipe])))[0]
        return picture.squeeze()

    with gr.Blocks() as demo:
        slider = gr.Slider(-3, 3, 0, step=0.05, label="Direction", elem_id="slider")
        picture = gr.Image(label="Picture", elem_id="picture")
        slider.change(draw, slider, picture)
        demo.load(draw, slider, picture)
    return demo


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--port", type=int, default=7860)
    arguments = parser.parse_args()
    build(arguments.checkpoint).launch(server_port=arguments.port)
