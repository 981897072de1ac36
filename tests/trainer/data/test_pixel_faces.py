"""Faces of pixel art: sharp at their own size, labelled by what they show, others held out."""

import numpy as np
import pytest

from trainer.data import DATASETS, load
from trainer.data.base import Request
from trainer.data.curated import HELD_OUT_START
from trainer.data.pixel_faces import FACES
from trainer.data.styles import rasterized
from trainer.util.errors import UserError

NAMES = [trait.name for trait in FACES.traits]


def test_a_pixel_of_the_drawing_is_a_pixel_of_the_image_or_a_square_of_them():
    for index in range(4):
        small, large = (FACES(index, side).pixels for side in (16, 48))
        assert np.array_equal(large, small.repeat(3, 0).repeat(3, 1))


def test_a_face_shows_its_background():
    backgrounds = list(FACES.traits[-1].values.values())
    for index in range(20):
        face = FACES(index, 16)
        assert "".join(f"{value:02x}" for value in face.pixels[0, 0]) == backgrounds[face.labels[-1]]


@pytest.mark.parametrize("dressed", [{}, {"hat": 1, "glasses": 1}, {"hat": 2, "glasses": 2}])
def test_every_value_can_be_told_from_the_pixels_whatever_the_face_wears(dressed):
    plain = tuple(dressed.get(name, 0) for name in NAMES)
    for number, trait in enumerate(FACES.traits):
        faces = [(*plain[:number], value, *plain[number + 1 :]) for value in range(len(trait.values))]
        drawn = {rasterized(FACES.svg(0, labels), 16).tobytes() for labels in faces}
        assert len(drawn) == len(trait.values), trait.name


@pytest.mark.slow
def test_held_out_faces_are_others(tmp_path):
    data = load("pixel-faces", resolution=16, data_dir=tmp_path, limit=3, held_out=True, progress=False)
    assert data.images.shape == (3, 16, 16, 3)
    assert data.licence.startswith("CC0")
    assert np.array_equal(data.images[2], FACES(HELD_OUT_START + 2, 16).pixels)


def test_an_argument_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"pixel-faces takes no argument, got 'large'\. Write just pixel-faces\."):
        DATASETS["pixel-faces"](Request("large", tmp_path, None))
