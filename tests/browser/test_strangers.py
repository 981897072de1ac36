"""The app as it is started, asked by strangers: other sites' pages, scripts without the page, who stands still."""

import json
import re
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from gradio_client import Client
from playwright.sync_api import expect

from tests.browser.conftest import serve
from tests.browser.test_app import run_app
from tests.running_app import started

ASK = "/gradio_api/component_server"


def answer(address: str, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str, dict]:
    """Status, text and headers of one request, whose headers are just these."""
    where = urlsplit(address)
    connection = HTTPConnection(where.hostname, where.port, timeout=30)
    host = {} if "Host" in headers else {"Host": where.netloc}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, host | named)
    found = connection.getresponse()
    return found.status, found.read().decode(errors="replace"), {k.lower(): v for k, v in found.getheaders()}


def question(address: str, element: str, function: str, asked: dict) -> bytes:
    """What the page would send to call a function of an element."""
    components = json.loads(answer(address, "GET", "/config")[1])["components"]
    number = next(c["id"] for c in components if c["props"].get("elem_id") == f"{element}-element")
    return json.dumps({"data": asked, "component_id": number, "session_hash": "a", "fn_name": function}).encode()


def test_another_sites_page_starts_nothing(address: str, folders: tuple[Path, Path]):
    start = {"name": "stolen", "preset": "mnist-dcgan", "settings": {"kimg": 1.0, "data": "mnist"}}
    body = question(address, "control", "start", start)
    token = answer(address, "GET", "/explorer/token")[1]
    for more in ({}, {"X_Explorer_Token": token}, {"X_Explorer_Token": token, "Host": "evil.example"}):
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
            status, _, headers = answer(address, "POST", ASK, body, Content_Type="text/plain", Origin=origin, **more)
            assert status == 403
            assert "access-control-allow-origin" not in headers
    assert answer(address, "POST", ASK, body, Content_Type="application/json")[0] == 403
    assert not (folders[1] / "stolen").exists()
    own = question(address, "control", "start", start | {"name": "no name"})  # the same, so asked, is answered
    status, text, _ = answer(address, "POST", ASK, own, Content_Type="application/json", X_Explorer_Token=token)
    assert (status, "error" in json.loads(text)) == (200, True)


def test_a_name_that_is_made_to_point_here_gets_nothing(address: str):
    for method, path in (("GET", "/"), ("GET", "/config"), ("HEAD", "/"), ("OPTIONS", ASK), ("GET", "/explorer/token")):
        status, text, headers = answer(address, method, path, Host="evil.example", Origin="http://evil.example")
        assert status == 403
        assert "access-control-allow-origin" not in headers
        assert "explorer-token" not in text


def test_the_page_is_told_no_path_of_the_machine(address: str):
    for path in ("/", "/config", "/gradio_api/info"):
        text = answer(address, "GET", path)[1]
        assert not re.search(r"site-packages|/tmp/|/home/|/root/", text)


def test_the_public_endpoint_draws_for_a_script(address: str):
    client = Client(address, verbose=False)
    drawn = client.predict({"checkpoint": "digits", "seed": 1}, api_name="/render")
    assert drawn.startswith("data:image/png;base64,")


def test_connections_that_ask_for_nothing_keep_nobody_from_asking(address: str):
    where = urlsplit(address)
    still = []
    for number in range(400):
        still.append(socket.create_connection((where.hostname, where.port), timeout=10))
        still[-1].sendall(b"GET / HTTP/1.1\r\nHost: a" if number % 2 else b"")
    try:
        assert answer(address, "GET", "/config")[0] == 200
    finally:
        for one in still:
            one.close()


