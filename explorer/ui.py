"""The page: head, tabs, theme. Reads as a table of contents; each tab builds itself."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import gradio as gr

from explorer import web
from explorer.api.acts import Acts
from explorer.core.library import Library
from explorer.core.limits import UPLOADS
from explorer.core.recipe import Recipe, is_link
from explorer.core.spelling import link_pairs
from explorer.core.translation.recipe import TranslationRecipe, is_translation_link
from explorer.rendering import server
from explorer.rpc.handler import sentence
from explorer.rpc.places import without_places
from explorer.tabs.chooser import choices_of, chooser, follow_chooser, told_of
from explorer.tabs.context import LIVE, Context, opening, reported
from explorer.tabs.diagnosis import tab as diagnosis
from explorer.tabs.importing import panel as importing
from explorer.tabs.interpolate import tab as interpolate
from explorer.tabs.picture import panel as picture
from explorer.tabs.sample import tab as sample
from explorer.tabs.slide import tab as slide
from explorer.tabs.train import tab as train
from explorer.tabs.translate import tab as translate
from trainer.util.errors import UserError

# In the order of the page. A new tab is one folder and one entry here.
TABS = {
    "sample": sample,
    "slide": slide,
    "interpolate": interpolate,
    "translate": translate,
    "diagnosis": diagnosis,
    "train": train,
}
MAX_EVENTS = 300  # of all pages together, that wait for their turn
NO_CHECKPOINT = """<h2>No checkpoint yet</h2>
<p>There are no models in {checkpoints} or {runs}. Train a first one and publish it, in a few minutes:</p>
<pre>python -m trainer train --run first --preset mnist-dcgan --kimg 100
python -m trainer publish first --as first</pre>
<p>Then reload this page. A generator from elsewhere comes with <b>Import …</b> above.</p>
"""


def build_ui(library: Library, first: str | None = None, may_train: bool = False, may_fetch: bool = False) -> gr.Blocks:
    """The whole app.

    Args: first: the checkpoint to show at first, None takes the first usable one; may_train: whether the Train tab may
    start and stop trainings; may_fetch: whether checkpoints of the Hub may be downloaded.
    """
    with gr.Blocks(
        title="Latent explorer", analytics_enabled=False, fill_width=True, delete_cache=(3600, 3600)
    ) as demo:
        with gr.Row(elem_id="head"):
            gr.HTML("<h1>Latent explorer</h1><p>explore and train GANs</p>", elem_id="title")
            about = gr.HTML(elem_id="about")
            checkpoint = chooser(library, may_fetch)
            with gr.Row(elem_id="head-buttons") as buttons:
                share = gr.Button("Copy link", size="sm", min_width=70)
                theme = gr.Button("Theme", size="sm", min_width=70)
        notice = gr.HTML(visible=False, elem_id="notice")
        # Hidden components and not gr.State: the page's own scripts and the tests can read them, too.
        opened, drawing = gr.JSON({}, visible="hidden"), gr.JSON({}, visible="hidden")
        keyframes = gr.JSON([], visible="hidden")
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as tabs:
            context = Context(library, checkpoint, opened, keyframes, drawing, tabs, may_train)
            for name, tab in TABS.items():
                with gr.Tab(tab.TITLE, id=name, render_children=True):
                    tab.build(context)
        with buttons:
            importing.build(context, notice, UPLOADS)
        picture.build(context)

        follow_chooser(library, checkpoint, about, may_fetch)
        gr.api(reported(api_render(library)), api_name="render")
        for act in Acts(library).every():
            gr.api(act, api_name=act.__name__, queue=False)  # their gates bound them, and MCP calls them in place
        share.click(None, js=web.calls("share"))
        theme.click(None, js=web.calls("toggleTheme"))
        demo.load(page_opener(library, first), None, [checkpoint, opened, drawing, tabs, notice], **LIVE)
        demo.load(None, js=web.calls("theme"))
    result: gr.Blocks = demo.queue(max_size=MAX_EVENTS)
    return result


def page_opener(library: Library, first: str | None) -> Callable[[gr.Request], tuple[Any, ...]]:
    """The page's load event: fill the chooser and restore the recipe of the link."""

    def load(request: gr.Request) -> tuple[Any, ...]:
        entries = library.entries()
        usable = [entry.name for entry in entries if entry.usable]
        choices = choices_of(entries)
        if not usable:
            places = {"checkpoints": escape(library.checkpoints.name), "runs": escape(library.runs.name)}
            text = NO_CHECKPOINT.format(**places)
            text += "".join(
                f"<p>{escape(entry.name)} cannot be used: {told_of(entry, library)}</p>" for entry in entries
            )
            return gr.Dropdown(choices=choices), {}, {}, gr.Tabs(selected="train"), gr.HTML(text, visible=True)
        start, recipe, drawn, text = first if first in usable else usable[0], None, None, ""
        try:
            drawn = linked_translation(library, request.query_params, first)
            recipe = None if drawn else linked_recipe(library, request.query_params)
            if first and first not in usable and not drawn:
                text = f"{first} cannot be used. Showing {start} instead."
        except UserError as error:
            meant = dict(link_pairs(str(request.query_params))).get("checkpoint")
            start = meant if meant in usable else start
            text = f"The link cannot be restored. {error} Showing {start} instead."
        tab = gr.Tabs(selected="slide") if recipe and len(recipe) > 1 else gr.skip()
        tab = gr.Tabs(selected="translate") if drawn else tab
        recipe = recipe or {"checkpoint": start}
        chooser = gr.Dropdown(choices=choices, value=recipe["checkpoint"])
        shown = opening(drawn) if drawn else {}
        return chooser, opening(recipe), shown, tab, gr.HTML(escape(text), visible=bool(text))

    return load


