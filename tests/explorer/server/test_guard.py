"""The guard before the app, without an app: hosts, origins, tokens, bodies, passwords."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from explorer.server import bodies, guard, logins
from explorer.server.bodies import Budget, Refused, check_room, streamed
from explorer.server.guard import TOKEN, Guard, Rules
from explorer.server.hosts import asked_host, is_loopback, own_names
from explorer.server.logins import FREE, OVERALL, REMEMBERED, Attempts, credentials
from trainer.util.errors import UserError

T = TypeVar("T")
HERE = "http://127.0.0.1:7860"


def run_apart(coroutine: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` in a thread of its own: Playwright keeps a loop in the one of the tests."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


ASK, JOIN, RENDER = "/gradio_api/component_server", "/gradio_api/queue/join", "/gradio_api/call/render"
NAMES = own_names(None, ["gan.example", "Other.example:8080"])


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


async def heard(request: Request) -> Response:
    return PlainTextResponse(f"{request.url.path} {len(await request.body())}")


def app(**rules) -> TestClient:
    inner = Starlette(routes=[Route("/{rest:path}", heard, methods=["GET", "POST", "OPTIONS"])])
    built = Rules(**{"names": NAMES, "public": {7: "render"}, "folder": Path("/nowhere"), "token": "secret"} | rules)
    return TestClient(Guard(inner, built), base_url=HERE)


TOKENED = {TOKEN: "secret"}


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://127.0.0.1:7861",
        "http://127.0.0.1",
        "http://localhost:7860",
        "https://127.0.0.1:7860.evil.example",
        "chrome-extension://abc",
        "file://",
        "http://127.0.0.1:7860@evil.example",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_page_of_another_origin_is_refused_token_or_not(origin: str, method: str):
    answer = app().request(method, ASK, headers={"Origin": origin, **TOKENED})
    assert answer.status_code == 403
    assert "another site" in answer.text
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site", "strange"])
def test_what_other_sites_embed_is_refused_and_a_link_to_the_page_is_not(site: str):
    client, by = app(), {"Sec-Fetch-Site": site}
    for mode, path in (("no-cors", "/"), ("no-cors", "/config"), ("navigate", "/config"), ("navigate", "/logout")):
        assert client.get(path, headers=by | {"Sec-Fetch-Mode": mode}).status_code == 403
    assert client.get("/?checkpoint=a", headers=by | {"Sec-Fetch-Mode": "navigate"}).status_code == 200
    assert client.post("/", headers=by | {"Sec-Fetch-Mode": "navigate"} | TOKENED).status_code == 403
    assert client.post(ASK, headers=by | {"Origin": HERE} | TOKENED).status_code == 403


@pytest.mark.parametrize("origin", [None, HERE, "HTTP://127.0.0.1:7860"])
def test_the_page_itself_may_ask_with_its_token(origin: str | None):
    by = {"Origin": origin} if origin else {}
    assert app().post(ASK, headers=TOKENED | by, content=b"12345").text == f"{ASK} 5"
    behind = {"X-Forwarded-Host": "gan.example", "Origin": "https://gan.example"}
    assert app().post(ASK, headers=TOKENED | behind).status_code == 200


@pytest.mark.parametrize("path", [ASK, f"{ASK}/", "/gradio_api/component%5Fserver", "/gradio_api/upload", "/", "/new"])
@pytest.mark.parametrize("token", [None, "", "Secret", "secret2", "sécret"])
def test_without_the_pages_token_nothing_is_changed(path: str, token: str | None):
    headers = {} if token is None else {TOKEN: token.encode("latin-1")}
    answer = app(upload=1000).post(path, headers=headers)
    assert answer.status_code == 403
    assert answer.headers[TOKEN] == "needed"


@pytest.mark.parametrize(
    ("path", "question", "status"),
    [
        (JOIN, {"fn_index": 7, "data": []}, 200),
        (JOIN, {"fn_index": 6}, 403),
        (JOIN, {"fn_index": "7"}, 403),
        (JOIN, {"fn_index": 7.0}, 403),
        (JOIN, {"fn_index": True}, 403),
        (JOIN, {}, 403),
        (JOIN, [7], 403),
        (RENDER, {"data": []}, 200),
        (RENDER, {"fn_index": 7}, 200),
        (RENDER, {"fn_index": 6}, 403),
        ("/gradio_api/call/v2/render", {"recipe": {}}, 200),
        ("/gradio_api/run/take", {"fn_index": 7}, 403),
        ("/gradio_api/api/render/", {}, 200),
        ("/gradio_api/call/v2/take", {"fn_index": 7}, 403),
    ],
)
def test_only_the_public_endpoint_needs_no_token(path: str, question: object, status: int):
    assert app().post(path, json=question).status_code == status
    assert app().post(path, json=question, headers=TOKENED).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"fn_index": 7'])
def test_what_is_no_json_is_told(body: bytes):
    answer = app().post(JOIN, content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "The request is no JSON.")


def test_an_earlier_fn_index_of_the_same_question_does_not_count():
    assert app().post(JOIN, content=b'{"fn_index": 7, "fn_index": 6}').status_code == 403


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("path", "token", "limit"),
    [
        (ASK, True, guard.QUESTION),
        (JOIN, True, guard.EVENT),
        (RENDER, False, guard.PUBLIC),
        ("/login", False, 16_000),
        ("/x", True, guard.SMALL),
    ],
)
def test_a_body_is_counted_in_bytes_whether_its_length_is_declared_or_not(declared, path, token, limit):
    client, headers = app(), TOKENED if token else {}
    start = b'{"data": "'
    for size, status in ((limit, 200), (limit + 1, 413)):
        body = start + b"a" * (size - len(start) - 2) + b'"}'
        content = body if declared else (body[i : i + 100_000] for i in range(0, len(body), 100_000))
        assert client.post(path, content=content, headers=headers).status_code == status
    assert client.app.budget.held == 0


def test_what_gradio_offers_and_the_page_never_uses_is_not_there():
    unused = ["proxy=https://a.hf.space", "file=http://10.0.0.1/", "vibe-code", "FILE=HTTPS://a", "deep_link", "runs"]
    for path in ("/monitoring/summary", *(f"/gradio_api/{name}" for name in unused)):
        assert app().get(path).status_code == 404
    assert app().get("/gradio_api/file=/tmp/a.png").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_other_methods_are_refused(method: str):
    assert app().request(method, ASK, headers=TOKENED).status_code == 405


def test_with_a_login_only_what_asks_for_it_is_shown():
    client = app(user=lambda cookies: "me" if cookies.get("a") == "1" else None)
    closed = ["/explorer/runtime/1/ort.mjs", "/explorer/generator/1/g", "/explorer/plotly/1/plotly.min.js", "/config"]
    closed += [
        "/explorer/token",
        "/gradio_api/file=/tmp/a",
        "/gradio_api/info",
        "/new",
        "/gradio_api/queue/data",
        "/logout",
    ]
    for path in closed:
        assert client.get(path).status_code == 401
        assert client.get(path, headers={"Cookie": "a=1"}).status_code == 200
    for path in (ASK, JOIN, RENDER, "/gradio_api/cancel", "/gradio_api/upload"):
        assert client.post(path, headers=TOKENED).status_code == 401
    for path in ("/", "/assets/index.js", "/static/fonts/a.woff", "/theme.css", "/favicon.ico"):
        assert client.get(path).status_code == 200
    assert client.post("/login").status_code == 200
    assert client.get("/assets/..%2fconfig").status_code == 401


def test_a_websocket_is_closed():
    with pytest.raises(WebSocketDisconnect), app().websocket_connect("/gradio_api/queue/join"):
        pass


def test_answers_stay_with_this_site():
    headers = app().get("/").headers
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-security-policy"] == "frame-ancestors 'self'"
    assert "content-security-policy" not in app(framed=True).get("/").headers


@pytest.mark.parametrize(("path", "told"), [("/gan/config", "/config"), ("/gan/", "/"), ("/config", "/config")])
def test_below_a_path_the_app_answers_whether_the_proxy_takes_it_away_or_not(path: str, told: str):
    assert app(root="/gan").get(path).text == f"{told} 0"
    assert app(root="/gan").post(f"/gan{ASK}").status_code == 403
    assert app(root="/gan").get("/gan", follow_redirects=False).headers["location"] == "/gan/"
    assert app(root="/gan").get("/gander").text == "/gander 0"


# Passwords


def test_wrong_passwords_make_one_address_wait_longer_and_longer():
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for _ in range(FREE):
        assert attempts.wait("1.2.3.4") == 0
        attempts.begin("1.2.3.4")
    waits = []
    for _ in range(8):
        waits.append(attempts.wait("1.2.3.4"))
        now[0] += waits[-1]
        attempts.begin("1.2.3.4")
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert attempts.wait("1.2.3.5") == 0
    attempts.succeeded("1.2.3.4")
    assert attempts.wait("1.2.3.4") == 0


def test_many_addresses_are_slowed_down_together_and_take_no_memory():
    attempts = Attempts(lambda: 0.0)
    for number in range(REMEMBERED + 500):
        attempts.begin(f"10.0.{number // 256}.{number % 256}")
    assert attempts.wait("8.8.8.8") == 60
    assert len(attempts.tries) == REMEMBERED
    assert len(attempts.recent) == OVERALL
    for number in range(FREE):
        attempts.begin(f"2001:db8::{number}")
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
        with pytest.raises(UserError, match="is no file"):
            credentials(None, file, {})
    with pytest.raises(UserError, match=f"--auth and in {logins.VARIABLE}"):
        credentials("a:b", None, {logins.VARIABLE: "c:d"})


# Bodies and uploads


def source(*messages: dict, wait: bool = False):
    left = list(messages)

    async def receive() -> dict:
        if not left and wait:
            await asyncio.sleep(3600)
        return left.pop(0) if left else {"type": "http.disconnect"}

    return receive


def part(size: int, more: bool = True) -> dict:
    return {"type": "http.request", "body": b"a" * size, "more_body": more}


@pytest.mark.parametrize(
    ("messages", "told"),
    [([part(60), part(60)], "maximum allowed size"), ([part(60)], "broken off"), ([], "broken off")],
)
def test_an_upload_that_is_too_long_or_broken_off_ends_so_that_its_parts_are_removed(messages, told: str):
    async def read() -> None:
        receive = streamed(source(*messages), 100)
        while True:
            await receive()

    with pytest.raises(MultiPartException, match=told):
        run_apart(read())


def test_an_upload_that_stands_still_or_crawls_ends(monkeypatch):
    monkeypatch.setattr(bodies, "SECONDS", 0.01)
    with pytest.raises(MultiPartException, match="stood still"):
        run_apart(streamed(source(wait=True), 100)())
    monkeypatch.setattr(bodies, "SECONDS", 30.0)
    times = iter([0.0, 31.0])
    with pytest.raises(MultiPartException, match="slower"):
        run_apart(streamed(source(part(1000)), 10**6, lambda: next(times))())


def test_a_question_that_stands_still_ends_and_questions_share_one_budget(monkeypatch):
    budget = Budget()
    monkeypatch.setattr(bodies, "HELD", 150)
    run_apart(budget.body(source(part(100, more=False)), 100))
    with pytest.raises(Refused, match="too many questions"):
        run_apart(budget.body(source(part(100, more=False)), 100))
    budget.release(100)
    monkeypatch.setattr(bodies, "SECONDS", 0.01)
    with pytest.raises(Refused, match="did not arrive"):
        run_apart(budget.body(source(part(10), wait=True), 100))
    assert budget.held == 0


def test_one_address_has_so_many_places_and_leaves_those_of_others(monkeypatch):
    monkeypatch.setattr(bodies, "AT_ONCE", 2)
    monkeypatch.setattr(bodies, "WAITING", 1)
    budget = Budget()

    async def crowd() -> list[str]:
        end, told = asyncio.Event(), []

        async def ask(who: str) -> None:
            try:
                async with budget.turn(who):
                    told.append(f"{who} in")
                    await end.wait()
            except Refused:
                told.append(f"{who} refused")

        tasks = [asyncio.create_task(ask("a")) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        tasks.append(asyncio.create_task(ask("a")))
        await asyncio.sleep(0)
        end.set()
        await asyncio.gather(*tasks)
        async with budget.turn("b"):
            return told

    assert run_apart(crowd()) == ["a in", "a in", "a refused", "a in"]
    assert not budget.places


def test_an_upload_needs_room_and_what_nobody_finished_is_swept(tmp_path: Path, monkeypatch):
    orphan = tmp_path / "tmpabc"
    orphan.write_bytes(b"a" * 100)
    with pytest.raises(Refused, match="no room"):
        check_room(tmp_path, 50, 120)
    monkeypatch.setattr(bodies, "ORPHANED", -1.0)
    check_room(tmp_path, 50, 120)
    assert not orphan.exists()
    with pytest.raises(Refused, match="no room"):
        check_room(tmp_path, 10**18, 10**19)


def test_an_upload_is_taken_only_where_one_may_train():
    form = {"files": {"files": ("a.png", b"a" * 100)}, "headers": TOKENED}
    assert "no training" in app().post("/gradio_api/upload", **form).json()["error"]
    assert app(upload=1000).post("/gradio_api/upload", content=b"a", headers=TOKENED).status_code == 415
    huge = TOKENED | {"Content-Type": "multipart/form-data; boundary=a", "Content-Length": str(10**12)}
    assert app(upload=1000).post("/gradio_api/upload", content=b"a", headers=huge).status_code == 413


def test_an_upload_with_room_arrives(tmp_path: Path):
    form = {"files": {"files": ("a.png", b"a" * 100)}, "headers": TOKENED}
    assert app(upload=1000, folder=tmp_path).post("/gradio_api/upload", **form).text.startswith("/gradio_api/upload 2")


def broken(request: Request) -> Response:
    raise KeyError("component 70")


@pytest.mark.parametrize(
    "answer", [broken, lambda _: Response('{"error": "A sentence."}', 500, media_type="application/json")]
)
def test_an_event_that_fails_is_answered_in_a_sentence(answer):
    client = app()
    inner = Starlette(routes=[Route("/{rest:path}", answer, methods=["POST"])])
    client = TestClient(Guard(inner, client.app.rules), base_url=HERE, raise_server_exceptions=False)
    response = client.post(JOIN, json={"fn_index": 7}, headers=TOKENED)
    assert response.status_code == 400
    assert response.json()["error"].endswith(".")
    assert "component 70" not in response.text


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": [1e400]}',
        b'{"data": [NaN]}',
        b'{"data": ["\\ud800"]}',
        b'{"session_hash": "\\udfff"}',
        b"[1e999]",
        b'{"fn_index": 1' + b"0" * 30 + b"}",
    ],
)
@pytest.mark.parametrize("path", ["/gradio_api/cancel", "/gradio_api/reset", JOIN, RENDER])
def test_what_no_answer_could_repeat_never_reaches_gradio(path: str, body: bytes):
    response = app().post(path, content=body, headers=TOKENED | {"Content-Type": "application/json"})
    assert response.status_code == 400
    assert response.json()["error"].startswith("The question holds")
