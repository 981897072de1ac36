"""Pairs of drawings and faces: both sides belong together, and packing keeps them so."""

import json

import numpy as np
import pytest

from trainer.data import load
from trainer.data.avatar_pairs import DARKER, KINDS, PARTS, draw_pair
from trainer.data.avatars import FACES
from trainer.util.errors import UserError

COLOURS = {value: name for name, value in PARTS.items()}


def parts_of(image: np.ndarray) -> dict[str, int]:
    """Pixels of each part that a map shows."""
    values, counts = np.unique(image.reshape(-1, 3), axis=0, return_counts=True)
    return {COLOURS[tuple(value)]: count for value, count in zip(values.tolist(), counts.tolist(), strict=True)}


@pytest.mark.parametrize("kind", KINDS)
def test_the_face_of_a_pair_is_the_one_of_its_number(kind):
    pair, face = draw_pair(kind, 100, 3, 32), FACES(103, 32)
    assert np.array_equal(pair.pixels, face.pixels)
    assert pair.labels == face.labels
    assert pair.given.shape == (32, 32, 3)


def test_a_part_map_holds_the_parts_that_the_face_has_and_no_other_colour():
    names = [trait.name for trait in FACES.traits]
    for number in range(12):
        pair = draw_pair("parts", 0, number, 64)
        found, labels = parts_of(pair.given), dict(zip(names, pair.labels, strict=True))
        assert {"background", "skin", "hair", "clothes", "mouth"} <= found.keys()
        assert ("glasses" in found) == (labels["glasses"] > 0)
        assert ("facial hair" in found) == (labels["facial hair"] > 0)


def test_lines_are_drawn_in_the_pencils_of_the_parts_on_paper_of_the_background():
    background = next(trait for trait in FACES.traits if trait.name == "background")
    for number in range(4):
        pair = draw_pair("lines", 0, number, 64)
        paper = KINDS["lines"].papers[list(background.values)[pair.labels[-1]]]
        assert np.array_equal(pair.given[0, 0], paper)
        assert (pair.given == paper).all(-1).mean() > 0.5
        face, line = pair.pixels[63, 32], pair.given.reshape(-1, 3)
        clothes = np.round(DARKER * face.astype(float))
        assert np.abs(line - clothes).sum(-1).min() < 40


def test_packing_keeps_what_each_image_is_made_from(tmp_path):
    data = load("avatar-pairs:parts", resolution=16, limit=5, data_dir=tmp_path, progress=False)
    assert (data.paired, data.given) == (True, KINDS["parts"])
    for row in range(5):
        pair = draw_pair("parts", 0, row, 16)
        assert np.array_equal(data.images[row], pair.pixels)
        assert np.array_equal(data.given_images[row], pair.given)
    assert load("avatar-pairs:lines", resolution=16, limit=5, data_dir=tmp_path, progress=False).given == KINDS["lines"]


@pytest.mark.parametrize("damage", [{"channels": 2}, {"palette": {"skin": [1, 2, 300]}}, {"palette": None}, {}])
def test_a_damaged_record_of_pairs_is_one_sentence(tmp_path, damage):
    load("avatar-pairs:parts", resolution=16, limit=4, data_dir=tmp_path, progress=False)
    (meta,) = tmp_path.glob("packed/*/meta.json")
    record = json.loads(meta.read_text())
    record["given"] |= damage
    meta.write_text(json.dumps(record))
    if not damage:
        np.save(meta.parent / "given.npy", np.zeros((3, 16, 16, 3), np.uint8))
    with pytest.raises(UserError, match="is damaged"):
        load("avatar-pairs:parts", resolution=16, limit=4, data_dir=tmp_path, progress=False)


def test_an_unknown_kind_of_pairs_lists_the_known_ones(tmp_path):
    with pytest.raises(UserError, match="Choose avatar-pairs:lines or avatar-pairs:parts"):
        load("avatar-pairs:clay", resolution=16, data_dir=tmp_path)