def linked_recipe(library: Library, query: Any) -> dict[str, Any] | None:
    """The recipe in the address, None if there is none. Raises UserError for one that cannot be restored."""
    if not is_link(str(query)):
        return None
    try:
        recipe = Recipe.from_query(str(query))
        library.model(recipe.checkpoint).ws([recipe])
    except Exception as error:
        raise UserError(without_places(sentence(error, "a link"), library)) from error
    return recipe.to_dict()


def linked_translation(library: Library, query: Any, first: str | None) -> dict[str, Any] | None:
    """The recipe of a translation in the address, else that of the first checkpoint, where it is a translator.

    None if there is neither. Raises UserError for one that cannot be restored.
    """
    if not is_translation_link(str(query)):
        return {"translator": first} if first in library.translators() and not is_link(str(query)) else None
    try:
        recipe = TranslationRecipe.from_query(str(query))
        library.translation(recipe.translator).check(recipe)
    except Exception as error:
        raise UserError(without_places(sentence(error, "a link"), library)) from error
    return recipe.to_dict()


def api_render(library: Library) -> Callable[[dict[str, Any]], str]:
    """The public endpoint of the recipe itself: its image out. The others are `explorer.api.acts`."""

    def render(recipe: dict[str, Any]) -> str:
        """A recipe as JSON, such as {"checkpoint": "mnist-dcgan", "seed": 7} -> data URI of a PNG that carries it."""
        answer = server.png(library, {"recipe": recipe})
        if "error" in answer:
            raise UserError(answer["error"])
        return f"data:image/png;base64,{answer['data']}"

    return render


def page_options(token: str, may_train: bool = False) -> dict[str, Any]:
    """Theme, style and scripts: arguments of `mount_gradio_app`. Only who may train uploads through Gradio."""
    return {
        "theme": theme(),
        "css": web.style(),
        "head": web.head(token),
        "run_history": False,
        "ssr_mode": False,  # the same page on a Space as at home
        "footer_links": ["api", "settings"],
        "show_error": True,
        "max_file_size": UPLOADS if may_train else "1mb",
    }


def theme() -> gr.themes.Base:
    """Quiet: warm greys, one blue, fonts of the system."""
    fonts: Sequence[str] = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "sans-serif")
    base = gr.themes.Base(
        primary_hue="indigo", neutral_hue="stone", radius_size="sm", font=fonts, font_mono=("ui-monospace", "monospace")
    )
    grey = "*neutral_500"  # 4.8 : 1 on white; the default is 2.5 : 1
    return base.set(
        body_text_color_subdued=grey,
        block_info_text_color=grey,
        color_accent="*primary_600",  # 6.3 : 1 on white; the default is 4.46 : 1
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
    )
