"""Links, images and a run that were written before the rooms were drawn anew (commit a9e22a4) still work."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from explorer.core.library import Library
from explorer.core.recipe import Recipe
from trainer.cli.main import main
from trainer.runs.run import Run

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "tests" / "samples"
LINKS = json.loads((SAMPLES / "links.json").read_text(encoding="utf-8"))
IMAGES = sorted((SAMPLES / "images").glob("*.png"))
COMMAND = (  # as it was typed then, under the present names
    "train --run sample --preset points --width 8 --z-dim 4 --batch 16 --n-critic 2 --save-kimg 100 "
    "--loss non-saturating --pac-size 2 --label-smoothing 0.1 --threads 1 --no-diagnose --quiet --kimg 46"
)


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(ROOT / "checkpoints", ROOT / "runs", ROOT / "recordings")


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link["query"][:40])
def test_a_link_of_then_is_the_same_recipe_in_the_same_spelling(link: dict[str, str]):
    recipe = Recipe.from_query(link["query"])
    assert recipe == Recipe.from_json(link["json"])
    assert (recipe.to_query(), recipe.to_json()) == (link["query"], link["json"])


@pytest.mark.parametrize("file", IMAGES, ids=lambda file: file.stem)
def test_an_image_of_then_opens_and_is_drawn_again(file: Path, library: Library):
    image = Image.open(file)
    recipe = Recipe.from_png(image)
    drawn = library.model(recipe.checkpoint).images([recipe])[0]
    then = np.asarray(image.convert("RGB" if drawn.shape[2] == 3 else "L")).reshape(drawn.shape)
    assert np.abs(drawn.astype(int) - then).max() <= 1  # another processor may round the last bit otherwise


@pytest.mark.slow
def test_a_run_of_then_resumes_as_it_was_changed_and_to_the_same_weights(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(SAMPLES / "run", tmp_path / "runs" / "sample")
    assert main(COMMAND.split()) == 0
    run = Run(tmp_path / "runs", "sample")
    events = [event.kind for event in run.store().events()]
    assert events[-2:] == ["resumed", "finished"]
    weights, then = load_file(run.latest / "model.safetensors"), load_file(SAMPLES / "resumed.safetensors")
    assert weights.keys() == then.keys()
    for name, value in then.items():
        np.testing.assert_allclose(weights[name], value, rtol=1e-4, atol=1e-6, err_msg=name)
