"""Facts about images of more than 8 bits: which of their values are black and white."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.data import load
from trainer.data.ranges import parsed, range_of
from trainer.util.errors import UserError


def deep_png(values: np.ndarray) -> bytes:
    """A PNG of 16 bits a channel, (H, W, C) uint16; Pillow itself writes such only in grey."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, channels = values.shape
    head = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def saved(folder: Path, *arrays: np.ndarray, suffix: str = ".tif") -> Path:
    folder.mkdir()
    for number, values in enumerate(arrays):
        file = folder / f"{number}{suffix}"
        if values.ndim == 3:
            file.write_bytes(deep_png(values))
        else:
            Image.fromarray(values).save(file)
    return folder


def loaded(path: Path | str, tmp_path: Path):
    return load(str(path), resolution=8, data_dir=tmp_path / "data", progress=False)


def halves(dark: float, light: float, kind) -> np.ndarray:
    """8 x 8: the upper half of one value, the lower of the other."""
    return np.repeat(np.array([dark, light], dtype=kind), 32).reshape(8, 8)


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("whole", (0, 65535), (0, 65535)),
        ("whole", (0, 40000), (0, 65535)),
        ("whole", (3, 4095), (0, 4095)),
        ("whole", (0, 4096), (0, 4096)),
        ("whole", (0, 1000), (0, 1023)),
        ("whole", (0, 255), (0, 255)),
        ("whole", (0, 1), (0, 1)),
        ("whole", (0, 10), (0, 10)),
        ("whole", (0, 100_000), (0, 100_000)),
        ("whole", (0, 2**31 - 1), (0, 2**31 - 1)),
        ("whole", (-1024, 3071), (-1024, 3071)),
        ("whole", (60_000, 60_100), (60_000, 60_100)),
        ("whole", (4095, 4095), (0, 4095)),
        ("whole", (0, 0), (0, 1)),
        ("float", (0, 1), (0, 1)),
        ("float", (-0.02, 1.03), (0, 1)),
        ("float", (0, 0.1), (0, 0.1)),
        ("float", (-1, 1), (-1, 1)),
        ("float", (0, 255), (0, 255)),
        ("float", (0, 256), (0, 255)),
        ("float", (0, 300), (0, 300)),
        ("float", (0, 65535), (0, 65535)),
        ("float", (0, 4000), (0, 4000)),
        ("float", (-500, 1500), (-500, 1500)),
        ("float", (-5, -5), (-5, -4)),
    ],
)
def test_the_usual_range_that_the_values_fill_is_theirs(kind, values, expected):
    assert range_of(kind, *values) == expected


@pytest.mark.parametrize("top", [1, 10, 64, 255, 256, 1023, 1024, 4095, 4096, 16384, 40000, 65535])
@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.float32])
def test_no_set_becomes_nearly_black_and_none_is_scaled_in_silence(kind, top, tmp_path):
    data = loaded(saved(tmp_path / "own", halves(0, top, kind), halves(0, top, kind)), tmp_path)
    assert data.images[:, -1].min() > 127
    assert data.images[:, 0].max() == 0
    assert f"from 0 to {top}: 0 is shown as black" in data.notes[0]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_colours_of_16_bits_keep_12_of_them(channels, tmp_path):
    values = np.full((8, 8, channels), 2048, dtype=np.uint16)
    values[0] = values[:, :, 3:] = 4095
    if channels == 2:
        values[:, :, 1] = 4095
    data = loaded(saved(tmp_path / "own", values, values, suffix=".png"), tmp_path)
    assert (data.images[:, 0] == 255).all()
    assert (data.images[:, 1:] == 128).all()


def test_the_range_is_of_the_set_and_not_of_each_image(tmp_path):
    dim, bright = halves(0, 255, np.float32), halves(0, 510, np.float32)
    data = loaded(saved(tmp_path / "own", dim, bright), tmp_path)
    assert data.images[:, -1, 0, 0].tolist() == [128, 255]


def test_images_of_8_bits_beside_deep_ones_stay_what_they_are(tmp_path):
    folder = saved(tmp_path / "own", halves(0, 4095, np.uint16), halves(0, 100, np.uint8))
    assert loaded(folder, tmp_path).images[:, -1, 0, 0].tolist() == [255, 100]


