"""Passwords: where they come from, and how slowly they can be guessed."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from explorer.server import logins
from explorer.server.logins import FREE, OVERALL, REMEMBERED, Attempts, credentials
from tests.explorer.server.conftest import app
from trainer.util.errors import UserError


def test_wrong_passwords_make_one_address_wait_longer_and_longer():
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for _ in range(FREE):
        assert attempts.wait("1.2.3.4") == 0
        attempts.start("1.2.3.4")
    waits = []
    for _ in range(8):
        waits.append(attempts.wait("1.2.3.4"))
        now[0] += waits[-1]
        attempts.start("1.2.3.4")
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert attempts.wait("1.2.3.5") == 0
    attempts.succeeded("1.2.3.4")
    assert attempts.wait("1.2.3.4") == 0


def test_many_addresses_are_slowed_down_together_and_take_no_memory():
    attempts = Attempts(lambda: 0.0)
    for number in range(REMEMBERED + 500):
        attempts.start(f"10.0.{number // 256}.{number % 256}")
    assert attempts.wait("8.8.8.8") == 60
    assert len(attempts.tries) == REMEMBERED
    assert len(attempts.recent) == OVERALL
    for number in range(FREE):
        attempts.start(f"2001:db8::{number}")
    assert len([key for key in attempts.tries if ":" in key]) == 1


def test_the_login_is_closed_to_who_guessed_too_often():
    client = app()
    client.app.app = Starlette(routes=[Route("/login", lambda _: PlainTextResponse("", 400), methods=["POST"])])
    statuses = [client.post("/login").status_code for _ in range(FREE + 2)]
    assert statuses == [400] * FREE + [429] * 2
    assert client.post("/login/").headers["retry-after"]


@pytest.mark.parametrize("line", ["me:pass", "me:pass\n", "\ufeffme:pass\r\n", " me :pass"])
def test_a_password_comes_from_a_file(tmp_path: Path, line: str):
    file = tmp_path / "auth"
    file.write_text(line, encoding="utf-8")
    assert credentials(None, file, {}) == ("me", "pass")


def test_a_password_comes_from_the_environment_and_leaves_it():
    environment = {logins.VARIABLE: "me:a:b"}
    assert credentials(None, None, environment) == ("me", "a:b")
    assert environment == {}
    assert credentials("me:pass", None, {}) == ("me", "pass")
    assert credentials(None, None, {}) is None


@pytest.mark.parametrize(
    "content", [b"", b"me", b":pass", b"me:", b" :x", b"a:b\nc:d", b"\xff:\xfe", b"a:" + b"b" * 5000]
)
def test_a_file_without_a_password_is_told(tmp_path: Path, content: bytes):
    file = tmp_path / "auth"
    file.write_bytes(content)
    with pytest.raises(UserError, match="--auth-file"):
        credentials(None, file, {})


def test_no_file_and_two_sources_are_told(tmp_path: Path):
    for file in (tmp_path, tmp_path / "none"):
        with pytest.raises(UserError, match="is not a file"):
            credentials(None, file, {})
    with pytest.raises(UserError, match=f"--auth and in {logins.VARIABLE}"):
        credentials("a:b", None, {logins.VARIABLE: "c:d"})
