"""The right column of the Train tab: what may be asked of the watched run, and the form that starts one."""

import time
from typing import Any

import gradio as gr

from explorer.core import sources
from explorer.tabs.context import LIVE, Context, reported
from explorer.tabs.train import control
from explorer.web import element

OFF = (
    "**Training is disabled here**: on a Space, where visitors share two cores, or with `--no-train`. "
    "Recorded runs can be viewed and explored; `python app.py --allow-train` enables training."
)


def build(ctx: Context) -> None:
    """Lay out the form and the upload, or say why there are none."""
    if not ctx.may_train:
        gr.Markdown(OFF, elem_id="train-off")
        return
    form = element("train", "control", server_functions=ctx.server(*control.HANDLERS))
    with gr.Accordion("Upload training images", open=False, elem_id="upload"):
        name = gr.Textbox("my-images", label="Data set name", max_lines=1)
        files = gr.File(
            file_count="multiple",
            file_types=["image", *control.WHOLE],
            label="Images, or one .zip, .tar, .npz or .parquet of them",
            height=110,
        )

    def take(files: list[str] | None, name: str) -> tuple[Any, Any]:
        """Move what was uploaded to its place, and let the form train on it."""
        path = control.take_upload(files or [], name.strip(), control.data_dir(ctx.library))
        gr.Info(f"{len(files or [])} files uploaded and selected as the data set in the form.")
        return {"data": sources.display_name(ctx.library, str(path.absolute())), "stamp": time.time()}, None

    files.upload(reported(take), [files, name], [form, files], **LIVE)
