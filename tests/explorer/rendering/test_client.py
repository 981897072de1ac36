"""What the page needs to draw by itself: vectors that add up to the model's own, files of known checkpoints alone."""

import gzip
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explorer.core.interpolation import frames
from explorer.core.library import Library
from explorer.core.recipe import Edit, Recipe, unpack
from explorer.rendering import client as client_rendering
from explorer.web import PLOTLY, plotly_address
from trainer.checkpoints.checkpoint import CheckpointInfo, save_checkpoint
from trainer.networks import ARCHITECTURES, latent_architectures


@pytest.fixture
def library(tmp_path: Path, checkpoint) -> Library:
    for arch in latent_architectures():
        shutil.copytree(checkpoint(arch, 3), tmp_path / arch)
    return Library(tmp_path, tmp_path / "runs")


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(Starlette(routes=client_rendering.ROUTES))


@pytest.mark.slow
@pytest.mark.parametrize("arch", latent_architectures())
def test_the_sum_that_the_page_makes_is_the_models_own(library: Library, arch: str):
    model = library.model(arch)
    last = model.num_ws - 1
    edits = (Edit("pca:0", 1.5, 0, None), Edit("sefa:1", -2.0, last, last), Edit("pca:2", 0.5, 0, 0))
    recipe = Recipe(arch, seed=5, label=2, psi=0.7, cutoff=1, edits=edits)
    info = client_rendering.generator(library, {"checkpoint": arch})
    answer = client_rendering.latents(library, {"recipes": [recipe.to_dict()]})
    steps = client_rendering.axes(library, {"checkpoint": arch, "directions": [edit.direction for edit in edits]})[
        "steps"
    ]
    json.dumps([info, answer, steps])

    ws = unpack(answer["ws"][0], "w").reshape(model.num_ws, model.w_dim).copy()
    centre = unpack(info["centre"], "w")
    ws[:1] = centre + np.float32(0.7) * (ws[:1] - centre)
    for edit in edits:
        end = last if edit.last is None else edit.last
        ws[edit.first : end + 1] += np.float32(edit.strength) * unpack(steps[edit.direction], "w")
    assert np.allclose(ws, model.ws([recipe])[0].numpy(), atol=1e-5)


@pytest.mark.parametrize("arch", latent_architectures())
def test_a_path_is_sent_as_the_model_would_draw_its_frames(library: Library, arch: str):
    model = library.model(arch)
    keyframes = [Recipe(arch, 1), Recipe(arch, 2, psi=0.5, noise="random", edits=(Edit("random:0", 2, 0, 0),))]
    shape = {"interpolation": "slerp", "space": "w", "loop": True}
    question = {"keyframes": [k.to_dict() for k in keyframes], "count": 7, **shape}
    answer = client_rendering.path(library, question)
    json.dumps(answer)
    recipes = frames(model, keyframes, 7, **shape)
    for text, ws in zip(answer["ws"], model.ws(recipes).numpy(), strict=True):
        assert np.array_equal(np.broadcast_to(unpack(text, "w").reshape(-1, model.w_dim), ws.shape), ws)
    noisy = [recipe.noise == "random" and model.has_noise for recipe in recipes]
    assert [answer["noise"][key] is not None for key in answer["keys"]] == noisy


def test_noise_is_sent_only_where_it_is_not_the_models_own(library: Library):
    base = Recipe("stylegan-lite", seed=4)
    answer = client_rendering.latents(
        library, {"recipes": [replace(base, noise=mode).to_dict() for mode in ("fixed", "random", "none")]}
    )
    fixed, random, none = answer["noise"]
    assert fixed is None
    assert all(np.any(unpack(layer, "w")) for layer in random)
    assert not any(np.any(unpack(layer, "w")) for layer in none)
    sizes = [size for size, _ in client_rendering.generator(library, {"checkpoint": "stylegan-lite"})["noise"]]
    assert [unpack(layer, "w").size for layer in random] == [size * size for size in sizes]


def test_a_network_is_exported_once_and_again_when_the_weights_change(library: Library, checkpoint, monkeypatch):
    from trainer.checkpoints import onnx_export as module

    made, export = [], module.export
    monkeypatch.setattr(module, "export", lambda *given: made.append(1) or export(*given))
    first = client_rendering.generator(library, {"checkpoint": "dcgan"})["model"]
    assert client_rendering.generator(library, {"checkpoint": "dcgan"})["model"] == first
    assert len(made) == 1
    shutil.copytree(checkpoint("stylegan-lite"), library.checkpoints / "dcgan", dirs_exist_ok=True)
    assert client_rendering.generator(library, {"checkpoint": "dcgan"})["model"] != first
    assert len(made) == 2


def test_a_checkpoint_that_cannot_be_written_is_exported_elsewhere(library: Library, monkeypatch):
    monkeypatch.setattr(client_rendering.os, "access", lambda path, mode: False)
    client_rendering.generator(library, {"checkpoint": "dcgan"})
    folder = client_rendering.EXPORTED[library.model("dcgan").info.sha256]
    assert (folder / "generator.onnx").is_file()
    assert not folder.is_relative_to(library.checkpoints)


