"""The page's scripts: one route serves those of the table, under an address that changes with them."""

import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explorer import web
from explorer.rendering import client as rendering


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(Starlette(routes=rendering.ROUTES))


def test_what_is_served_is_what_is_written(client: TestClient):
    assert {"web/page.js", "web/lib/rpc.js", "tabs/slide/slide.js", "tabs/train/control.js"} <= set(web.MODULES)
    for name, file in web.MODULES.items():
        answer = client.get(f"/{web.modules_address()}{name}")
        assert answer.content == file.read_bytes()
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]


def test_every_import_leads_to_a_module_that_is_served():
    for name, file in web.MODULES.items():
        for place in re.findall(r'from "(\.[^"]+)"', file.read_text(encoding="utf-8")):
            assert (file.parent / place).resolve() in web.MODULES.values(), f"{name} imports {place}"


@pytest.mark.parametrize(
    "place",
    [
        "web/head.js",
        "web/runtime/worker.js",
        "web/style.css",
        "tabs/train/control.py",
        "tabs/train/%2e%2e%2fslide/slide.js",
        "..%2f..%2fapp.py",
        "/etc/passwd",
        "",
    ],
)
def test_nothing_else_is_served(client: TestClient, place: str):
    assert client.get(f"/{web.modules_address()}{place}").status_code == 404


def test_another_version_is_not_served(client: TestClient):
    assert client.get("/explorer/modules/0123456789abcdef/web/page.js").status_code == 404


def test_the_head_names_the_place_of_the_modules_and_asks_for_all_of_them_at_once():
    head = web.head("secret")
    assert f'<meta name="explorer-modules" content="{web.modules_address()}">' in head
    assert len(re.findall('rel="modulepreload"', head)) == len(web.MODULES)


def test_an_event_of_an_element_is_named_in_its_script():
    """Gradio finds it there."""
    element = web.element("slide", events=["drop", "path"])
    assert element.drop
    assert element.path
    with pytest.raises(AttributeError):
        assert element.pick
