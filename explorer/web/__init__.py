"""The page's own elements: a tab's markup, style and script lie in its folder, what tabs share lies here."""

from pathlib import Path
from typing import Any

import gradio as gr
import plotly

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"  # the package carries the script itself
HERE = Path(__file__).parent
TABS = HERE.parent / "tabs"
SHEETS = [*sorted(HERE.glob("*.css")), *sorted(TABS.glob("*/*.css"))]  # the shared one, then each tab's


def element(tab: str, name: str = "", **options: Any) -> gr.HTML:
    """gr.HTML from a tab's NAME.html and NAME.js. The markup has no template tags, so Gradio never redraws it.

    Args: tab: its folder; name: of the element where a tab has several, the tab's own by default.
    """
    name = name or tab
    return gr.HTML(
        html_template=read(TABS / tab / f"{name}.html"),
        js_on_load=read(TABS / tab / f"{name}.js"),
        apply_default_css=False,
        elem_id=f"{name}-element",
        **options,
    )


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def plotly_address() -> str:
    """Where the page finds Plotly's script, as seen from the page's own address (routes: rendering.client)."""
    return f"explorer/plotly/{plotly.__version__}/{PLOTLY.name}"


def style() -> str:
    """All style sheets."""
    return "\n".join(map(read, SHEETS))


def head(token: str) -> str:
    """What the page's <head> carries: the token of its requests, and the functions that the elements share."""
    scripts = (f"<script>{read(HERE / name)}</script>" for name in ("common.js", "charts.js", "engine.js"))
    return "".join([f'<meta name="explorer-token" content="{token}">', *scripts])