def test_points_are_left_to_the_server(library: Library):
    options = {"resolution": 1, "channels": 2, "z_dim": 2, "width": 8}
    info = CheckpointInfo("mlp", options, 0, "points", {})
    save_checkpoint(library.checkpoints / "points", ARCHITECTURES["mlp"].generator(**options), info, "# points\n")
    assert "server" in client_rendering.generator(library, {"checkpoint": "points"})["not_here"]
    image = library.model("points").images([Recipe("points", 1)])
    assert image.shape == (1, 64, 64, 1)
    assert image.min() < 60 < 200 < image.max()


def test_large_images_are_left_to_the_server(library: Library, monkeypatch):
    side = library.model("stylegan-lite").resolution
    monkeypatch.setattr(client_rendering, "LARGE", side)
    told = client_rendering.generator(library, {"checkpoint": "stylegan-lite"})["not_here"]
    assert told == f"{side} x {side} pixels take the page too long; the server draws"


def test_a_generator_is_served_by_the_hash_of_its_weights(library: Library, client: TestClient):
    info = client_rendering.generator(library, {"checkpoint": "dcgan"})
    answer = client.get(f"/{info['model']}")
    assert answer.status_code == 200
    assert len(answer.content) == info["bytes"]
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "generator/0123456789abcdef/generator.onnx",
        "generator/{hash}/mapping.onnx",
        "generator/{hash}/..%2F..%2Fconfig.json",
        "runtime/{version}/..%2Fclient.py",
        "runtime/{version}/LICENSE",
        "runtime/older/worker.js",
    ],
)
def test_no_other_file_is_served(library: Library, client: TestClient, path: str):
    info = client_rendering.generator(library, {"checkpoint": "dcgan"})
    address = path.format(hash=info["model"].split("/")[2], version=client_rendering.version())
    assert client.get(f"/explorer/{address}").status_code == 404


def test_the_runtime_is_complete_and_whole(client: TestClient):
    for name, kind in client_rendering.SERVED.items():
        answer = client.get(f"/explorer/runtime/{client_rendering.version()}/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "content-encoding" not in answer.headers  # the worker unpacks the runtime itself
    assert gzip.decompress((client_rendering.RUNTIME / "ort.wasm.gz").read_bytes())[:4] == b"\0asm"
    assert "MIT" in (client_rendering.RUNTIME / "LICENSE").read_text()
    assert "onnxruntime-web" in (client_rendering.RUNTIME / "VERSION").read_text()


@pytest.mark.parametrize(
    ("handler", "question", "message"),
    [
        (client_rendering.generator, {"checkpoint": "gone"}, "no checkpoint 'gone'"),
        (client_rendering.generator, {}, "has no checkpoint"),
        (client_rendering.latents, {"recipes": []}, "1 to 144"),
        (client_rendering.latents, {"recipes": [{"checkpoint": "dcgan"}] * 145}, "1 to 144"),
        (client_rendering.latents, {"recipes": [{"checkpoint": "dcgan", "seed": -1}]}, "seed"),
        (client_rendering.path, {"keyframes": []}, "no keyframes"),
        (client_rendering.axes, {"checkpoint": "dcgan", "directions": ["pca:99"]}, "no direction '99'"),
        (client_rendering.axes, {"checkpoint": "dcgan", "directions": ["magic:0"]}, "magic"),
    ],
)
def test_a_wrong_question_gets_a_sentence(library: Library, handler, question: dict, message: str):
    assert message in handler(library, question)["error"]


def test_plotly_has_an_address_that_tells_nothing_of_the_machine(client: TestClient):
    place = plotly_address()
    assert not place.startswith("/")  # the app may live in a folder behind a proxy
    answer = client.get(f"/{place}")
    assert answer.status_code == 200
    assert answer.content == PLOTLY.read_bytes()
    assert "immutable" in answer.headers["cache-control"]
    assert client.get("/explorer/plotly/0.0.0/plotly.min.js").status_code == 404


@pytest.mark.slow
def test_nothing_that_a_page_is_built_from_tells_a_folder_of_this_machine(library: Library):
    from explorer.ui import build_ui

    config = json.dumps(build_ui(library, may_train=True).get_config_file(), default=str)
    places = {str(place) for place in (Path.cwd(), library.checkpoints, sys.prefix, Path(PLOTLY).parent)}
    assert not {place for place in places if place in config}


def test_only_so_many_exported_generators_are_kept(tmp_path: Path):
    own, cache = Path(client_rendering.OWN.name) / "onnx-own", tmp_path / "checkpoint" / ".cache"
    for folder in (own, cache):
        folder.mkdir(parents=True)
        client_rendering.forget(folder)
    assert not own.exists()
    assert cache.exists()