@pytest.fixture(scope="module")
def closed(folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app with a password out of a file, below /gan."""
    file = tmp_path_factory.mktemp("auth") / "auth"
    file.write_text("me:pass\n")
    places = ["--checkpoints", str(folders[0]), "--runs", str(folders[1]), "--checkpoint", "faces"]
    process, address = serve(*places, "--auth-file", str(file), "--root-path", "/gan")
    yield address
    process.terminate()
    process.wait(10)


def test_with_a_password_nothing_is_shown_before_the_login_and_all_works_after(browser, closed: str):
    for path in (
        "/config",
        "/explorer/plotly/1/plotly.min.js",
        "/explorer/runtime/1/ort.mjs",
        "/explorer/modules/1/web/page.js",
        "/explorer/token",
    ):
        assert answer(closed, "GET", path)[0] == 401
    context = browser.new_context()
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{closed}/gan")
    page.get_by_label("username").fill("me")
    page.get_by_label("password").fill("pass")
    page.get_by_role("button", name="Login").click()
    page.get_by_role("tab", name="Map & diagnosis").click()
    expect(page.locator("#diagnosis-element .js-plotly-plot").first).to_be_visible()
    assert not errors
    assert page.evaluate("(async () => (await fetch('explorer/token')).status)()") == 200
    context.close()


def test_a_page_that_outlives_its_app_asks_for_the_new_token(page, address: str):
    page.goto(address)
    page.get_by_role("tab", name="Slide").click()
    expect(page.locator("#slide-element canvas").first).to_be_visible()
    page.evaluate("document.querySelector('meta[name=explorer-token]').remove()")
    refused = "headers: { 'X-Explorer-Token': 'old' }, method: 'POST', body: '{}'"
    assert page.evaluate(f"(async () => (await fetch('gradio_api/component_server', {{ {refused} }})).status)()") == 400


@pytest.mark.parametrize(
    ("environment", "arguments", "message"),
    [
        ({"GRADIO_TEMP_DIR": "/proc/nothing/here"}, [], "GRADIO_TEMP_DIR /proc/nothing/here cannot be written"),
        ({}, ["--port", "70000"], "invalid port value: '70000'"),
        ({}, ["--host", "nowhere.invalid"], "not an address of this machine"),
        ({}, ["--host", "192.0.2.1"], "Cannot serve on 192.0.2.1"),
        ({}, ["--root-path", "gan"], "neither a path such as /gan"),
        ({}, ["--allow-host", "http://gan.example"], "not a host name"),
        ({"LATENT_EXPLORER_AUTH": "me"}, [], "LATENT_EXPLORER_AUTH is not of the form USER:PASSWORD"),
    ],
)
def test_what_the_app_cannot_work_with_is_told(monkeypatch, environment: dict, arguments: list[str], message: str):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = run_app(*arguments)
    assert done.returncode
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_ipv6_any_port_a_proxy_it_cannot_speak_to_and_a_space(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.setenv("SPACE_ID", "somebody/something")
    process, address = started("--host", "[::1]", "--port", "0", "--runs", str(tmp_path), "--allow-train")
    try:
        assert address.startswith("http://[::1]:")
        status, text, _ = answer(address, "GET", "/", Host="somebody-something.hf.space")
        assert status == 200
        assert "Training is disabled here" in text
    finally:
        process.terminate()
        process.wait(10)


def test_an_upload_that_is_broken_off_leaves_nothing(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "given"))
    kept = tmp_path / "given" / "latent-explorer"  # what else lies in the given folder is somebody else's
    process, address = started("--port", "0", "--runs", str(tmp_path))
    try:
        token, where = answer(address, "GET", "/explorer/token")[1], urlsplit(address)
        head = f"POST /gradio_api/upload HTTP/1.1\r\nHost: {where.netloc}\r\nX-Explorer-Token: {token}\r\n"
        form = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000000\r\n\r\n"
        part = '--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + "a" * 100_000
        with socket.create_connection((where.hostname, where.port)) as stranger:
            stranger.sendall((head + form + part).encode())
            wait(lambda: list(kept.glob("tmp*")))
        wait(lambda: not list(kept.glob("tmp*")))
        assert not [path for path in kept.rglob("*") if path.is_file()]
    finally:
        process.terminate()
        process.wait(10)


def wait(what) -> None:
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
