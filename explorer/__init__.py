"""Explores the latent space of a checkpoint that `trainer` wrote. As a library: `from explorer import load`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer.api.loading import load

__all__ = ["load"]


def __getattr__(name: str) -> Any:
    if name != "load":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from explorer.api.loading import load  # only now: whoever builds the page imports this package, too

    return load
