"""What the tabs share. They never hand each other images, only recipes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import gradio as gr

from explorer.core.library import Library
from explorer.rpc.handler import sentence
from explorer.rpc.places import anywhere
from trainer.util.errors import UserError

# Every event of ours: no spinner, and of many only the newest counts. Queued, because in Gradio 6.31 the message of an
# unqueued event that fails never reaches the page. What must be faster than a queue asks rendering.server.
LIVE: dict[str, Any] = {
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "concurrency_limit": 8,
    "api_visibility": "private",  # the public API speaks recipes: see ui.py
}


@dataclass(frozen=True)
class Context:
    """Shared by all tabs.

    Attributes:
        library: the checkpoints.
        checkpoint: the chooser in the head; its value is a checkpoint's name.
        opened: what somebody wants to see in Slide: `opening(recipe)`.
        keyframes: the recipes (dicts) of the path in Interpolate.
        drawing: what somebody wants to see in Translate: `opening(recipe)`.
        tabs: the tab bar, to go to another tab.
        may_train: whether the page may start and stop trainings.
    """

    library: Library
    checkpoint: gr.Dropdown
    opened: gr.JSON
    keyframes: gr.JSON
    drawing: gr.JSON
    tabs: gr.Tabs
    may_train: bool = False

    def server(self, *handlers: Callable[[Library, dict], dict]) -> list[Callable[[dict], dict]]:
        """Handlers, bound to the library, as gr.HTML's `server_functions`. ValueError for two of one name: the page
        would only ever reach the last one."""
        names = [handler.__name__ for handler in handlers]
        if double := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"Two handlers of an element are called {', '.join(double)}.")
        return [bound(handler, self.library) for handler in handlers]


def bound(handler: Callable[[Library, dict], dict], library: Library) -> Callable[[dict], dict]:
    """The handler as a function of the question alone, which is how Gradio calls it."""

    @wraps(handler)
    def ask(question: dict) -> dict:
        return handler(library, question)

    del ask.__wrapped__  # gradio would read the two-argument signature
    return ask


def opening(recipe: dict[str, Any]) -> dict[str, Any]:
    """A recipe to open in Slide or in Translate, stamped: opening the same one twice is two events."""
    return {"recipe": recipe, "stamp": time.time()}


def whole(value: float | None, name: str) -> int:
    """A number field's content. Raises UserError if it is empty or broken."""
    if value is None or value != int(value):
        raise UserError(f"The {name} is {value}; enter a whole number.")
    return int(value)


def reported(function: Callable[..., Any]) -> Callable[..., Any]:
    """An event handler whose failure becomes a message in the page: a UserError's own sentence, or one of ours."""

    @wraps(function)
    def handler(*args: Any) -> Any:
        try:
            return function(*args)
        except gr.Error:
            raise
        except Exception as error:
            raise gr.Error(anywhere(sentence(error, function.__name__)), print_exception=False) from error

    return handler
