"""Facts about what else lies in a folder or zip: other kinds of files, odd names, links, bombs."""

import io
import os
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.trainer.data.images import written
from trainer.data import load
from trainer.data.listing import LONGEST, list_zip, safe, shortened
from trainer.util.errors import UserError

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)


def image(kind: str = "PNG", size: tuple[int, int] = (16, 16), color=(255, 0, 0), **options) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, kind, **options)
    return file.getvalue()


def zip_of(path: Path, files: list[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return path


def loaded(path: Path | str, tmp_path: Path, resolution: int = 8, **options):
    return load(str(path), resolution=resolution, data_dir=tmp_path / "data", progress=False, **options)


def classes(data) -> tuple[str, ...]:
    return data.attributes[0].values if data.attributes else ()


TWO = {"a.png": image(), "b.png": image()}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("PPM", "x.ppm"), ("JPEG2000", "x.jp2"), ("JPEG2000", "x.j2k"), ("PNG", "x"), ("JPEG", "x.jpg?size=large"),
        ("WEBP", "x.txt"), ("AVIF", "x.bin"), ("GIF", "x.foo"), ("TIFF", "x.dat"), ("BMP", "x.PNG"), ("QOI", "x.qoi"),
        ("SGI", "x.rgb"), ("PCX", "x.pcx"), ("ICO", "x.ico"),
    ],
)  # fmt: skip
def test_an_image_is_known_by_its_contents(kind, name, tmp_path):
    data = loaded(written(tmp_path / "own", TWO | {name: image(kind)}), tmp_path)
    assert len(data) == 3
    assert np.abs(data.images[:, :, :, 0].astype(int) - 255).max() < 6


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"\xff\x0a" + bytes(50), "JPEG XL"), (b"v/1\x01" + bytes(50), "OpenEXR"), (b"#?RADIANCE\n", "Radiance HDR"),
        (b"%!PS-Adobe-3.0 EPSF", "PostScript"), (bytes(128) + b"DICM", "DICOM"), (b"gimp xcf v011", "XCF"),
        (b'<?xml version="1.0"?><svg>', "SVG"), (b"SIMPLE  =  T", "FITS"),
    ],
)  # fmt: skip
def test_an_image_that_cannot_be_decoded_is_told_by_its_kind(head, message, tmp_path):
    data = loaded(written(tmp_path / "own", TWO | {"x": head}), tmp_path)
    assert len(data) == 2
    assert f"1 {message}" in data.notes[0] or f"1 GIMP's {message}" in data.notes[0]
    assert data.notes[-1].startswith("1 of 3 files could not be read: x (")


def test_a_class_of_heic_alone_is_read_or_told(tmp_path):
    files = {f"{name}/{i}.png": image() for name in ("cat", "dog") for i in range(2)}
    folder = written(tmp_path / "own", files | {f"eel/{i}.HEIC": HEIC for i in range(7)})
    data = loaded(folder, tmp_path)
    assert classes(data) == ("cat", "dog")
    assert "left out as classes, as no image could be used: eel" in data.notes
    assert any(note.startswith("7 of 11 files could not be read: eel/0.HEIC (") for note in data.notes)


