"""What the page's scripts may ask: right questions get images, wrong ones a sentence, never an exception."""

import base64
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.library import Library
from explorer.core.model import Model
from explorer.core.recipe import Edit, Recipe
from explorer.rendering import server
from trainer.checkpoints.checkpoint import CheckpointInfo, save_checkpoint
from trainer.networks import ARCHITECTURES

HANDLERS = (
    server.render,
    server.rebase,
    server.png,
    server.sheet,
    server.tiles,
    server.open_png,
)
NINE = [{"checkpoint": "faces", "seed": 5 + i} for i in range(9)]


@pytest.fixture
def library(tmp_path: Path, checkpoint) -> Library:
    shutil.copytree(checkpoint("stylegan-lite"), tmp_path / "faces")
    shutil.copytree(checkpoint("dcgan"), tmp_path / "digits")
    return Library(tmp_path, tmp_path / "runs")


def decoded(data: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_render_gives_the_models_own_bytes(library: Library):
    answer = server.render(library, {"recipe": {"checkpoint": "faces", "seed": 4}})
    image = Model(library.checkpoints / "faces").images([Recipe("faces", seed=4)])[0]
    assert base64.b64decode(answer["pixels"]) == image.tobytes()
    assert (answer["height"], answer["width"], answer["channels"]) == image.shape


@pytest.mark.parametrize(("side", "crisp"), [(1, True), (16, True), (24, True), (28, False), (64, False)])
def test_points_and_pixel_art_alone_are_shown_crisp(tmp_path: Path, side: int, crisp: bool):
    options = {"resolution": side, "channels": 2 if side == 1 else 3, "z_dim": 4, "width": 8}
    info = CheckpointInfo("mlp", options, 0, "tiny", {})
    save_checkpoint(tmp_path / "tiny", ARCHITECTURES["mlp"].generator(**options).eval(), info, "# tiny\n")
    assert server.capabilities(Library(tmp_path, tmp_path / "runs"), "tiny")["crisp"] is crisp


def test_keep_draws_the_same_image_without_edits(library: Library):
    recipe = Recipe.from_dict({"checkpoint": "faces", "seed": 1, "psi": 0.7, "edits": [["pca:0", 2.0, 1, None]]})
    kept = Recipe.from_dict(server.rebase(library, {"recipe": recipe.to_dict()})["recipe"])
    assert not kept.edits
    before, after = (library.model("faces").images([r])[0].astype(int) for r in (recipe, kept))
    assert np.abs(before - after).max() <= 1


def test_a_png_carries_its_recipe_there_and_back(library: Library):
    recipe = {"checkpoint": "faces", "seed": 9, "edits": [["sefa:1", -1.5, 0, None]]}
    data = server.png(library, {"recipe": recipe})["data"]
    assert server.open_png(library, {"data": data}) == {"recipe": recipe}


def test_a_sheet_holds_its_recipes_row_by_row_and_leaves_places_empty(library: Library):
    recipes = [None, *NINE[1:]]
    sheet = np.array(decoded(server.sheet(library, {"recipes": recipes, "columns": 3})["data"]))
    side = sheet.shape[0] // 3
    last = library.model("faces").images([Recipe("faces", seed=13)])[0]
    assert np.array_equal(sheet[-side:, -side:], last)
    assert not sheet[:side, :side].any()
    assert server.tiles(library, {"recipes": recipes, "columns": 3})["sheet"].startswith("data:image/webp;base64,")


def test_in_a_drag_a_large_image_is_compressed_and_a_small_one_is_not(library: Library):
    asked = {"recipe": {"checkpoint": "faces", "seed": 4}, "quick": True}
    assert "pixels" in server.render(library, asked)
    exact, other = library.model("faces").images([Recipe("faces", seed=4), Recipe("faces", seed=5)])
    answer = server.sent(exact, quick=True, exact_up_to=4)
    compressed = np.array(decoded(answer["image"].removeprefix("data:image/jpeg;base64,")))
    assert np.abs(compressed.astype(int) - exact).mean() < np.abs(compressed.astype(int) - other).mean()
    assert "pixels" in server.render(library, {**asked, "quick": False})


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda handler: handler.__name__)
@pytest.mark.parametrize(
    "question",
    [
        {},
        {"recipe": 3},
        {"recipe": {}},
        {"recipe": {"checkpoint": "gone"}},
        {"data": "%%%"},
        {"recipe": {"psi": "a"}},
        [],
    ],
    ids=str,
)
def test_a_wrong_question_gets_a_sentence(library: Library, handler, question):
    answer = handler(library, question)
    assert set(answer) == {"error"}
    assert answer["error"].strip()


@pytest.mark.parametrize("columns", [2, 13, -1, 1e9])
def test_a_sheet_out_of_range_is_refused(library: Library, columns):
    answer = server.sheet(library, {"recipes": NINE, "columns": columns})
    assert "choose 3 to 12" in answer["error"]


@pytest.mark.parametrize(
    "recipes", [NINE[:8], [None] * 9, [*NINE[:8], {"checkpoint": "digits"}]], ids=["8", "none", "two"]
)
def test_a_sheet_that_is_no_square_of_one_checkpoint_is_refused(library: Library, recipes):
    assert "needs 9 recipes of one checkpoint" in server.tiles(library, {"recipes": recipes, "columns": 3})["error"]


def test_an_image_without_a_recipe_is_refused(library: Library):
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "PNG")
    answer = server.open_png(library, {"data": base64.b64encode(buffer.getvalue()).decode()})
    assert "contains no recipe" in answer["error"]


def test_a_saved_image_whose_recipe_does_not_fit_its_model_is_refused_before_it_opens(library: Library):
    foreign = Recipe("digits", edits=(Edit("w:AACAPw==", 1.0),))
    data = base64.b64encode(foreign.to_png(Image.new("RGB", (4, 4)))).decode()
    assert "another model's" in server.open_png(library, {"data": data})["error"]
