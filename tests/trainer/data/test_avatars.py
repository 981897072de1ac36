"""Faces that are drawn: the same ones again, others held out, each style with its licence."""

import json

import numpy as np
import pytest

from trainer.data import DATASETS, load
from trainer.data.avatars import FACES
from trainer.data.base import Request
from trainer.data.curated import COUNT, HELD_OUT_COUNT, HELD_OUT_START
from trainer.data.drawing import CHUNK, drawn_images
from trainer.util.errors import UserError


@pytest.mark.slow
def test_held_out_faces_are_others_than_those_trained_on(tmp_path):
    seen, unseen = (
        load("avatars", resolution=32, data_dir=tmp_path, limit=12, held_out=held_out, progress=False)
        for held_out in (False, True)
    )
    assert seen.attributes == unseen.attributes
    assert seen.fingerprint != unseen.fingerprint
    assert not {image.tobytes() for image in seen.images} & {image.tobytes() for image in unseen.images}
    start = HELD_OUT_START
    assert start > COUNT
    face = FACES(start + 3, 32)
    assert np.array_equal(unseen.images[3], face.pixels)
    assert tuple(unseen.labels[3]) == face.labels


def test_as_many_faces_are_held_out_as_the_source_says(tmp_path):
    counts = [DATASETS["avatars"](Request("", tmp_path, None, held_out)).count for held_out in (False, True)]
    assert counts == [COUNT, HELD_OUT_COUNT]


@pytest.mark.slow
def test_held_out_images_of_another_style_are_others_too(tmp_path):
    drawn = [DATASETS["avatars"](Request("pixel-art", tmp_path, 4, held_out)) for held_out in (False, True)]
    assert drawn[0].key != drawn[1].key
    seen, unseen = (source.draw(0, 16).pixels for source in drawn)
    assert not np.array_equal(seen, unseen)


@pytest.mark.slow
def test_the_same_avatars_are_drawn_twice(tmp_path):
    once, again = (
        load("avatars", resolution=32, data_dir=tmp_path / place, limit=8, progress=False) for place in ("a", "b")
    )
    assert once.images.tobytes() == again.images.tobytes()
    assert np.array_equal(once.labels, again.labels)
    assert len({image.tobytes() for image in once.images}) == 8
    sizes = np.array([len(a.values) for a in once.attributes])
    assert ((once.labels >= -1) & (once.labels < sizes)).all()
    assert "Pablo Stanley" in once.credit
    assert once.licence.startswith("Free for personal and commercial use")


@pytest.mark.slow
def test_avatars_drawn_by_two_processes_are_those_drawn_by_one(tmp_path):
    made = DATASETS["avatars"](Request("", tmp_path, CHUNK + 6))
    serial, parallel = (list(drawn_images(made, 16, workers)) for workers in (1, 2))
    assert len(serial) == CHUNK + 6
    assert all(
        np.array_equal(s.pixels, p.pixels) and s.labels == p.labels for s, p in zip(serial, parallel, strict=True)
    )


def test_an_avatar_shows_its_background_and_hides_eyes_behind_sunglasses_only():
    traits = {t.name: i for i, t in enumerate(FACES.traits)}
    backgrounds = list(FACES.traits[traits["background"]].values.values())
    sunglasses = list(FACES.traits[traits["glasses"]].values).index("sunglasses")
    drawn = [FACES(i, 16) for i in range(24)]
    for image in drawn:
        corner = "".join(f"{value:02x}" for value in image.pixels[0, 0])
        assert corner == backgrounds[image.labels[traits["background"]]]
        assert (image.labels[traits["eyes"]] == -1) == (image.labels[traits["glasses"]] == sunglasses)
    assert any(p.labels[traits["glasses"]] == sunglasses for p in drawn)


@pytest.mark.slow
def test_other_avatar_styles_bring_their_licence(tmp_path):
    data = load("avatars:pixel-art", resolution=16, data_dir=tmp_path, limit=4, progress=False)
    assert data.licence.startswith("CC0")
    assert data.images.shape == (4, 16, 16, 3)
    assert data.labels.shape == (4, len(data.attributes))
    assert json.loads(next(tmp_path.glob("packed/*/meta.json")).read_text())["name"] == "avatars:pixel-art"


def test_an_unknown_avatar_style_lists_the_known_ones(tmp_path):
    with pytest.raises(UserError, match=r"no-such.*open-peeps"):
        load("avatars:no-such", resolution=16, data_dir=tmp_path)
