"""The way that most Spaces show a generator: gr.Slider.change -> gr.Image, everything at its default.

python -m benchmarks.plain_space CHECKPOINT --seed SEED --port PORT
"""

import os
from argparse import ArgumentParser
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
import numpy as np
import torch

from explorer.core.model import Model
from explorer.core.recipe import Edit, Recipe
from trainer.util.images import to_uint8

AXIS = "pca:0"  # the first slider of the app


def build(folder: Path, seed: int) -> gr.Blocks:
    """One slider, one image; no batch, no cache, nothing of the app but the generator and its direction."""
    model = Model(folder)

    @torch.inference_mode()
    def draw(strength: float) -> np.ndarray:
        recipe = Recipe(model.name, seed=seed, edits=(Edit(AXIS, strength),))
        image = to_uint8(model.generator.synthesize(model.ws([recipe]), model.noise([recipe])))[0]
        return image.squeeze()

    with gr.Blocks() as demo:
        slider = gr.Slider(-3, 3, 0, step=0.05, label="Direction", elem_id="slider")
        image = gr.Image(label="Image", elem_id="image")
        slider.change(draw, slider, image)
        demo.load(draw, slider, image)
    return demo


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=7860)
    arguments = parser.parse_args()
    build(arguments.checkpoint, arguments.seed).launch(server_port=arguments.port)
