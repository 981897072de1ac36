"""Which names of a host are this app's own."""

import pytest
from starlette.datastructures import Headers

from explorer.server.hosts import asked_host, is_loopback, own_names
from tests.explorer.server.conftest import NAMES


def hosts(*values: str, **more: str) -> Headers:
    raw = [(b"host", value.encode("latin-1")) for value in values]
    return Headers(raw=[*raw, *((key.replace("_", "-").encode(), value.encode()) for key, value in more.items())])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:80",
        "[::1]:7860",
        "[::1]",
        "[2001:db8::1]",
        "10.0.0.7:1",
        "localhost",
        "LOCALHOST:7860",
        "localhost.",
        "a.localhost",
        "gan.example",
        "GAN.example.:443",
        "other.example",
    ],
)
def test_addresses_and_names_of_this_app_are_known(host: str):
    assert asked_host(hosts(host), NAMES)[0]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "EVIL.example:7860",
        "evil.example.",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
        " ",
        "evillocalhost",
        "notgan.example",
        "a.gan.example",
        "2130706433",
        "0x7f.1",
        "127.1",
        "localhost@evil.example",
        "localhost/evil",
        "localhost:99999999",
        "localhost:x",
        "::1",
        "[evil]",
        "[::1",
        ".",
        "hf.space",
        "x.hf.space",
        "localhost:80:80",
        "127.0.0.1, evil.example",
        "localhost\x00",
        "é.example",
    ],
)
def test_other_names_are_not(host: str):
    assert asked_host(hosts(host), NAMES)[0] is None


def test_a_proxys_name_counts_only_beside_a_known_host():
    assert asked_host(hosts("127.0.0.1", x_forwarded_host="gan.example, inner"), NAMES)[0] == ("gan.example", None)
    assert asked_host(hosts("127.0.0.1", x_forwarded_host="evil.example"), NAMES)[0] is None
    assert asked_host(hosts("evil.example", x_forwarded_host="localhost"), NAMES)[0] is None
    assert asked_host(hosts("localhost", "evil.example"), NAMES)[0] is None
    assert asked_host(hosts("me-gan.hf.space"), own_names("me-gan.hf.space", []))[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.9.9.9", "Localhost"])
def test_loopback(host: str):
    assert is_loopback(host)
    assert not any(map(is_loopback, ("0.0.0.0", "::", "", "10.0.0.1", "localhost.evil.example")))