@pytest.mark.parametrize("way", [":range=0-8190", ":pad:range=0..8190", ":range=0,8190:stretch"])
def test_a_range_can_be_given(way, tmp_path):
    folder = saved(tmp_path / "own", halves(0, 4095, np.uint16), halves(0, 4095, np.uint16))
    given, found = loaded(f"{folder}{way}", tmp_path), loaded(folder, tmp_path)
    assert given.images[:, -1, 0, 0].tolist() == [128, 128]
    assert given.fingerprint != found.fingerprint


def test_a_range_for_images_of_8_bits_is_told_to_change_nothing(tmp_path):
    folder = saved(tmp_path / "own", halves(0, 100, np.uint8), halves(0, 100, np.uint8))
    data = loaded(f"{folder}:range=0-1", tmp_path)
    assert data.images.max() == 100
    assert "the range 0 to 1 has no effect" in data.notes[0]


@pytest.mark.parametrize("text", ["range=", "range=abc", "range=5-1", "range=3-3", "range=0-1e999", "range=0-nan"])
def test_a_range_that_is_none_is_a_sentence(text, tmp_path):
    folder = saved(tmp_path / "own", halves(0, 100, np.uint8), halves(0, 100, np.uint8))
    with pytest.raises(UserError, match="is not a range of values"):
        loaded(f"{folder}:{text}", tmp_path)


def test_a_range_may_begin_below_zero():
    assert parsed("range=-1-1") == parsed("range=-1..1") == (-1, 1)
    assert parsed("range=-1000--2.5e1") == (-1000, -25)


def test_one_hot_pixel_that_makes_the_rest_black_is_told(tmp_path):
    values = halves(0, 1000, np.uint16)
    big = np.tile(values, (8, 8))
    big[0, 0] = 65535
    data = loaded(saved(tmp_path / "own", big, big), tmp_path)
    assert "nearly black: 99 % of their values are below 1000" in data.notes[0]


def test_what_is_no_number_is_told_and_an_image_of_nothing_else_is_broken(tmp_path):
    some = halves(0, 1, np.float32)
    some[0, 0], some[0, 1] = np.nan, np.inf
    folder = saved(tmp_path / "own", some, some, np.full((8, 8), np.nan, dtype=np.float32))
    data = loaded(folder, tmp_path)
    assert len(data) == 2
    assert data.images[0, 0, :2, 0].tolist() == [0, 255]
    assert "2 images have NaN or infinite values; NaN is shown as black" in data.notes
    assert data.notes[-1].endswith("2.tif (all of its values are NaN or infinite)")


def test_a_deep_image_is_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 3
    (tmp_path / "own").mkdir()
    values = halves(0, 65535, np.uint16)
    for name, options in (("a.png", {}), ("b.png", {"exif": exif})):
        file = io.BytesIO()
        Image.fromarray(values).save(file, "PNG", **options)
        (tmp_path / "own" / name).write_bytes(file.getvalue())
    upright, turned = loaded(tmp_path / "own", tmp_path).images
    assert np.array_equal(turned, upright[::-1, ::-1])


@pytest.mark.parametrize(
    ("kind", "code", "minimum", "maximum"),
    [(np.int8, 2, -128, 127), (np.uint32, 1, 0, 2**32 - 1)],
    ids=["8 bits with a sign", "32 bits without one"],
)
def test_brighter_stays_brighter_where_pillow_does_not_look_at_the_sign(tmp_path: Path, kind, code, minimum, maximum):
    """Five even images from the least to the most value: black, three greys, white."""
    (tmp_path / "own").mkdir()
    for number, value in enumerate(np.linspace(minimum, maximum, 5).round()):
        pixels = np.full((8, 8), value, kind).view(np.uint8 if kind is np.int8 else np.int32)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "TIFF", tiffinfo={339: code})
        tag = [struct.pack("<HHIHH", 339, 3, 1, said, 0) for said in (2, code)]  # Pillow writes 2 for 32 bits
        (tmp_path / "own" / f"{number}.tif").write_bytes(buffer.getvalue().replace(*tag))
    images = load(str(tmp_path / "own"), resolution=8, data_dir=tmp_path / "data").images
    assert images[:, 0, 0, 0].astype(int) == pytest.approx([0, 64, 128, 191, 255], abs=1)
