"""An app behind the guard: it tells the path and the length of whatever reaches it."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from explorer.server.guard import TOKEN, Guard, Rules
from explorer.server.hosts import own_names

HERE = "http://127.0.0.1:7860"
ASK, JOIN, RENDER = "/gradio_api/component_server", "/gradio_api/queue/join", "/gradio_api/call/render"
NAMES = own_names(None, ["gan.example", "Other.example:8080"])
TOKENED = {TOKEN: "secret"}


async def heard(request: Request) -> Response:
    return PlainTextResponse(f"{request.url.path} {len(await request.body())}")


def app(**rules) -> TestClient:
    inner = Starlette(routes=[Route("/{rest:path}", heard, methods=["GET", "POST", "OPTIONS"])])
    built = Rules(**{"names": NAMES, "public": {7: "render"}, "folder": Path("/nowhere"), "token": "secret"} | rules)
    return TestClient(Guard(inner, built), base_url=HERE)
