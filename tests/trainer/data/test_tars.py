"""Facts about tars of images: labels beside images, shards, splits, and what hostile ones come to."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from tests.trainer.data.images import labelled, levels, loaded, png
from trainer.data import NoHeldOut
from trainer.data.folder import look
from trainer.data.listing import TooMany
from trainer.data.tars import Bounded, list_tars
from trainer.util.errors import UserError
from trainer.util.reading import Unfit


def tar(path: Path, files: dict[str, bytes | tarfile.TarInfo], kind: int = tarfile.PAX_FORMAT) -> Path:
    """A tar of files, or of members that are none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=kind) as archive:
        for name, data in files.items():
            if isinstance(data, tarfile.TarInfo):
                archive.addfile(data)
                continue
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def member(name: str, kind: bytes, to: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


def sample(key: str, level: int, **beside: bytes) -> dict[str, bytes]:
    """An image and what lies beside it."""
    return {f"{key}.png": png(level), **{f"{key}.{suffix}": data for suffix, data in beside.items()}}


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_classes_lie_beside_the_images(tmp_path, kind):
    path = tar(tmp_path / "own.tar", sample("a/0", 0, cls=b"3") | sample("a/1", 1, cls=b"7\n") | sample("a/2", 2), kind)
    data = loaded(path)
    assert (levels(data), data.notes) == ([0, 1, 2], ())
    assert labelled(data) == {"class": ["3", "7", None]}


def test_json_gives_attributes(tmp_path):
    said = [{"label": i % 2, "hair": "red" if i else "grey", "box": [1, 2], "url": f"u{i}"} for i in range(24)]
    files = [sample(f"{i:02}", i, json=json.dumps(s).encode(), txt=b"a caption") for i, s in enumerate(said)]
    data = loaded(tar(tmp_path / "own.tar", {k: v for one in files for k, v in one.items()}))
    assert labelled(data) == {"label": [str(s["label"]) for s in said], "hair": [s["hair"] for s in said]}
    assert data.notes == (
        "columns that are not attributes: box (not one value for an image), url (24 different values in 24 images)",
        "left out, as they are not images: 24 .txt",
    )


def test_without_labels_folders_are_the_classes(tmp_path):
    path = tar(tmp_path / "own.tar", {"all/cat/0.png": png(0), "all/dog/1.png": png(1)})
    assert labelled(loaded(path)) == {"class": ["cat", "dog"]}


def test_a_folder_of_shards_is_one_set_and_equal_keys_do_not_mix(tmp_path):
    for i in range(3):
        tar(tmp_path / "own" / f"{i:05}.tar", sample("0", 2 * i, cls=b"a") | sample("1", 2 * i + 1, cls=b"b"))
    (tmp_path / "own" / "README.md").write_text("a card")
    data = loaded(tmp_path / "own")
    assert levels(data) == [0, 1, 2, 3, 4, 5]
    assert labelled(data) == {"class": ["a", "b"] * 3}
    assert data.notes == ("left out beside them: 1 .md",)


def test_shards_of_a_test_split_are_held_out(tmp_path):
    for split, level in (("train-0", 0), ("train-1", 1), ("test-0", 2), ("val-0", 3)):
        tar(tmp_path / "own" / f"{split}.tar", sample("0", level) | sample("1", level))
    seen, unseen = loaded(tmp_path / "own"), loaded(tmp_path / "own", held_out=True)
    assert (levels(seen), levels(unseen)) == ([0, 0, 1, 1], [2, 2])
    assert seen.notes == ("the files of the split train are read, and not: test-0.tar, val-0.tar",)
    with pytest.raises(NoHeldOut):
        loaded(tmp_path / "own" / "train-0.tar", held_out=True)


def test_nothing_is_unpacked_and_names_stay_within(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = {"../../out.png": png(0), "/abs/in.png": png(1), "C:\\x\\in.png": png(2)}
    path = tar(tmp_path / "in" / "own.tar", out)
    data = loaded(path)
    assert sorted(levels(data)) == [0, 1, 2]
    assert data.notes == ("names that lead out of the tar, taken as names in it: 2",)
    assert {p.name for p in tmp_path.rglob("*.png")} == set()


def test_links_and_devices_are_counted(tmp_path):
    odd = {
        "a": member("link.png", tarfile.SYMTYPE, "/etc/passwd"),
        "b": member("hard.png", tarfile.LNKTYPE, "0.png"),
        "c": member("null.png", tarfile.CHRTYPE),
        "d": member("pipe.png", tarfile.FIFOTYPE),
        "e": member("folder", tarfile.DIRTYPE),
    }
    data = loaded(tar(tmp_path / "own.tar", {"0.png": png(0), **odd, "1.png": png(1), "._1.png": b"of a Mac"}))
    assert levels(data) == [0, 1]
    assert data.notes == (
        "left out of the tar: 2 links, 2 devices and pipes",
        "left out, as they are not images: 1 hidden",
    )


def test_of_files_of_the_same_name_the_last_counts(tmp_path):
    path = tar(tmp_path / "own.tar", {"0.png": png(0), "1.png": png(1)})
    with tarfile.open(path, "a") as archive:
        info = tarfile.TarInfo("./0.png")
        info.size = len(png(9))
        archive.addfile(info, io.BytesIO(png(9)))
    data = loaded(path)
    assert levels(data) == [9, 1]
    assert data.notes == ("left out of the tar: 1 with a later one of the same name",)


def test_a_tar_that_is_cut_short_is_read_as_far_as_it_goes(tmp_path):
    path = tar(tmp_path / "own.tar", {f"{i}.png": png(i, (64, 64), "BMP") for i in range(4)})
    path.write_bytes(path.read_bytes()[: 3 * (512 + 12800) + 512 + 100])
    data = loaded(path)
    assert levels(data) == [0, 1, 2]
    assert data.notes[:2] == (
        "own.tar is truncated or damaged after 4 files (unexpected end of data): what precedes is read",
        "1 of 4 files could not be read: 3.png (truncated in the tar)",
    )


def test_labels_that_cannot_be_read_are_told(tmp_path):
    files = sample("0", 0, json=b"{broken") | sample("1", 1, json=b'"text"') | sample("2", 2, cls=bytes(2000))
    data = loaded(tar(tmp_path / "own.tar", files))
    assert data.attributes == ()
    assert data.notes[0].startswith("files with labels that could not be read: 3 (0.json (it is not valid JSON")


def test_several_images_of_a_key_are_read_and_told(tmp_path):
    files = {"0.in.png": png(0), "0.out.png": png(1), "0.cls": b"a", "1.in.png": png(2), "1.cls": b"b"}
    data = loaded(tar(tmp_path / "own.tar", files))
    assert labelled(data) == {"class": ["a", "a", "b"]}
    assert data.notes == ("keys with several images, each of which is read: 1",)


def test_a_compressed_tar_says_what_to_do(tmp_path):
    path = tar(tmp_path / "own.tar", {"0.png": png(0)})
    packed = tmp_path / "own.tar.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(UserError, match=r"is compressed.*gunzip"):
        loaded(packed)


@pytest.mark.parametrize("data", [b"", b"text", png(0), b"\0" * 300, bytes(range(256)) * 4])
def test_what_is_no_tar_is_a_sentence(tmp_path, data):
    (tmp_path / "own.tar").write_bytes(data)
    with pytest.raises(UserError, match=r"is no tar that can be read \(|has no images \(it is empty\)"):
        loaded(tmp_path / "own.tar")


def test_a_tar_without_images_tells_what_it_holds(tmp_path):
    with pytest.raises(UserError, match=r"has no images \(found: 1 \.txt\)"):
        loaded(tar(tmp_path / "own.tar", {"a.txt": b"text"}))


def test_a_tar_is_known_by_its_contents(tmp_path):
    renamed = tar(tmp_path / "own.tar", {"0.png": png(0), "1.png": png(1)}).rename(tmp_path / "own.dat")
    assert levels(loaded(renamed)) == [0, 1]


def header(name: str, size: bytes, kind: bytes = b"0") -> bytes:
    """A header with a size of our own."""
    block = bytearray(512)
    block[: len(name)] = name.encode()
    block[100:108], block[124:136], block[136:148], block[156:157] = b"0000644\0", size, b"00000000000\0", kind
    block[257:263] = b"ustar\0"
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


@pytest.mark.parametrize(
    "odd",
    [
        header("x.png", b"\xff" * 12),  # of a negative size, which leads back to an earlier header
        header("x.png", b"\xff" * 12, b"x"),
        header("x.png", b"77777777777\0", b"x"),  # names of 8 GB
        header("x.png", b"77777777777\0", b"L"),
        header("L", b"00000000001\0", b"L") + b"a".ljust(512, b"\0"),
    ],
    ids=["negative", "negative names", "large names", "long name", "name of nothing"],
)
def test_headers_that_lie_end_the_tar(tmp_path, odd):
    files = tar(tmp_path / "own.tar", {"0.png": png(0), "1.png": png(1)})
    with tarfile.open(files) as archive:
        end = archive.getmembers()[-1].offset_data + 512
    files.write_bytes(files.read_bytes()[:end] + odd * 3)
    data = loaded(files)
    assert levels(data) == [0, 1]
    assert data.notes[0].startswith("own.tar is truncated or damaged after 2 files (")


def test_headers_of_a_member_are_bounded():
    file = Bounded(io.BytesIO(bytes(2**21)))
    assert len(file.read(2**20)) == 2**20
    with pytest.raises(Unfit):
        file.read(1)


def test_a_look_reads_only_so_many_files(tmp_path):
    path = tar(tmp_path / "own.tar", {f"{i}.png": png(i) for i in range(10)})
    assert look(path, 10) == ()
    with pytest.raises(TooMany):
        look(path, 9)
    with pytest.raises(TooMany):
        list_tars(tmp_path, ["own.tar", "own.tar"], maximum=19)
