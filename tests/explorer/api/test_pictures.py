"""Several pictures as one: where each of them lies."""

import numpy as np
from PIL import Image

from explorer.api.pictures import GREY, above, grid, mosaic, preview


def square(side: int, colour: tuple[int, int, int]) -> Image.Image:
    return Image.new("RGB", (side, side), colour)


RED, BLUE, NOTHING = (255, 0, 0), (0, 0, 255), (GREY,) * 3


def test_a_grid_goes_on_in_the_next_row():
    found = grid([square(2, RED), square(2, BLUE), Image.new("L", (2, 2), 255)], columns=2)
    assert found.size == (4, 4)
    places = [found.getpixel(at) for at in ((0, 0), (2, 0), (0, 2), (3, 3))]
    assert places == [RED, BLUE, (255, 255, 255), NOTHING]


def test_smaller_images_are_enlarged_until_they_stand_below_each_other():
    found = above([square(2, RED), square(5, BLUE)])
    assert found.size == (5, 9)  # 2 becomes 4, the largest whole factor that fits
    assert [found.getpixel(at) for at in ((3, 3), (4, 3), (0, 4))] == [RED, NOTHING, BLUE]


def test_a_checkpoint_without_a_preview_is_grey():
    assert preview("", 3).getcolors() == [(9, NOTHING)]


def test_a_few_images_are_one_row():
    assert mosaic(np.zeros((3, 4, 4, 1), np.uint8)).size == (12, 4)
    assert mosaic(np.zeros((9, 4, 4, 1), np.uint8)).size == (32, 8)
