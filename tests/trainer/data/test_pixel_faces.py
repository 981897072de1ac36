"""Faces of pixel art: sharp at their own size, labelled by what they show, others held out."""

import numpy as np
import pytest

from trainer.data import DATASETS, load
from trainer.data.base import Request
from trainer.data.curated import HELD_OUT_START
from trainer.data.pixel_faces import FACES
from trainer.util.errors import UserError

NAMES = [trait.name for trait in FACES.traits]


def test_a_pixel_of_the_drawing_is_a_pixel_of_the_image_or_a_square_of_them():
    for index in range(4):
        small, large = (FACES(index, side).pixels for side in (16, 48))
        assert np.array_equal(large, small.repeat(3, 0).repeat(3, 1))


def test_a_face_shows_its_background_and_what_it_hides_is_unknown():
    backgrounds = list(FACES.traits[-1].values.values())
    hats, glasses = (list(FACES.traits[NAMES.index(name)].values) for name in ("hat", "glasses"))
    for index in range(60):
        face = FACES(index, 16)
        shown = dict(zip(NAMES, face.labels, strict=True))
        assert "".join(f"{value:02x}" for value in face.pixels[0, 0]) == backgrounds[shown["background"]]
        assert (shown["hair"] == -1) == (shown["hair colour"] == -1) == (hats[shown["hat"]] != "none")
        assert (shown["eyes"] == -1) == (glasses[shown["glasses"]] == "dark")
        assert {NAMES[i] for i, label in enumerate(face.labels) if label < 0} <= {"hair", "hair colour", "eyes"}


def test_every_value_changes_the_image():
    plain = (0,) * len(FACES.traits)
    for number, trait in enumerate(FACES.traits):
        drawings = {FACES.svg(0, (*plain[:number], value, *plain[number + 1 :])) for value in range(len(trait.values))}
        assert len(drawings) == len(trait.values), trait.name


@pytest.mark.slow
def test_held_out_faces_are_others(tmp_path):
    data = load("pixel-faces", resolution=16, data_dir=tmp_path, limit=3, held_out=True, progress=False)
    assert data.images.shape == (3, 16, 16, 3)
    assert data.licence.startswith("CC0")
    assert np.array_equal(data.images[2], FACES(HELD_OUT_START + 2, 16).pixels)


def test_an_argument_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"pixel-faces takes no argument, got 'large'\. Write just pixel-faces\."):
        DATASETS["pixel-faces"](Request("large", tmp_path, None))
