"""The right column of the Train tab: what may be asked of the watched run, and the form that starts one."""

import time
from typing import Any

import gradio as gr

from explorer.tabs.context import LIVE, Context, told
from explorer.tabs.train import control, sources
from explorer.web import element

OFF = (
    "**Starting a training is off here**: on a Space, where strangers would share two cores, or with `--no-train`. "
    "Recorded runs can be watched and explored; `python app.py --allow-train` turns it on."
)


def build(ctx: Context) -> None:
    """Lay out the form and the upload, or say why there are none."""
    if not ctx.may_train:
        gr.Markdown(OFF, elem_id="train-off")
        return
    form = element("train", "control", server_functions=ctx.server(*control.HANDLERS))
    with gr.Accordion("Upload pictures to train on", open=False, elem_id="upload"):
        name = gr.Textbox("my-pictures", label="Name of the upload", max_lines=1)
        files = gr.File(
            file_count="multiple", file_types=["image", ".zip"], label="Pictures, or one zip of them", height=110
        )

    def take(files: list[str] | None, name: str) -> tuple[Any, Any]:
        """Move what was uploaded to its place, and let the form train on it."""
        path = control.take_upload(files or [], name.strip(), control.data_dir(ctx.library))
        gr.Info(f"{len(files or [])} files taken. The form's data set is now this upload.")
        return {"data": sources.told(ctx.library, str(path.absolute())), "stamp": time.time()}, None

    files.upload(told(take), [files, name], [form, files], **LIVE)
