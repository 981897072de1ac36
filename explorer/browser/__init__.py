"""Elements of our own: markup, style and script beside this file, each used by one tab through gr.HTML."""

from pathlib import Path
from typing import Any

import gradio as gr
import plotly

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"  # the package carries the script itself
HERE = Path(__file__).parent


def element(name: str, **options: Any) -> gr.HTML:
    """gr.HTML from name.html and name.js. The markup has no template tags, so Gradio never redraws it."""
    return gr.HTML(
        html_template=read(f"{name}.html"),
        js_on_load=read(f"{name}.js"),
        apply_default_css=False,
        elem_id=f"{name}-element",
        **options,
    )


def read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def plotly_address() -> str:
    """Where the page finds Plotly's script, as seen from the page's own address (routes: rendering.client)."""
    return f"explorer/plotly/{plotly.__version__}/{PLOTLY.name}"


def style() -> str:
    """All style sheets beside this file."""
    return "\n".join(read(path.name) for path in sorted(HERE.glob("*.css")))


def head(token: str) -> str:
    """What the page's <head> carries: the token of its requests, and the functions that the elements share."""
    scripts = (f"<script>{read(name)}</script>" for name in ("common.js", "charts.js", "engine.js"))
    return "".join([f'<meta name="explorer-token" content="{token}">', *scripts])
