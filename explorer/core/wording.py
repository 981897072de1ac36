"""How a value that somebody has sent is shown to him: short, and spelled so that UTF-8 can carry it."""


def shortened(text: str, maximum: int) -> str:
    """The beginning of a long text."""
    return text if len(text) <= maximum else f"{text[:maximum]}… ({len(text):,} characters)"


def shown(value: object, maximum: int = 60) -> str:
    """A value as Python writes it, shortened; a number of thousands of digits has no such form."""
    try:
        return shortened(repr(value), maximum)
    except (ValueError, RecursionError):
        return "too large to be shown"


def listing(names: object, maximum: int = 5) -> str:
    """The first of some names, in order."""
    found = sorted(map(str, names))  # type: ignore[call-overload]
    text = ", ".join(shortened(name if name.isprintable() else repr(name), 40) for name in found[:maximum])
    return text if len(found) <= maximum else f"{text} and {len(found) - maximum:,} more"


def sound(text: str) -> str:
    """Text that UTF-8 can spell: what it cannot is shown as an escape."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
