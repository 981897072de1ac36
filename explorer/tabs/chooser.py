"""The chooser in the head: what is told of a choice, and addresses, which are downloaded and then chosen."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Any

import gradio as gr

from explorer.core.library import RUN, Entry, Library
from explorer.rpc.handler import sentence
from explorer.rpc.places import without_places
from explorer.tabs.context import LIVE, reported
from trainer.util.hub import is_address

INFO = "trained generators and runs"
TICK = 0.3  # seconds between two looks at a download
News = tuple[Any, Any, Any]  # the line in the head, the menu, what came of a typed text
CHOOSE = "(now, arrived) => (arrived.asked === now ? arrived.name : now)"  # unless somebody chose another meanwhile


def chooser(library: Library, may_fetch: bool) -> gr.Dropdown:
    """The menu of checkpoints. Args: may_fetch: whether an address may be typed."""
    return gr.Dropdown(
        list(library.every()),  # at a start without torch; the page's load event asks which can be explored
        value=None,
        label="Checkpoint",
        info="models, runs, or hf://user/repo" if may_fetch else INFO,
        allow_custom_value=may_fetch,
        elem_id="checkpoint",
    )


def follow_chooser(library: Library, checkpoint: gr.Dropdown, about: gr.HTML, may_fetch: bool) -> None:
    """Connect the menu: its line about what is chosen and, where addresses may be typed, their download."""
    if not may_fetch:
        checkpoint.change(reported(lambda name: describe(library, name)), checkpoint, about, **LIVE)
        return
    arrived = gr.JSON({}, visible="hidden")
    choose, told = chosen(library), [about, checkpoint, arrived]

    def again(name: str | None, before: dict[str, Any]) -> Iterator[News]:
        """Enter was pressed on what failed: that is no change, and yet another try."""
        yield from choose(name) if before.get("failed") == name else [(gr.skip(), gr.skip(), gr.skip())]

    tries = [
        checkpoint.change(choose, checkpoint, told, **LIVE),
        checkpoint.blur(again, [checkpoint, arrived], told, **LIVE),
    ]
    for one in tries:
        one.then(None, [checkpoint, arrived], checkpoint, js=CHOOSE)


def choices_of(entries: Iterable[Entry]) -> list[tuple[str, str]]:
    """The menu's lines, each with the name that it stands for."""
    return [(entry.label, entry.name) for entry in entries]


def describe(library: Library, name: str | None) -> str:
    """Preview and one line on a checkpoint, or why it cannot be used."""
    if not name:
        return ""
    entry = library.entry(name, library.folder(name))
    image = f'<img src="{entry.preview}" alt="">' if entry.preview else ""
    return f'{image}<p class="{"" if entry.usable else "bad"}">{told_of(entry, library)}</p>'


def told_of(entry: Entry, library: Library) -> str:
    """What a visitor reads of a checkpoint, as HTML."""
    return escape(without_places(entry.about, library))


def chosen(library: Library) -> Callable[[str | None], Iterator[News]]:
    """The handler of a choice: gives the line about it, the menu's entries, and what a typed text stands for."""

    def handler(name: str | None) -> Iterator[News]:
        try:
            if not name or name in library.folders() or name.startswith(RUN):
                yield describe(library, name), gr.skip(), gr.skip()
            elif is_address(name):
                yield from downloading(library, name)
            else:
                yield gr.skip(), gr.skip(), {"asked": name, "name": completed(library, name)}
        except Exception as error:
            line = without_places(sentence(error, "choosing a checkpoint"), library)
            yield f'<p class="bad" role="alert">{escape(line)}</p>', gr.skip(), {"failed": name}

    return handler


def completed(library: Library, text: str) -> str:
    """The first checkpoint whose name holds what was typed. Raises UserError if there is none."""
    found = [name for name in library.folders() if text.strip().lower() in name.lower()]
    if not found:
        library.folder(text)
    return found[0]


def downloading(library: Library, address: str) -> Iterator[News]:
    """Download a checkpoint in a thread, telling how far it is. Raises what that raises."""
    news: queue.Queue[tuple[int, int] | str | Exception] = queue.Queue()

    def work() -> None:
        from explorer.core.remote import fetch

        try:
            news.put(fetch(library, address, lambda came, total: news.put((came, total))))
        except Exception as error:
            news.put(error)

    threading.Thread(target=work, daemon=True).start()
    yield progress(address), gr.skip(), gr.skip()
    while True:
        latest = newest(news)
        if isinstance(latest, Exception):
            raise latest
        if isinstance(latest, str):
            menu = gr.Dropdown(choices=choices_of(library.entries()))
            yield describe(library, latest), menu, {"asked": address, "name": latest}
            return
        yield progress(address, *latest), gr.skip(), gr.skip()


def newest(news: queue.Queue) -> Any:
    """The last of the news within a tick, or the end; at least one."""
    latest = news.get()
    try:
        while isinstance(latest, tuple):
            latest = news.get(timeout=TICK)
    except queue.Empty:
        pass
    return latest


def progress(address: str, came: int = 0, total: int = 0) -> str:
    """How far a download is, as HTML."""
    address = escape(address.strip())
    size = f"{came / 1e6:,.1f} of {total / 1e6:,.1f} MB" if total else "asking the Hub"
    return f'<p role="status">Downloading {address}: {size}</p>'
