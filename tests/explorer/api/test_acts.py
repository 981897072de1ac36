"""The app's endpoints and tools: the library's pictures, typed, behind the guard; what is wrong is a sentence."""

import asyncio
import base64
import io
import json
import subprocess
import sys
import urllib.error
import urllib.request
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from explorer import load
from explorer.api.acts import most
from tests.explorer.api.conftest import in_its_own_thread, started
from tests.running_app import ROOT

pytestmark = pytest.mark.slow
ACTS = ["list_checkpoints", "sample", "slide", "interpolate", "translate", "diagnose", "compare"]


@pytest.fixture(scope="module")
def client(address) -> Client:
    return Client(address, verbose=False)


def asked(address: str, *calls: tuple[str, dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """(the tools that an MCP client finds, its answers to calls of some)."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def ask() -> tuple[list[Any], list[Any]]:
        async with (
            streamable_http_client(f"{address}/gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            return tools, [await session.call_tool(tool, arguments) for tool, arguments in calls]

    return in_its_own_thread(asyncio.run, ask())


def same(found: Image.Image, wanted: Image.Image) -> bool:
    return np.array_equal(np.asarray(found.convert("RGB")), np.asarray(wanted.convert("RGB")))


def test_client_tools_and_library_draw_the_same_pixels(client, address):
    wanted = load("avatars-stylegan").sample(4, seed=3, psi=0.7)
    path, facts = client.predict("avatars-stylegan", 3, 4, 0.7, api_name="/sample")
    assert same(Image.open(path), wanted)
    assert facts["recipes"][1] == {"checkpoint": "avatars-stylegan", "seed": 4, "psi": 0.7}
    arguments = {"checkpoint": "avatars-stylegan", "seed": 3, "count": 4, "psi": 0.7}
    _, (answer,) = asked(address, ("sample", arguments))
    assert same(Image.open(io.BytesIO(base64.b64decode(answer.content[0].data))), wanted)
    assert json.loads(answer.content[2].text) == facts


def test_every_tool_and_each_of_its_arguments_is_typed_and_described(address):
    tools, _ = asked(address)
    assert [tool.name for tool in tools] == ACTS
    for tool in tools:
        assert len(tool.description) > 60
        assert "Returns: picture: " in tool.description
        for name, of in tool.inputSchema["properties"].items():
            assert of["description"], f"{tool.name}: {name}"
            assert {"type", "oneOf", "enum"} & of.keys(), f"{tool.name}: {name}"
    kinds = {tool.name: tool.inputSchema["properties"] for tool in tools}
    assert kinds["interpolate"]["seeds"] | {"description": ""} == {
        "type": "array",
        "items": {"type": "integer"},
        "description": "",
    }
    assert kinds["interpolate"]["space"]["enum"] == ["w", "z"]
    assert tools[1].inputSchema["required"] == ["checkpoint"]


def test_the_public_endpoints_are_the_acts_and_the_recipe(client):
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert sorted(named) == sorted([*(f"/{act}" for act in ACTS), "/render"])


def test_a_comparison_tells_why_there_is_no_verdict(client):
    path, facts = client.predict("mnist-dcgan", "avatars-stylegan", count=2, evaluate=0, api_name="/compare")
    assert facts["first"] == {"name": "mnist-dcgan", "summary": load("mnist-dcgan").model.info.summary}
    assert Image.open(path).size == (128, 64 * 2)  # the smaller images are enlarged
    _, facts = client.predict("run:grid-gan", "mnist-dcgan", evaluate=100, api_name="/compare")
    assert facts["second"]["generated"] == 100
    assert ("verdict" in facts["first"]) != ("no_verdict" in facts["first"])


BAD = [
    ("sample", {"checkpoint": "nobody"}, "There is no checkpoint 'nobody'"),
    ("sample", {"checkpoint": "mnist-dcgan", "count": 145}, "count is 145; it must be a whole number from 1 to 144"),
    ("sample", {"checkpoint": "mnist-dcgan", "seed": -1}, "seed is -1"),
    ("sample", {"checkpoint": "mnist-dcgan", "psi": 3}, "psi is 3"),
    ("sample", {"checkpoint": "mnist-conditional", "label": 10}, "has classes 0 to 9"),
    ("slide", {"checkpoint": "mnist-dcgan", "direction": "up"}, "Unknown direction method 'up'"),
    ("interpolate", {"checkpoint": "mnist-dcgan", "seeds": [1]}, "2 to 8 keyframes; found 1"),
    ("interpolate", {"checkpoint": "mnist-dcgan", "seeds": [1, 2], "frames": 1}, "frames is 1"),
    ("diagnose", {"checkpoint": "mnist-dcgan", "count": 6000}, "count is 6000"),
    ("compare", {"first": "mnist-dcgan", "second": "nobody"}, "There is no checkpoint 'nobody'"),
]


def test_what_is_wrong_is_one_sentence_to_the_client(client):
    for act, arguments, told in BAD:
        with pytest.raises(AppError) as error:
            client.predict(**arguments, api_name=f"/{act}")
        assert told in str(error.value)
        assert str(ROOT) not in str(error.value)


def test_what_is_wrong_is_one_sentence_to_the_assistant(address):
    _, answers = asked(address, *((act, arguments) for act, arguments, _ in BAD))
    for answer, (_, _, told) in zip(answers, BAD, strict=True):
        assert answer.isError
        (text,) = answer.content
        assert told in text.text
        assert not text.text.startswith(("'", '"'))


@pytest.mark.parametrize("sent", [7, None, ["mnist-dcgan"], {"a": 1}])
def test_a_name_of_another_kind_is_one_sentence(client, sent):
    with pytest.raises(AppError, match=r"checkpoint is .*; it must be text"):
        client.predict(sent, api_name="/sample")


def test_only_the_tools_can_be_called_and_only_as_tools(address):
    _, (answer,) = asked(address, ("render", {"recipe": {"checkpoint": "mnist-dcgan"}}))
    assert answer.isError
    assert "Unknown tool" in answer.content[0].text
    for path in ("mcp/", "mcp/sse"):
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(f"{address}/gradio_api/{path}", timeout=30)
        assert error.value.code == {"mcp/": 405, "mcp/sse": 404}[path]
    with urllib.request.urlopen(f"{address}/gradio_api/mcp/schema", timeout=30) as schema:
        assert {one["name"] for one in json.load(schema)} == set(ACTS)


def test_large_images_are_fewer_in_one_picture():
    def of(side: int) -> SimpleNamespace:
        return SimpleNamespace(model=SimpleNamespace(resolution=side))

    assert [most(of(side)) for side in (64, 256, 512, 1024, 8192)] == [144, 144, 64, 16, 2]


def test_with_a_password_tools_need_the_logins_cookie():
    process, address = started("--mcp", "--auth", "me:pass")
    try:
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        wanted = {"Accept": "application/json, text/event-stream"}
        with httpx.Client(base_url=address, headers=wanted, timeout=60) as stranger:
            assert stranger.post("/gradio_api/mcp/", json=call).status_code == 401
            assert stranger.post("/login", data={"username": "me", "password": "pass"}).status_code == 200
            assert '"name":"interpolate"' in stranger.post("/gradio_api/mcp/", json=call).text
    finally:
        process.terminate()
        process.wait(10)


def test_a_package_that_gradio_cannot_use_is_one_sentence(tmp_path):
    (tmp_path / "mcp").mkdir()
    (tmp_path / "mcp" / "__init__.py").write_text("")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = ['app.py', '--mcp', '--port', '0']"
    run = f"{code}; import runpy; runpy.run_path('app.py', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", run], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr.startswith("error: --mcp cannot work here (")
    assert "requirements-mcp.txt" in done.stderr
    assert "Traceback" not in done.stderr
