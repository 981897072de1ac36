"""Who is asked, and by whom: the Host and the Origin of a request.

A page of another site can reach this app in two ways. It can send requests here: the browser then says whose page it
is. Or its own name can be made to point at this machine (DNS rebinding): the browser then takes this app for that site,
and only the name in Host gives it away. That needs a name, so an address of numbers is always known.
"""

import re
import socket
from collections.abc import Iterable
from ipaddress import ip_address
from typing import NamedTuple

from starlette.datastructures import Headers

NETLOC = re.compile(r"(\[[0-9a-f:.%]+\]|[a-z0-9_.-]+)(?::([0-9]{1,5}))?")
PORTS = {"http": 80, "https": 443}
OWN_SITE = {None, "none", "same-origin"}  # Sec-Fetch-Site of what the page itself or the person at the browser asks


class Place(NamedTuple):
    """A host as a request names it. `port` is None where it is left out."""

    name: str
    port: int | None


def place(text: str) -> Place | None:
    """`Example.ORG.:80` -> ("example.org", 80); None for what names no host."""
    found = NETLOC.fullmatch(text.strip().lower())
    if not found:
        return None
    name, port = found[1].removesuffix("."), found[2]
    return Place(name, int(port) if port else None) if name else None


def is_address(name: str) -> bool:
    """Whether a host is given in numbers."""
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what is served on `host`."""
    bare = host.removeprefix("[").removesuffix("]").lower()
    return bare == "localhost" or (is_address(bare) and ip_address(bare).is_loopback)


def own_names(space_host: str | None, given: Iterable[str]) -> frozenset[str]:
    """The names that this app answers to; one that begins with a dot stands for all below it.

    Args: space_host: SPACE_HOST of a Space, None elsewhere; given: further names, with or without a port.
    """
    machine = socket.gethostname().lower().removesuffix(".")
    names = {"localhost", ".localhost", machine, machine.partition(".")[0] + ".local"}
    if space_host is not None:
        names |= {".hf.space", *space_host.lower().split(",")}
    names |= {found.name for found in map(place, given) if found}
    return frozenset(name for name in names if name.strip("."))


def is_known(name: str, names: frozenset[str]) -> bool:
    """Whether a host's name is an address, one of `names`, or below one that begins with a dot."""
    ends = (name[i:] for i, letter in enumerate(name) if letter == ".")
    return is_address(name) or name in names or any(end in names for end in ends)


def asked_host(headers: Headers, names: frozenset[str]) -> tuple[Place | None, str]:
    """The host as the visitor's browser knows it, and "". Or None, and which name is not known here.

    Behind a proxy that is X-Forwarded-Host. Both it and Host have to be known: a page may add the one, never choose
    the other.
    """
    hosts, forwarded = headers.getlist("host"), headers.get("x-forwarded-host", "")
    texts = [hosts[0] if len(hosts) == 1 else "", *([forwarded.split(",")[0]] if forwarded else [])]
    found = [place(text) for text in texts]
    for text, one in zip(texts, found, strict=True):
        if one is None or not is_known(one.name, names):
            return None, (one.name if one else text)[:100]
    return found[-1], ""


def is_own_origin(headers: Headers, host: Place) -> bool:
    """Whether no browser says that a page of another origin asks. Scripts send no Origin, and pass."""
    origins = headers.getlist("origin")
    if headers.get("sec-fetch-site") not in OWN_SITE:
        return False
    if not origins:
        return True
    scheme, _, rest = origins[0].lower().partition("://")
    origin = place(rest)
    if len(origins) != 1 or scheme not in PORTS or origin is None:
        return False
    default = PORTS[scheme]
    return (origin.name, origin.port or default) == (host.name, host.port or default)
