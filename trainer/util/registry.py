"""Name tables: every choice that a person may make is a name in one of these."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from trainer.util.errors import UserError

T = TypeVar("T")


class Registry(dict[str, T]):
    """Name -> thing a person may choose. An unknown name lists the choices; a name is given once.

    `registry[name]` raises UserError for an unknown name, so that callers need no check of their own. Whatever sets a
    name that is taken raises ValueError: two files then claim it, and which one won would depend on their order.
    """

    def __init__(self, kind: str):
        super().__init__()
        self.kind = kind

    def add(self, name: str) -> Callable[[T], T]:
        """Decorator: register what follows under `name`."""

        def keep(thing: T) -> T:
            self[name] = thing
            return thing

        return keep

    @contextmanager
    def replaced(self, name: str, thing: T) -> Iterator[None]:
        """While it lasts, another thing has this name. For tests."""
        before = self[name]
        super().__setitem__(name, thing)
        try:
            yield
        finally:
            super().__setitem__(name, before)

    def __missing__(self, name: str) -> T:
        raise UserError(f"Unknown {self.kind} {name!r}. Choose from: {', '.join(sorted(self))}.")

    def __setitem__(self, name: str, thing: T) -> None:
        if name in self:
            raise ValueError(f"{self.kind} {name!r} is registered twice")
        super().__setitem__(name, thing)

    def setdefault(self, name: str, thing: T) -> T:  # type: ignore[override] # a registered thing is never None
        """Register a thing; a name that is taken is refused here too."""
        self[name] = thing
        return thing

    def update(self, *others: Any, **things: T) -> None:
        """Register all of some tables, or lists of (name, thing)."""
        for other in (*others, things):
            for name, thing in other.items() if isinstance(other, Mapping) else other:
                self[name] = thing

    def __ior__(self, others: Any) -> "Registry[T]":  # type: ignore[override,misc]
        self.update(others)
        return self
