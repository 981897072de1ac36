"""The page's own elements: a tab's markup, style and scripts lie in its folder, what tabs share lies here.

Scripts are ES modules, served as they are written (route: rendering.client), each under the place that it has below
`explorer/`, so that they import each other by the paths of the files. One script is none: `head.js`, which must run
before Gradio's first request.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
import plotly

from trainer.checkpoints.spec import MAX_PSI, MIN_PSI

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"  # the package carries the script itself
HERE = Path(__file__).parent
TABS = HERE.parent / "tabs"
SHEETS = [*sorted(HERE.glob("*.css")), *sorted(TABS.glob("*/*.css"))]  # the shared one, then each tab's
HEAD = HERE / "head.js"
GRADES = ("good", "fair", "bad")  # by the grade of a finding, the class of style.css that colours it
PSI = 'data-field="psi"'  # marks a slider of psi; its range is the recipes'
SCRIPTS = [HERE / "page.js", *(HERE / room for room in ("lib", "render", "components")), TABS]
MODULES = {  # "tabs/slide/slide.js" -> its file: nothing else is served
    file.relative_to(HERE.parent).as_posix(): file
    for place in SCRIPTS
    for file in sorted([place] if place.is_file() else place.rglob("*.js"))
}


def element(tab: str, name: str = "", events: Sequence[str] = (), **options: Any) -> gr.HTML:
    """gr.HTML from a tab's NAME.html and NAME.js. The markup has no template tags, so Gradio never redraws it.

    Args: tab: its folder; name: of the element where a tab has several, the tab's own by default; events: what its
    script triggers. Gradio looks for their names, in quotes, in the text of the script.
    """
    name = name or tab
    named = ", ".join(f'"{event}"' for event in events)
    return gr.HTML(
        html_template=_read(TABS / tab / f"{name}.html").replace(PSI, f'{PSI} min="{MIN_PSI:g}" max="{MAX_PSI:g}"'),
        js_on_load=f'explorer.module("tabs/{tab}/{name}.js")\n'
        f"  .then(({{ mount }}) => mount(element, props, server, trigger, watch)); // {named}",
        apply_default_css=False,
        elem_id=f"{name}-element",
        **options,
    )


def calls(function: str) -> str:
    """The `js` of an event that calls a function of page.js."""
    return f'() => {{ explorer.module("web/page.js").then((page) => page.{function}()); }}'


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def plotly_address() -> str:
    """Where the page finds Plotly's script, as seen from the page's own address (routes: rendering.client)."""
    return f"explorer/plotly/{plotly.__version__}/{PLOTLY.name}"


@cache
def version() -> str:
    """Changes with any module: a page never mixes modules of two versions."""
    digest = hashlib.sha256()
    for name, file in MODULES.items():
        digest.update(name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def modules_address() -> str:
    """The folder of the modules, as seen from the page's own address (routes: rendering.client)."""
    return f"explorer/modules/{version()}/"


def style() -> str:
    """All style sheets."""
    return "\n".join(map(_read, SHEETS))


def head(token: str) -> str:
    """What the page's <head> carries: the token of its requests, where the modules are, and all of them at once."""
    folder = modules_address()
    metas = {"explorer-token": token, "explorer-modules": folder}
    return "".join(
        [
            *(f'<meta name="{name}" content="{content}">' for name, content in metas.items()),
            f"<script>{_read(HEAD)}</script>",
            *(f'<link rel="modulepreload" href="{folder}{name}">' for name in MODULES),
        ]
    )
