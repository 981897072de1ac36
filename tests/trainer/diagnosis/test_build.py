"""A reference made from images: once, in halves, with groups where there are no classes."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from trainer.data import DATASETS, load
from trainer.data.base import LabelledImage, Source
from trainer.diagnosis import load_reference, reference_build, reference_file
from trainer.diagnosis.reference import FILE
from trainer.diagnosis.reference_build import halves, part
from trainer.features import EXTRACTORS
from trainer.features.feature_set import extract
from trainer.features.pixels import as_images
from trainer.util.errors import UserError
from trainer.util.images import thumbnails


@pytest.fixture
def loaded(tmp_path):
    """(file) -> the Reference in it."""

    def loaded(file):
        shutil.copyfile(file, tmp_path / FILE)
        return load_reference(tmp_path)

    return loaded


def silent(text: str) -> None:
    """Nobody listens."""


def test_a_folder_is_halved_and_its_classes_are_read(own, loaded):
    reference = loaded(own.file)
    assert (reference.data, reference.dataset_size) == ("images", 450)
    assert (reference.resolution, reference.channels) == (16, 3)
    assert reference.unseen is False
    assert (len(reference.real), len(reference.seen)) == (225, 225)
    assert reference.seen_share == 0.5
    assert [(head.name, head.values) for head in reference.heads] == [("class", ("dusk", "noon"))]
    assert reference.counts[0].sum() == 225
    assert reference.counts[0] == pytest.approx([112.5, 112.5], abs=5)  # read off the pixels: dark or bright
    assert reference.thumbs.shape == (225, 16, 16, 3)
    assert list(reference.nulls) == [112]
    assert {len(values) for values in reference.nulls[112].values()} == {8}


def test_its_features_are_those_of_its_own_reader(own, loaded):
    """The images are in another order in the reference, but they are the same ones."""
    reference = loaded(own.file)
    _, unseen, _ = halves(str(own.images), 16, own.data_dir, None)
    found = extract(reference.reader, as_images(unseen.images), reference.space)
    order, kept = (np.lexsort(np.round(array[:, :1], 0).T) for array in (found.pixels, reference.real.pixels))
    assert found.pixels[order].sum(0) == pytest.approx(reference.real.pixels[kept].sum(0), abs=0.5)
    ours = np.linalg.norm(found.features[:, None] - reference.real.features, axis=2).min(1)
    assert ours.max() < 0.02 * np.linalg.norm(found.features, axis=1).mean()


def test_thumbnails_and_features_are_of_the_same_images(own, loaded):
    reference = loaded(own.file)
    bright = reference.thumbs.mean((1, 2, 3)) > 127
    assert (reference.real.labels(0) == bright).mean() > 0.95
    drawn = reference.space.images(reference.real.pixels).mean((1, 2, 3)) > 127
    assert (drawn == bright).all()


def test_the_second_time_no_work_is_done(own, monkeypatch):
    def work(*arguments, **options):
        raise AssertionError("worked twice")

    before = own.file.read_bytes()
    monkeypatch.setattr(reference_build, "build_reference", work)
    messages = []
    with EXTRACTORS.replaced("autoencoder", EXTRACTORS["autoencoder"]._replace(fit=work)):
        again = reference_file(str(own.images), resolution=16, data_dir=own.data_dir, tell=messages.append)
    assert again == own.file
    assert messages == []
    assert again.read_bytes() == before


@pytest.mark.slow
def test_another_resolution_or_number_of_images_is_another_file(own, tmp_path, quick):
    places = {"resolution": 8, "data_dir": tmp_path / "data", "tell": silent}
    files = [reference_file(str(own.images), **places, limit=limit) for limit in (None, 404)]
    assert len({file.name for file in (*files, own.file)}) == 3


@pytest.mark.slow
def test_without_classes_there_are_groups(painted, tmp_path, quick, loaded):
    images = painted(tmp_path / "plain", ("one",), 400, 8)
    messages = []
    file = reference_file(str(images), resolution=8, data_dir=tmp_path / "data", tell=messages.append)
    reference = loaded(file)
    assert [head.name for head in reference.heads] == ["group"]
    assert reference.heads[0].values == tuple(map(str, range(1, 11)))  # 200 images, 20 a group
    assert reference.counts[0].sum() == 200
    assert reference.reader.version == reference.version
    assert len(messages) == 2
    assert "training a feature extractor on plain" in messages[0]
    assert "building the reference of plain" in messages[1]
    again = extract(reference.reader, as_images(load(str(images), resolution=8, data_dir=tmp_path / "data").images))
    assert again.probabilities[0].shape == (400, 10)


@pytest.mark.slow
def test_one_class_among_loose_images_makes_a_reference_that_can_evaluate(painted, tmp_path, quick, loaded):
    from trainer.diagnosis import diagnose

    images = painted(tmp_path / "mixed", ("one",), 400, 8)
    for file in sorted((images / "one").iterdir())[::2]:
        file.rename(images / file.name)
    reference = loaded(reference_file(str(images), resolution=8, data_dir=tmp_path / "data", tell=silent))
    assert diagnose(reference, reference.real).verdict.kind


def test_too_few_images_are_told_before_anything_is_trained(images, tmp_path, monkeypatch):
    messages = []
    with pytest.raises(UserError, match=r"leaves 12 real images to compare with; a diagnosis needs at least 200"):
        reference_file(str(images), resolution=8, data_dir=tmp_path, tell=messages.append)
    assert messages == []


def test_an_unknown_extractor_lists_the_known_ones(own):
    with pytest.raises(UserError, match=rf"Unknown extractor 'nobody'\. Choose from: {', '.join(sorted(EXTRACTORS))}"):
        reference_file(str(own.images), resolution=16, data_dir=own.data_dir, extractor="nobody")


@pytest.mark.slow
def test_another_extractor_may_be_named(own, tmp_path, quick, loaded):
    data_dir = tmp_path / "data"
    file = reference_file(str(own.images), resolution=16, data_dir=data_dir, extractor="avatars", tell=silent)
    reference = loaded(file)
    assert reference.extractor == "avatars"
    assert len(reference.heads) == 9
    assert reference.carried == {}


@pytest.mark.slow
def test_held_out_images_are_the_real_side_where_there_are_any(tmp_path, monkeypatch, quick, loaded):
    """Seen images are dark, held-out ones are bright."""

    def source(request):
        tone = 200 if request.held_out else 0
        rng = np.random.default_rng(tone)
        noise = rng.integers(0, 50, (260, 8, 8, 1), dtype=np.uint8)
        return Source(
            "tones",
            260,
            1,
            (),
            "",
            "",
            f"tones-{tone}",
            lambda i, resolution: LabelledImage(noise[i] + np.uint8(tone), ()),
        )

    monkeypatch.setitem(DATASETS, "tones", source)
    reference = loaded(reference_file("tones", resolution=8, data_dir=tmp_path / "data", tell=silent))
    assert reference.unseen is True
    assert (reference.dataset_size, len(reference.seen), len(reference.real)) == (260, 260, 260)
    assert reference.seen_share == 1
    assert reference.thumbs.mean() == pytest.approx(224.5, abs=3)
    drawn = reference.space.images(reference.seen)
    assert drawn.mean() == pytest.approx(24.5, abs=3)


def test_halves_share_no_image_and_make_up_the_whole(own):
    seen, unseen, apart = halves(str(own.images), 16, own.data_dir, None)
    assert apart is False
    whole = load(str(own.images), resolution=16, data_dir=own.data_dir)
    there, here = ({image.tobytes() for image in half.images} for half in (seen, unseen))
    assert not there & here
    assert there | here == {image.tobytes() for image in whole.images}
    assert len({seen.fingerprint, unseen.fingerprint, whole.fingerprint}) == 3


def test_a_part_of_a_data_set_has_a_name_of_its_own(squares, tiny):
    data = squares(tiny(), n=10)
    assert part(data, slice(None)) is data
    odd = part(data, slice(1, None, 2))
    assert np.array_equal(odd.images, data.images[1::2])
    assert np.array_equal(odd.labels, data.labels[1::2])
    assert odd.fingerprint != data.fingerprint != part(data, slice(0, None, 2)).fingerprint != odd.fingerprint


@pytest.mark.slow
def test_a_damaged_extractor_is_trained_again(own, tmp_path, quick):
    data_dir = tmp_path / "data"
    (file,) = (own.data_dir / "extractors").iterdir()
    (data_dir / "extractors").mkdir(parents=True)
    (data_dir / "extractors" / file.name).write_bytes(file.read_bytes()[:-9])
    messages = []
    reference_file(str(own.images), resolution=16, data_dir=data_dir, tell=messages.append)
    assert "training a feature extractor" in messages[0]


def test_large_thumbnails_are_averaged_to_32_pixels():
    tones = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 64, 64, 3), np.uint8)
    assert thumbnails(tones, 32).shape == (5, 32, 32, 3)
    assert (thumbnails(tones, 32)[:, 0, 0, 0] == np.arange(5)).all()
    assert thumbnails(tones[:, :16, :16], 32).shape == (5, 16, 16, 3)


def test_a_null_says_what_its_own_real_images_give(own, loaded):
    """The images of `own` in halves of 112 lie around the healthy means."""
    from trainer.diagnosis.context import compare

    reference = loaded(own.file)
    real = replace(reference.real)
    figures = compare(real.take(slice(0, 112)), real.take(slice(112, 224))).figures
    assert figures.keys() == reference.nulls[112].keys()
    for name in ("precision", "recall", "pixel_precision", "nn_real", "vendi"):
        values = reference.nulls[112][name]
        assert figures[name] == pytest.approx(values.mean(), abs=float(8 * values.std() + 1e-3))
