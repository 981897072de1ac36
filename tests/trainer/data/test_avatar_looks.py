"""Faces in another look: other people than those that are trained on, the same ones where they are held out."""

from pathlib import Path

import numpy as np
import pytest

from trainer.data import DATASETS, load
from trainer.data.avatar_looks import LOOKS, draw_look, dressed
from trainer.data.avatars import FACES
from trainer.data.base import Request
from trainer.util.errors import UserError

SIDE = 32


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_changes_the_colours_that_it_names_and_no_label(look):
    plain, other = FACES(3, SIDE), draw_look(look, 0, 3, SIDE)
    assert plain.labels == other.labels
    assert other.pixels.shape == plain.pixels.shape
    assert np.abs(plain.pixels.astype(int) - other.pixels).mean() > 20


@pytest.mark.parametrize("look", LOOKS)
def test_each_value_of_a_trait_has_a_colour_of_its_own(look):
    lengths = {trait.name: len(trait.values) for trait in FACES.traits}
    for trait, colours in LOOKS[look].colours.items():
        assert len(colours) == len({*colours}) == lengths[trait]


def test_eyes_glow_whatever_they_do():
    eyes = next(i for i, trait in enumerate(FACES.traits) if trait.option == "eyesVariant")
    seen = set()
    for number in range(40):
        labels = FACES.picked(number)
        seen.add(labels[eyes])
        assert f"#{LOOKS['zombies'].eyes}" in dressed(FACES.svg(number, labels), LOOKS["zombies"])
    assert seen == {*range(len(FACES.traits[eyes].values))}


def test_those_to_train_on_are_others_and_those_held_out_the_same():
    faces, zombies = DATASETS["avatars"], DATASETS["avatar-looks"]
    place = Path("data")
    trained = [source(Request("", place, None)).draw(0, SIDE).labels for source in (faces, zombies)]
    held_out = [source(Request("", place, None, held_out=True)).draw(0, SIDE).labels for source in (faces, zombies)]
    assert trained[0] != trained[1]
    assert held_out[0] == held_out[1]


def test_an_unknown_look_names_those_that_there_are(tmp_path):
    with pytest.raises(UserError, match=r"no look 'ghosts' of avatars\. Choose avatar-looks:zombies"):
        load("avatar-looks:ghosts", resolution=SIDE, data_dir=tmp_path)
