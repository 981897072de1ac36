"""The server: where it listens, and whom it does not wait for."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from explorer.server import app_server
from explorer.server.connections import impatient
from trainer.util.errors import UserError

HAS_PROC = Path("/proc/net/tcp").exists()
HAS_IPV6 = socket.has_ipv6 and Path("/proc/net/if_inet6").exists() and Path("/proc/net/if_inet6").read_text()
MAX_IDLE = 5


@pytest.fixture
def port() -> Iterator[int]:
    """A server that has little patience, with one small and one large answer."""
    answers = {"/small": b"small", "/large": b"a" * 50_000_000}
    routes = [Route(path, lambda _, text=text: PlainTextResponse(text)) for path, text in answers.items()]
    protocol = impatient(MAX_IDLE, head_seconds=0.3, read_seconds=0.3)
    config = uvicorn.Config(Starlette(routes=routes), http=protocol, log_level="error")
    (one,) = app_server.listening("127.0.0.1", 0)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, args=([one],), daemon=True)
    thread.start()
    yield one.getsockname()[1]
    running.should_exit = True
    thread.join(10)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def is_closed(one: socket.socket) -> bool:
    """Whether the server hangs up within the ten seconds of `connected`."""
    with contextlib.suppress(ConnectionError):
        while one.recv(65536):
            pass
    return True


@pytest.mark.parametrize(
    "begun", [b"", b"GET / HT", b"GET /small HTTP/1.1\r\nHost: a\r\n", b"GET /small HTTP/1.1\r\n\r\nGE"]
)
def test_who_does_not_finish_asking_is_hung_up_on(port: int, begun: bytes):
    with connected(port) as one:
        one.sendall(begun)
        assert is_closed(one)


def test_a_head_that_trickles_in_ends_too(port: int):
    def trickle(one: socket.socket) -> None:
        for letter in b"GET /small HTTP/1.1\r\nX: " + b"a" * 500:
            one.sendall(bytes([letter]))
            time.sleep(0.02)

    with connected(port) as one, pytest.raises(ConnectionError):
        trickle(one)


@pytest.mark.skipif(not HAS_PROC, reason="only Linux says who is connected")
def test_who_does_not_read_is_hung_up_on(port: int):
    with connected(port) as one:
        one.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        assert one.recv(100).startswith(b"HTTP/1.1 200")
        end = time.monotonic() + 30
        while server_sides(port):
            assert time.monotonic() < end, "it waits for ever"
            time.sleep(0.1)


def server_sides(port: int) -> int:
    """How many sockets of this process the server's clients are connected to, as the system sees it."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def test_the_oldest_that_asks_nothing_gives_way(port: int):
    still = [connected(port) for _ in range(MAX_IDLE + 20)]
    with connected(port) as one:
        one.sendall(b"GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        found = b""
        while part := one.recv(65536):
            found += part
        assert found.endswith(b"small")
    for one in still:
        one.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "", "0.0.0.0"])
def test_a_free_port_is_found(host: str):
    sockets = app_server.listening(host, 0)
    assert len({one.getsockname()[1] for one in sockets}) == 1
    for one in sockets:
        one.close()


@pytest.mark.skipif(not HAS_IPV6, reason="no IPv6 on this machine")
@pytest.mark.parametrize("host", ["::1", "[::1]", "::", "[::]"])
def test_ipv6_hosts_are_served(host: str):
    (one,) = app_server.listening(host, 0)
    number = one.getsockname()[1]
    socket.create_connection(("::1", number)).close()
    if "1" not in host:  # all addresses are those of IPv4, too
        socket.create_connection(("127.0.0.1", number)).close()
    with pytest.raises(UserError, match=r"Cannot serve on \[::"):
        app_server.listening(host, number)
    one.close()
    assert app_server.in_address(host).startswith("[::")


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1", "a b", "x" * 300, "127.0.0.1:80", "\x00"])
def test_a_host_that_is_not_ours_is_told(host: str):
    with pytest.raises(UserError, match="Cannot serve on"):
        app_server.listening(host, 0)


def test_a_folder_for_uploads_is_made_or_the_reason_told(tmp_path: Path):
    assert app_server.upload_folder(str(tmp_path / "a" / "b")).is_dir()
    assert app_server.upload_folder("") == app_server.upload_folder(None) == Path(app_server.OWN.name)
    (tmp_path / "file").write_text("")
    for given in (tmp_path / "file", tmp_path / "file" / "below", "/proc/none", "a\x00b"):
        with pytest.raises(UserError, match="GRADIO_TEMP_DIR"):
            app_server.upload_folder(str(given))


def test_a_missing_package_of_mcp_is_told(monkeypatch):
    monkeypatch.setattr(app_server.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"^--mcp needs a package: `pip install -r requirements-mcp\.txt`\.$"):
        app_server.check_mcp()
