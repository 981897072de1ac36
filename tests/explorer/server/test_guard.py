"""The guard before the app, without an app: origins, tokens, endpoints, answers."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from explorer.server import guard
from explorer.server.guard import TOKEN, Guard
from tests.explorer.server.conftest import ASK, HERE, JOIN, RENDER, TOKENED, app


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
    assert (answer.status_code, answer.json()["error"]) == (400, "The request is not valid JSON.")


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


@pytest.mark.parametrize(("path", "expected"), [("/gan/config", "/config"), ("/gan/", "/"), ("/config", "/config")])
def test_below_a_path_the_app_answers_whether_the_proxy_takes_it_away_or_not(path: str, expected: str):
    assert app(root="/gan").get(path).text == f"{expected} 0"
    assert app(root="/gan").post(f"/gan{ASK}").status_code == 403
    assert app(root="/gan").get("/gan", follow_redirects=False).headers["location"] == "/gan/"
    assert app(root="/gan").get("/gander").text == "/gander 0"


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
    assert response.json()["error"].startswith("The request contains")


MCP = "/gradio_api/mcp"


@pytest.mark.parametrize("path", [MCP, f"{MCP}/", f"{MCP}/schema", f"{MCP}/sse"])
def test_there_are_no_tools_unless_they_are_asked_for(path):
    assert app().post(path, json={}, headers=TOKENED).status_code == 404
    assert app().get(path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", MCP, 200),
        ("POST", f"{MCP}/", 200),
        ("GET", f"{MCP}/", 405),
        ("GET", f"{MCP}/schema", 200),
        ("POST", f"{MCP}/schema", 405),
        ("DELETE", f"{MCP}/", 405),
        ("GET", f"{MCP}/sse", 404),
        ("POST", f"{MCP}/messages/", 404),
        ("POST", f"{MCP}/http", 404),
        ("POST", "/gradio_api/MCP/", 404),
    ],
)
def test_tools_are_asked_for_at_one_address_without_a_token(method, path, status):
    found = app(mcp=True).request(method, path, content=b"{}" if method == "POST" else None)
    assert found.status_code == status


def test_tools_have_the_rules_of_all_else():
    ask = app(mcp=True).post
    assert ask(MCP, json={}, headers={"Host": "evil.example"}).status_code == 403
    assert ask(MCP, json={}, headers={"Origin": "http://evil.example"}).status_code == 403
    assert ask(MCP, content=b"{" * 10).status_code == 400
    assert ask(MCP, json={"a": "a" * 300_000}).status_code == 413
    assert app(mcp=True, user=lambda cookies: None).post(MCP, json={}).status_code == 401
    assert app(mcp=True, user=lambda cookies: "me").post(MCP, json={}).status_code == 200
