"""Name tables: every choice that a person may make is a name in one of these."""

from collections.abc import Callable
from typing import TypeVar

from trainer.util.errors import UserError

T = TypeVar("T")


class Registry(dict[str, T]):
    """Name -> thing a person may choose. An unknown name lists the choices.

    `registry[name]` raises UserError for an unknown name, so that callers need no check of their own.
    """

    def __init__(self, kind: str):
        super().__init__()
        self.kind = kind

    def add(self, name: str) -> Callable[[T], T]:
        """Decorator: register what follows under `name`."""

        def keep(thing: T) -> T:
            assert name not in self, f"{self.kind} {name!r} is registered twice"
            self[name] = thing
            return thing

        return keep

    def __missing__(self, name: str) -> T:
        raise UserError(f"Unknown {self.kind} {name!r}. Choose from: {', '.join(sorted(self))}.")
