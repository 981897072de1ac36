"""Facts about videos, read back from the files: how many frames, how large, how long, and that pixels stay crisp."""

from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from explorer.core.video import MAX_FPS, VIDEO_FORMATS, export
from trainer.util.errors import UserError

RNG = np.random.default_rng(0)


def read(path, kind: str) -> np.ndarray:
    """All frames, uint8 (N, H, W, 3)."""
    if kind == "mp4":
        with av.open(str(path)) as video:
            return np.stack([frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)])
    with Image.open(path) as video:
        return np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(video)])


def flat(n: int, side: int, channels: int) -> np.ndarray:
    """n images of four plain quarters, which every kind of video can hold."""
    return RNG.integers(0, 256, (n, 2, 2, channels), dtype=np.uint8).repeat(side // 2, 1).repeat(side // 2, 2)


@pytest.mark.parametrize("kind", VIDEO_FORMATS)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_kind_keeps_number_size_and_pixels(kind, channels, tmp_path):
    images = flat(7, 64, channels)
    path = export(iter(images), tmp_path / "video", kind=kind, fps=10)
    frames = read(path, kind).astype(int)
    assert frames.shape == (7, 256, 256, 3)
    centres = frames[:, 2::4, 2::4]  # of the enlarged pixels
    off = np.abs(centres - images)
    if kind == "mp4":  # chroma at half the size blurs the edges of colours
        assert off.mean() < 4
    else:
        assert off.max() == 0
        assert np.array_equal(frames, centres.repeat(4, 1).repeat(4, 2))
    assert path == tmp_path / "video"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_gif_and_webp_start_over_for_ever(kind, tmp_path):
    with Image.open(export(flat(3, 64, 3), tmp_path / "video", kind=kind, fps=20)) as video:
        assert video.info["loop"] == 0
        video.load()
        assert video.info["duration"] == 50


def test_mp4_is_what_browsers_play(tmp_path):
    path = export(flat(6, 64, 1), tmp_path / "video", kind="mp4", fps=12)
    with av.open(str(path)) as video:
        stream = video.streams.video[0]
        assert (stream.codec.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 12
        assert stream.duration * stream.time_base == Fraction(6, 12)
    assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat")  # plays before it is all there


@pytest.mark.parametrize(
    ("side", "scale", "found"), [(28, 0, 280), (64, 8, 512), (300, 0, 300), (28, 3, 84), (7, 9, 63)]
)
@pytest.mark.parametrize("kind", VIDEO_FORMATS)
def test_sizes_grow_by_a_whole_factor_and_mp4_is_even(kind, side, scale, found, tmp_path):
    images = RNG.integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    frames = read(export(images, tmp_path / "video", kind=kind, scale=scale), kind)
    expected = found + found % 2 if kind == "mp4" else found
    assert frames.shape == (2, expected, expected, 3)


@pytest.mark.parametrize("kind", VIDEO_FORMATS)
def test_images_are_asked_for_as_they_are_written(kind, tmp_path):
    asked = []

    def counted():
        for image in flat(4, 16, 1):
            asked.append(len(asked))
            yield image

    export(counted(), tmp_path / "video", kind=kind)
    assert asked == [0, 1, 2, 3]


BAD = {
    "kind": ({"kind": "avi"}, "Unknown video format 'avi'. Choose from: gif, mp4, webp"),
    "no fps": ({"kind": "gif", "fps": 0}, "FPS are 0"),
    "wild fps": ({"kind": "gif", "fps": MAX_FPS + 1}, "choose from 1 to 50"),
    "negative scale": ({"kind": "gif", "scale": -1}, "choose from 1 to 128"),
    "huge scale": ({"kind": "mp4", "scale": 1000}, "Scale 1000 gives 16000 pixels"),
}


@pytest.mark.parametrize(("options", "sentence"), BAD.values(), ids=BAD)
def test_a_video_that_cannot_be_is_told_and_leaves_no_file(options, sentence, tmp_path):
    with pytest.raises(UserError, match=sentence):
        export(flat(2, 16, 1), tmp_path / "video", **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", VIDEO_FORMATS)
def test_no_images_and_a_failing_one_leave_no_file(kind, tmp_path):
    def failing():
        yield from flat(2, 16, 1)
        raise UserError("The model is gone.")

    with pytest.raises(UserError, match="no frame"):
        export([], tmp_path / "video", kind=kind)
    with pytest.raises(UserError, match="The model is gone"):
        export(failing(), tmp_path / "video", kind=kind)
    assert not list(tmp_path.iterdir())
