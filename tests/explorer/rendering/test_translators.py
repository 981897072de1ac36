"""Which translator Slide's big picture is sharpened by, and what the page is told of it."""

import shutil
from pathlib import Path

import pytest

from explorer.core.library import Library
from explorer.rendering.translators import network, sharpener
from tests.translators import make_sharpener, make_translator


@pytest.fixture
def library(tmp_path: Path, checkpoint) -> Library:
    """A generator, and a translator that enlarges nothing."""
    shutil.copytree(checkpoint("dcgan", 0), tmp_path / "faces")
    make_translator(tmp_path / "lines")
    return Library(tmp_path, tmp_path / "runs")


def made_for(library: Library, side: int = 0, channels: int = 0, data: str | None = None) -> dict | None:
    """What is offered for the generator once a sharpener for such images is there."""
    model = library.model("faces")
    data = model.info.data["name"] if data is None else data
    make_sharpener(library.checkpoints / "sharp", side or model.resolution, channels or model.channels, data)
    return sharpener(library, {"checkpoint": "faces"})["sharpener"]


def test_nothing_is_offered_where_no_sharpener_is(library):
    assert sharpener(library, {"checkpoint": "faces"}) == {"sharpener": None}


def test_the_one_that_fits_is_described_and_can_be_fetched(library):
    side, channels = (getattr(library.model("faces"), name) for name in ("resolution", "channels"))
    found = made_for(library)
    assert {name: found[name] for name in ("name", "scale", "resolution", "givenResolution", "givenChannels")} == {
        "name": "sharp",
        "scale": 4,
        "resolution": 4 * side,
        "givenResolution": side,
        "givenChannels": channels,
    }
    assert list(network(library, {"checkpoint": "sharp"})["networks"]) == ["translate"]


@pytest.mark.parametrize("other", [{"side": 8}, {"channels": 1}, {"data": "other pictures"}])
def test_one_of_another_size_colour_or_data_set_is_not_offered(library, other):
    assert made_for(library, **other) is None


def test_a_generator_that_is_gone_is_a_sentence(library):
    assert "no checkpoint 'none'" in sharpener(library, {"checkpoint": "none"})["error"]