def test_heic_is_read_where_its_plug_in_is_installed(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    folder = written(tmp_path / "own", TWO)
    heif.from_pillow(Image.new("RGB", (16, 16), (255, 0, 0))).save(folder / "x.heic")
    assert len(loaded(folder, tmp_path)) == 3


def test_files_that_are_no_images_are_counted_by_kind(tmp_path):
    litter = {"Thumbs.db": b"\xd0\xcf", ".DS_Store": b"x", "__MACOSX/._a.png": b"x", "a.json": b"{}", "b.json": b"[]"}
    more = {
        "values.npy": b"\x93NUMPY\1\0",
        "inner.zip": b"PK\3\4",
        "P1": b"P1 of the notes",
        "video.mp4": b"\0\0\0\x18ftyp",
    }
    data = loaded(written(tmp_path / "own", TWO | litter | more), tmp_path)
    assert data.notes[0].startswith("left out, as they are not images: 2 .json, 2 hidden, ")
    assert sum(int(word) for word in data.notes[0].split() if word.isdigit()) == 9


def test_a_folder_without_an_image_is_no_class_and_is_told(tmp_path):
    files = {"cat/a.png": image(), "dog/a.png": image(), "notes/a.txt": b"text"}
    (tmp_path / "own" / "empty").mkdir(parents=True)
    data = loaded(written(tmp_path / "own", files), tmp_path)
    assert classes(data) == ("cat", "dog")
    assert "folders without images are not classes: empty, notes" in data.notes


def test_a_class_of_broken_files_is_no_class_and_the_labels_fit_the_others(tmp_path):
    files = {"ant/x.png": b"text", "cat/a.png": image(), "dog/a.png": image(), "dog/b.png": image()}
    data = loaded(written(tmp_path / "own", files), tmp_path)
    assert classes(data) == ("cat", "dog")
    assert data.labels[:, 0].tolist() == [0, 1, 1]
    assert "left out as classes, as no image could be used: ant" in data.notes


def test_one_class_that_is_left_is_none(tmp_path):
    files = {"ant/x.png": b"text", "cat/a.png": image(), "cat/b.png": image()}
    data = loaded(written(tmp_path / "own", files), tmp_path)
    assert classes(data) == ()
    assert data.labels.shape == (2, 0)


def test_an_image_too_narrow_to_be_padded_is_one_broken_image(tmp_path):
    folder = written(tmp_path / "own", TWO | {"c.png": image(size=(2000, 20)), "d.png": image(size=(1, 3000))})
    data = loaded(f"{folder}:pad", tmp_path)
    assert len(data) == 2
    assert "c.png (2000 x 20 is too narrow to be padded to 8 x 8)" in data.notes[-1]


@pytest.mark.parametrize("way", ["", ":pad", ":stretch"])
def test_whatever_goes_wrong_with_one_image_is_one_broken_image(way, tmp_path, monkeypatch):
    from trainer.data import folder as module

    def failing(image, *rest):
        raise RecursionError if image.size == (16, 16) else MemoryError

    folder = written(tmp_path / "own", {"a.png": image(size=(9, 9)), "b.png": image(size=(9, 9)), **TWO})
    monkeypatch.setattr(module, "to_rgb", failing)
    with pytest.raises(UserError, match="0 usable images, 2 more could not be read"):
        loaded(f"{folder}{way}", tmp_path)


def flat_png(side: int) -> bytes:
    """A grey PNG of side x side zeros, some kB in all."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + side)) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_bomb_of_many_pixels_in_few_bytes_is_never_decoded(tmp_path, monkeypatch):
    from trainer.data import folder as module

    monkeypatch.setattr(module, "to_rgb", lambda *a: pytest.fail("decoded"))
    bomb = flat_png(5100)
    with pytest.raises(UserError, match=r"26 million pixels in 0\.03 MB, a decompression bomb"):
        loaded(zip_of(tmp_path / "own.zip", [(f"{i}.png", bomb) for i in range(3)]), tmp_path)


def test_many_images_that_are_a_bomb_together_are_refused_before_the_first_is_decoded(tmp_path, monkeypatch):
    from trainer.data import folder as module

    monkeypatch.setattr(module, "to_rgb", lambda *a: pytest.fail("decoded"))
    bomb = flat_png(4900)
    with pytest.raises(UserError, match=r"The 20 images of own\.zip decode to 480 million pixels from 0\.0\d MB"):
        loaded(zip_of(tmp_path / "own.zip", [(f"{i}.png", bomb) for i in range(20)]), tmp_path)


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path):
    archive = zip_of(tmp_path / "own.zip", [("a.png", image()), ("zeros", bytes(10**6))])
    with pytest.raises(UserError, match="would unpack to"):
        list_zip(archive, unpacked_bytes=1000)


@pytest.mark.parametrize(
    "names",
    [
        ["cat\\a.png", "cat\\b.png", "dog\\c.png"],
        ["all\\cat\\a.png", "all/dog/b.png", "all\\dog\\c.png"],
        ["/cat/a.png", "/dog/b.png", "cat/c.png"],
        ["/data/cat/a.png", "/data/dog/b.png"],
        ["../cat/a.png", "dog/b.png", "../../dog/c.png"],
        ["x/../cat/a.png", "./dog/./b.png"],
        ["C:\\images\\cat\\a.png", "C:\\images\\dog\\b.png"],
        ["C:/cat/a.png", "D:/dog/b.png"],
        ["\\\\server\\share\\cat\\a.png", "\\\\server\\share\\dog\\b.png"],
        ["cat//a.png", "//dog//b.png"],
        ["__MACOSX\\cat\\._a.png", "cat\\a.png", "dog\\b.png"],
    ],
)
def test_names_in_a_zip_are_read_as_folders_whoever_packed_it(names, tmp_path):
    data = loaded(zip_of(tmp_path / "own.zip", [(name, image()) for name in names]), tmp_path)
    assert classes(data) == ("cat", "dog")
    assert len(data) == len([name for name in names if "MACOSX" not in name])


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_files_of_one_name_in_a_zip_the_last_counts(tmp_path):
    files = [("a.png", image(color=(0, 0, 0))), ("a.png", image()), ("b.png", image())]
    data = loaded(zip_of(tmp_path / "own.zip", files), tmp_path)
    assert data.images[:, 0, 0, 0].tolist() == [255, 255]
    assert "1 files of the zip were left out, as a later one" in data.notes[0]


def test_a_zip_of_zips_tells_what_it_holds(tmp_path):
    with pytest.raises(UserError, match=r"has no images \(found: 2 \.zip\)"):
        loaded(zip_of(tmp_path / "own.zip", [("a.zip", b"PK\3\4"), ("b.zip", b"PK\3\4")]), tmp_path)


def test_two_class_folders_that_lead_to_one_are_one_class(tmp_path):
    written(tmp_path / "elsewhere", TWO)
    root = written(tmp_path / "own", {"ant/a.png": image()})
    for name in ("dog", "cat"):
        (root / name).symlink_to(tmp_path / "elsewhere")
    data = loaded(root, tmp_path)
    assert classes(data) == ("ant", "cat")
    assert "left out, as they link to folders that are already read: dog" in data.notes


def test_a_folder_keeps_its_images_where_a_link_leads_to_it_too(tmp_path):
    root = written(tmp_path / "own", {f"{name}/{i}.png": image() for name in ("cat", "dog") for i in range(2)})
    (root / "alias").symlink_to("dog")
    (root / "cat" / "up").symlink_to("..")
    data = loaded(root, tmp_path)
    assert classes(data) == ("cat", "dog")
    assert len(data) == 4
    assert "left out, as they link to folders that are already read: alias, cat/up" in data.notes


def test_pipes_devices_and_dangling_links_are_passed_by(tmp_path):
    root = written(tmp_path / "own", TWO)
    os.mkfifo(root / "pipe.png")
    (root / "zero.png").symlink_to("/dev/zero")
    (root / "gone.png").symlink_to("nowhere")
    assert len(loaded(root, tmp_path)) == 2
    with pytest.raises(UserError, match="is neither a folder nor a file"):
        loaded(root / "pipe.png", tmp_path)


def test_names_that_are_no_utf8_become_ones_that_can_be_sent(tmp_path):
    root = tmp_path / "own"
    for name in (b"caf\xe9", b"caf\xea", b"dog"):
        written(root / os.fsdecode(name), {"a.png": image(), os.fsdecode(b"\xff.png"): b"text"})
    data = loaded(root, tmp_path)
    assert classes(data) == ("caf\\xe9", "caf\\xea", "dog")
    assert data.labels[:, 0].tolist() == [0, 1, 2]
    "".join([*classes(data), *data.notes]).encode("utf-8")


@pytest.mark.parametrize(
    "name", ["x" * 5000, "~nobody-here/x", "a\0b", "caf\udce9", "a\nb", "x:pad:pad", ":pad", ":", "folder::pad"]
)
def test_a_name_that_no_folder_can_have_is_a_sentence(name, tmp_path):
    with pytest.raises(UserError) as error:
        loaded(name, tmp_path)
    str(error.value).encode("utf-8")


def test_names_cannot_break_a_line_or_fill_the_page(tmp_path):
    assert safe("a\n\x1b[31mb\u202ec") == "a\\n\\x1b[31mb\\u202ec"
    long = ["x" * 300 + end for end in "abc"]
    short = shortened([*long, "y"])
    assert len(set(short.values())) == 4
    assert max(map(len, short.values())) <= LONGEST
    archive = zip_of(tmp_path / "own.zip", [("a\nb/a.png", image()), (f"{long[0]}/b.png", image())])
    assert max(map(len, classes(loaded(archive, tmp_path)))) <= LONGEST
    assert next(e.name for e in list_zip(archive).entries) == "a\\nb/a.png"
