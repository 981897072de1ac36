"""Strokes to pixels: facts that can be checked with a pencil. tests/web/raster.test.js: the page's are the same."""

import numpy as np
import pytest

from explorer.core.translation import raster
from explorer.core.translation.raster import Raster, in_channels
from explorer.core.translation.strokes import ERASER, FILL, MASK, PEN, SPAN, UNMASK, Stroke
from trainer.util.errors import UserError

SIDE = 16
PIXEL = SPAN // SIDE
RED, INK = (200, 30, 10), (10, 10, 10)
PAPER = (250, 240, 210)


def paper(side: int = SIDE) -> np.ndarray:
    return np.full((side, side, 3), PAPER, np.uint8)


def line(*points: tuple[int, int], tool: int = PEN, width: int = PIXEL, colour=RED) -> Stroke:
    return Stroke(tool, colour, width, points)


def test_a_line_covers_what_is_within_half_its_width():
    drawn = Raster(paper(), PAPER).draw([line((0, 8 * PIXEL), (SPAN, 8 * PIXEL), width=2 * PIXEL)]).image(False)
    assert (drawn[7:9] == RED).all()
    assert (drawn[:7] == PAPER).all()
    assert (drawn[9:] == PAPER).all()


def test_a_pixel_that_is_half_covered_has_the_colour_between_but_not_in_a_map():
    half = [line((0, 8 * PIXEL), (SPAN, 8 * PIXEL))]  # half a pixel to either side
    shades = Raster(paper(), PAPER).draw(half).image(False)
    assert (shades[7] == [(a + b) // 2 for a, b in zip(RED, PAPER, strict=True)]).all()
    flat = Raster(paper(), PAPER).draw(half).image(True)
    assert {tuple(colour) for colour in flat.reshape(-1, 3)} <= {RED, PAPER}


def test_what_is_drawn_last_lies_on_top_and_the_eraser_leads_to_the_paper():
    dot = line((8 * PIXEL, 8 * PIXEL), width=4 * PIXEL)
    over = Raster(paper(), PAPER).draw([dot, dot._replace(colour=INK)]).image(False)
    assert tuple(over[8, 8]) == INK
    assert (Raster(paper(), PAPER).draw([dot, dot._replace(tool=ERASER, width=256)]).image(False) == PAPER).all()


def test_a_fill_stays_within_its_outline():
    box = line((4 * PIXEL,) * 2, (12 * PIXEL, 4 * PIXEL), (12 * PIXEL,) * 2, (4 * PIXEL, 12 * PIXEL), (4 * PIXEL,) * 2)
    filled = Raster(paper(), PAPER).draw([box, Stroke(FILL, INK, 0, ((8 * PIXEL, 8 * PIXEL),))]).image(False)
    assert (filled[6:10, 6:10] == INK).all()
    assert (filled[0] == PAPER).all()
    assert (filled[:, -1] == PAPER).all()


def test_an_image_that_is_not_drawn_on_stays_as_it_is():
    image = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    assert np.array_equal(Raster(image, PAPER).image(False), image)
    assert np.array_equal(Raster(image, PAPER).image(True), image)


def test_the_mask_is_brushed_in_and_rubbed_out():
    marks = [line((0, 0), (SPAN, 0), tool=MASK, width=4 * PIXEL), line((SPAN, 0), tool=UNMASK, width=8 * PIXEL)]
    mask = Raster(paper(), PAPER).draw(marks).marked()
    assert mask.shape == (SIDE, SIDE, 1)
    assert (mask[:2, :8] == 255).all()
    assert not mask[2:].any()
    assert not mask[:, 13:].any()
    kept = Raster(paper(), PAPER, mask).marked()
    assert np.array_equal(kept, mask)


def test_grey_is_what_pil_makes_of_colour():
    from PIL import Image

    image = np.random.default_rng(1).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    assert np.array_equal(in_channels(image, 1)[..., 0], np.asarray(Image.fromarray(image).convert("L")))


def test_a_drawing_without_end_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(raster, "MAX_WORK", 10_000)
    with pytest.raises(UserError, match="takes too long"):
        Raster(paper(), PAPER).draw([line((0, 0), (SPAN, SPAN), width=256)] * 3)
