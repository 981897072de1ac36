"""The tests of the page's scripts compare with what the Python code gives today."""

import json
from typing import Any

import numpy as np
import pytest

from explorer.core.recipe import unpack
from tests.explorer.web import fixtures


@pytest.fixture(scope="module")
def today() -> dict[str, Any]:
    return fixtures.fixtures()


def kept(name: str) -> Any:
    return json.loads((fixtures.FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def numbers(case: dict[str, Any]) -> np.ndarray:
    """All vectors of a case. Machines differ in their last bits."""
    texts = [case["centre"], case["expected"], *case["starts"], *case["steps"].values()]
    return np.concatenate([unpack(text, "w") for text in texts])


def words(case: dict[str, Any]) -> dict[str, Any]:
    plain = {key: case[key] for key in ("numWs", "wDim")} | {"directions": list(case["steps"])}
    return plain | {"recipe": {**case["recipe"], "w": bool(case["recipe"].get("w"))}}


def test_the_vectors_are_those_of_the_models(today: dict[str, Any]):
    then = kept("ws")
    assert list(map(words, then)) == list(map(words, today["ws"]))
    for old, new in zip(then, today["ws"], strict=True):
        assert numbers(old) == pytest.approx(numbers(new), rel=1e-4, abs=1e-4)


def test_the_recipes_are_spelt_as_the_code_spells_them(today: dict[str, Any]):
    then, now = kept("recipes"), today["recipes"]
    assert then["defaults"] == now["defaults"]
    spelt = [[case["canonical"] for case in some["cases"] if "w" not in case["canonical"]] for some in (then, now)]
    assert spelt[0] == spelt[1]
    queries = [[case["query"] for case in some["cases"] if "w" not in case["canonical"]] for some in (then, now)]
    assert queries[0] == queries[1]


@pytest.mark.parametrize("name", ["drawings", "translations"])
def test_drawings_and_their_links_are_those_of_the_code(today: dict[str, Any], name: str):
    assert kept(name) == today[name]
