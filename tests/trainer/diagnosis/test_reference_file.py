"""What a reference file holds, and what is said of one that cannot be used."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from trainer.diagnosis import diagnose, load_reference, save_reference
from trainer.diagnosis.reference import FILE, FORMAT
from trainer.diagnosis.reference_build import carried_by
from trainer.features import EXTRACTORS
from trainer.metrics.distances import nearest
from trainer.util.errors import UserError


@pytest.fixture
def folder(tmp_path, reference):
    """A checkpoint's folder with the made-up reference in it."""
    save_reference(tmp_path / "things" / FILE, reference)
    return tmp_path / "things"


@pytest.fixture
def rewrite(folder):
    """(change): change(record, tensors) edits the file."""

    def rewrite(change) -> None:
        with safe_open(folder / FILE, "np") as file:
            record = json.loads(file.metadata()["record"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
        change(record, tensors)
        save_file(tensors, folder / FILE, {"record": json.dumps(record)})

    return rewrite


@pytest.mark.slow
def test_what_is_loaded_is_what_was_saved(folder, reference):
    loaded = load_reference(folder)
    for name in ("data", "dataset_size", "resolution", "channels", "extractor", "version", "heads", "unseen"):
        assert getattr(loaded, name) == getattr(reference, name)
    assert (loaded.space.side, loaded.space.channels) == (8, 1)
    for there, here, near in (
        (loaded.real.features, reference.real.features, {"rel": 1e-3, "abs": 1e-3}),
        (loaded.real.pixels, reference.real.pixels, {"rel": 1e-3, "abs": 1e-3}),
        (loaded.real.probabilities[0], reference.real.probabilities[0], {"rel": 1e-3}),
        (loaded.space.axes, reference.space.axes, {"rel": 1e-3, "abs": 1e-3}),
        (loaded.seen, reference.seen, {"abs": float(abs(reference.seen).max()) / 127 / 2}),  # half a step of 8 bits
        (loaded.unseen_distances, reference.unseen_distances, {"rel": 1e-6}),
        (loaded.counts[0], reference.counts[0], {"abs": 0}),
    ):
        assert there.shape == here.shape
        assert there == pytest.approx(here, **near)
    assert loaded.nulls.keys() == reference.nulls.keys()
    for figure, values in reference.nulls[500].items():
        assert np.array_equal(loaded.nulls[500][figure], values, equal_nan=True)


def test_thumbnails_come_back_in_their_order(folder, reference):
    thumbs = load_reference(folder).thumbs
    assert thumbs.shape == reference.thumbs.shape
    assert thumbs.dtype == np.uint8
    assert thumbs.mean((1, 2, 3)) == pytest.approx(reference.thumbs.mean((1, 2, 3)), abs=40)  # 8-pixel tiles bleed
    assert np.corrcoef(thumbs.mean((1, 2, 3)), reference.thumbs.mean((1, 2, 3)))[0, 1] > 0.99


@pytest.mark.slow
def test_the_verdict_is_the_same_by_the_loaded_one(folder, reference, world):
    loaded = load_reference(folder)
    for fake in (world.draw(500, seed=0), world.draw(500, seed=0, shares=[0, *[1] * 9])):
        there, here = diagnose(loaded, fake), diagnose(reference, fake)
        assert [finding.kind for finding in there.findings] == [finding.kind for finding in here.findings]
        assert there.verdict.text == here.verdict.text


def test_copies_are_found_in_spite_of_the_8_bits(folder, reference, world):
    fake = world.draw(500, seed=1)
    fake.pixels[:100] = reference.seen[:100]
    found = diagnose(load_reference(folder), fake)
    assert found.verdict.kind == "memorised"
    assert set(found.verdict.sources) <= set(range(100))


def test_distances_of_unseen_images_are_those_to_the_nearest_seen_one(reference):
    wanted = nearest(reference.real.pixels, reference.seen, 1)[:, 0]
    assert reference.unseen_distances == pytest.approx(wanted)


def test_one_without_healthy_values_is_kept_too(tmp_path, reference):
    save_reference(tmp_path / FILE, replace(reference, nulls={}))
    loaded = load_reference(tmp_path)
    assert loaded.nulls == {}
    assert loaded.size_for(500) is None


def test_the_largest_size_that_the_images_fill_is_taken(reference):
    sizes = replace(reference, nulls={1000: {}, 2000: {}, 5000: {}})
    assert [sizes.size_for(n) for n in (999, 1000, 4999, 10**6)] == [None, 1000, 2000, 5000]


def test_a_missing_one_names_the_command(tmp_path):
    with pytest.raises(UserError, match=rf"has no {FILE}.*python -m trainer reference {tmp_path.name}"):
        load_reference(tmp_path)


@pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.999])
def test_a_cut_one_names_the_file_and_the_command(share, folder):
    whole = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UserError, match=rf"things/{FILE} cannot be read.*python -m trainer reference things"):
        load_reference(folder)


