"""A visitor's file: whatever it is, pixels or one sentence."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from explorer.core import picture
from trainer.util.errors import UserError


def saved(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


RED = Image.new("RGB", (40, 20), (200, 10, 20))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (saved(RED), (200, 10, 20)),
        (saved(Image.new("RGBA", (20, 20), (0, 0, 0, 0))), (255, 255, 255)),  # transparent: over white
        (saved(Image.fromarray(np.full((20, 20), 65535, np.uint16))), (255, 255, 255)),  # 16 bits
        (saved(Image.new("L", (20, 20), 90)), (90, 90, 90)),
        (saved(Image.new("RGB", (20, 20), "blue"), "GIF", save_all=True, append_images=[RED]), (0, 0, 255)),
    ],
)
def test_every_mode_becomes_rgb(data: bytes, expected: tuple[int, int, int]):
    assert picture.decoded(data).getpixel((5, 5)) == expected


def test_cmyk_becomes_rgb():
    image = picture.decoded(saved(Image.new("CMYK", (20, 20), (0, 255, 255, 0)), "JPEG"))
    assert np.allclose(image.getpixel((9, 9)), (255, 0, 0), atol=8)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "cannot be opened: empty"),
        (b"hello, this is no picture", "cannot be opened: not an image"),
        (saved(Image.effect_noise((200, 200), 50))[:2000], "cannot be opened: truncated"),
        (saved(Image.new("RGB", (3, 200))), "has 3 x 200 pixels; at least 8"),
        (saved(Image.new("1", (9000, 8000))), "decompression bomb|more than"),
    ],
)
def test_what_is_no_sound_picture_is_one_sentence(data: bytes, sentence: str):
    with pytest.raises(UserError, match=sentence) as refused:
        picture.decoded(data)
    assert str(refused.value).count("\n") == 0


def test_text_that_is_no_base64_or_too_long_is_refused():
    assert picture.data_of(base64.b64encode(b"abc").decode(), "picture") == b"abc"
    with pytest.raises(UserError, match="did not arrive whole"):
        picture.data_of("%%%", "picture")
    with pytest.raises(UserError, match="larger than 5 MB"):
        picture.data_of("A" * 7_000_000, "picture")


def test_the_square_in_the_middle_is_taken_at_the_models_size_and_channels():
    wide = Image.new("RGB", (60, 20), "white")
    wide.paste((0, 0, 0), (20, 0, 40, 20))
    assert (picture.fitted(wide, 8, 3) == 0).all()
    assert picture.fitted(RED, 16, 1).shape == (16, 16, 1)


def test_the_brushs_drawing_says_what_is_hidden():
    drawing = Image.new("L", (32, 32), 0)
    assert picture.hidden_part(drawing, 8) is None
    drawing.paste(255, (0, 0, 16, 32))
    hidden = picture.hidden_part(drawing, 8)
    assert hidden[:, :4].all()
    assert not hidden[:, 4:].any()


def test_a_large_picture_is_shown_small():
    assert picture.looked_at(Image.new("RGB", (4000, 1000))).size == (1024, 256)
    assert picture.looked_at(RED) is RED