def test_another_format_is_told(folder, rewrite):
    rewrite(lambda record, tensors: record.update(format=FORMAT + 1))
    with pytest.raises(
        UserError, match=rf"is of format {FORMAT + 1}; this version reads {FORMAT}\..*trainer reference"
    ):
        load_reference(folder)


NEEDED = ("real.features", "real.pixels", "real.probabilities.0", "seen", "seen.scale", "space.mean", "space.axes",
          "thumbs", "unseen_distances")  # fmt: skip


def test_every_tensor_is_needed_or_a_healthy_size(folder):
    with safe_open(folder / FILE, "np") as file:
        assert set(file.keys()) == {*NEEDED, "nulls.500"}


@pytest.mark.parametrize("missing", NEEDED)
def test_a_missing_tensor_is_told(missing, folder, rewrite):
    rewrite(lambda record, tensors: tensors.pop(missing))
    with pytest.raises(UserError, match="cannot be read"):
        load_reference(folder)


@pytest.mark.parametrize("name", ["data", "heads", "figures", "thumb", "counts", "pictures", "side"])
def test_a_record_without_a_field_is_told(name, folder, rewrite):
    rewrite(lambda record, tensors: record.pop(name))
    with pytest.raises(UserError, match=f"cannot be read.*{name}"):
        load_reference(folder)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda record, tensors: record.update(resolution="large"), "resolution is 'large'"),
        (lambda record, tensors: record.update(figures=["fid"]), "cannot be read"),
        (
            lambda record, tensors: tensors.update({"real.pixels": tensors["real.pixels"][:-1]}),
            "parts are inconsistent",
        ),
        (lambda record, tensors: tensors["real.features"].fill(np.nan), "holds NaN or infinity"),
        (lambda record, tensors: tensors.update(thumbs=tensors["thumbs"][:50]), "cannot be read"),
        (lambda record, tensors: tensors.update({"nulls.many": tensors["nulls.500"]}), "cannot be read"),
        (lambda record, tensors: record.update(temperature=0), "its temperature is 0"),
        (lambda record, tensors: record.update(temperature=True), "its temperature is True"),
        (lambda record, tensors: record.update(temperature="warm"), "its temperature is 'warm'"),
    ],
)
def test_what_does_not_fit_together_is_told(spoil, message, folder, rewrite):
    rewrite(spoil)
    with pytest.raises(UserError, match=message):
        load_reference(folder)


@pytest.mark.parametrize("temperature", [None, 1.25])
def test_the_temperature_of_the_reader_is_kept_and_older_files_have_none(
    temperature, reference, tmp_path, folder, rewrite
):
    save_reference(tmp_path / FILE, replace(reference, temperature=temperature))
    assert load_reference(tmp_path).temperature == temperature
    rewrite(lambda record, tensors: record.pop("temperature"))
    assert load_reference(folder).temperature is None


def test_another_version_of_the_extractor_is_told(reference):
    with pytest.raises(UserError, match=r"version of long ago of the extractor 'mnist'; this is version \w+"):
        _ = reference.reader


def test_an_unknown_extractor_lists_the_known_ones(reference):
    with pytest.raises(UserError, match=rf"Unknown extractor 'dinosaur'\. Choose from: {min(EXTRACTORS)}"):
        _ = replace(reference, extractor="dinosaur").reader


def test_a_reader_has_gradients_whoever_opens_it_first(own, tmp_path):
    shutil.copyfile(own.file, tmp_path / FILE)
    loaded = load_reference(tmp_path)
    with torch.inference_mode():  # as while images are drawn
        _ = loaded.reader
    image = torch.zeros(1, loaded.channels, loaded.resolution, loaded.resolution, requires_grad=True)
    loaded.reader(image)[0].sum().backward()
    assert image.grad is not None


@pytest.mark.parametrize(("resolution", "channels"), [(16, 1), (8, 3)])
def test_images_of_another_size_or_colour_are_refused(reference, resolution, channels):
    reference.check_fits("faces", 8, 1)
    words = rf"faces generates {'grey' if channels == 1 else 'colour'} images of {resolution} pixels.*grey ones of 8\."
    with pytest.raises(UserError, match=words + ".*python -m trainer reference faces"):
        reference.check_fits("faces", resolution, channels)


def test_the_extractor_of_a_folder_travels_in_its_reference(own, tmp_path):
    shutil.copyfile(own.file, tmp_path / FILE)
    loaded = load_reference(tmp_path)
    assert loaded.extractor == "autoencoder"
    assert loaded.reader.version == loaded.version
    assert loaded.reader.heads == loaded.heads
    again = carried_by(loaded.reader)
    assert again.keys() == loaded.carried.keys()
    assert all(np.array_equal(again[name].ravel(), loaded.carried[name].ravel()) for name in again)
