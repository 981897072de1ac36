"""A run goes on with the data that it knows, wherever they lie now, and with no others."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.trainer.settings import all_changed, with_needs
from trainer.networks import ARCHITECTURES
from trainer.runs.branch import branch, check_same_networks
from trainer.runs.known_data import FILE, known
from trainer.runs.launch import run_training
from trainer.runs.live_eval import Paths
from trainer.runs.run import Run
from trainer.runs.session import Caller
from trainer.training.config import OPTIONS, TrainConfig
from trainer.util.errors import UserError


def draw(folder: Path, first: int = 0, count: int = 6, **shades: int) -> Path:
    """`count` images a class, each class of its own brightness; image i of a class is the same each time."""
    for name, shade in shades.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(first, first + count):
            pixels = np.random.default_rng([shade, i]).integers(shade, shade + 50, (8, 8, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
    return folder


@pytest.fixture
def pets(tmp_path) -> Path:
    return draw(tmp_path / "pets", cat=0, dog=100)


@pytest.fixture
def go(tmp_path, tiny):
    """(data, settings) -> (run, notes): train the run `r` on by one step."""
    run = Run(tmp_path / "runs", "r")

    def train(data, run=run, **settings):
        seen = run.store().images_seen() if run.exists() else 0
        config = tiny(**{"conditional": True, "kimg": (seen + 4) / 1000, "data": str(data)} | settings)
        notes: list[str] = []
        list(run_training(run, config, places=Paths(tmp_path / "data", tmp_path), caller=Caller(tell=notes.append)))
        assert run.store().images_seen() == seen + 4
        return run, notes

    return train


def test_a_run_remembers_its_data(go, pets):
    run, notes = go(pets)
    record = json.loads((run.folder / FILE).read_text())
    assert (record["name"], record["pictures"], record["classes"]) == ("pets", 12, ["cat", "dog"])
    assert record["per_class"] == [6, 6]
    assert record["fingerprint"]
    assert notes == []
    assert go(pets)[1] == []


RENAMED = {  # how the classes of pets change: (renames in order, what the sentence says of it)
    "renamed to an earlier letter": ([("dog", "x"), ("cat", "dog"), ("x", "aardvark")], r"new: aardvark; gone: cat"),
    "renamed": ([("cat", "lion")], r"new: lion; gone: cat"),
    "a class more": ([(None, "eel")], r"cat, dog, eel \(new: eel\)"),
    "upper case": ([("cat", "Cat")], r"new: Cat; gone: cat"),
    "one class gone": ([("cat", None)], r"are none"),
    "contents exchanged": ([("cat", "x"), ("dog", "cat"), ("x", "dog")], r"100% of the images .* different class"),
}


@pytest.mark.slow
@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("how", RENAMED)
def test_other_classes_are_refused_by_name_and_nothing_is_changed(go, pets, how, recorded):
    run, _ = go(pets)
    if not recorded:
        (run.folder / FILE).unlink()
    before = run.state_file.read_bytes(), (run.folder / "config.json").read_bytes()
    renames, message = RENAMED[how]
    for old, new in renames:
        if old is None:
            draw(pets, **{new: 200})
        elif new is None:
            shutil.rmtree(pets / old)
        else:
            (pets / old).rename(pets / new)
    if how == "contents exchanged" and not recorded:
        return  # an old run does not know which image was of which class
    with pytest.raises(UserError, match=rf"^Run 'r' cannot continue with this data: .*{message}.*start a new run\.$"):
        go(pets)
    assert (run.state_file.read_bytes(), (run.folder / "config.json").read_bytes()) == before


@pytest.mark.slow
def test_a_branch_knows_what_its_trunk_does(go, pets, tmp_path):
    run, _ = go(pets)
    twig = branch(run, "twig", None, {"lr": 0.001})
    (pets / "cat").rename(pets / "eel")
    with pytest.raises(UserError, match=r"^Run 'twig' cannot continue with this data: .*new: eel; gone: cat"):
        go(pets, twig)


@pytest.mark.slow
def test_a_branch_onto_other_data_takes_as_many_other_classes_and_no_more(go, pets, tmp_path):
    run, _ = go(pets)
    fish = draw(tmp_path / "fish", eel=20, ray=150)
    twig = branch(run, "twig", None, {"data": str(fish)})
    _, notes = go(fish, twig)
    assert "the classes of fish were cat, dog and are eel, ray now" in notes
    assert go(fish, twig)[1] == []
    assert known(twig).classes == ("eel", "ray")
    more = branch(run, "more", None, {"data": str(draw(tmp_path / "more", eel=20, ray=150, tun=200))})
    with pytest.raises(UserError, match="are eel, ray, tun"):
        go(tmp_path / "more", more)
    crossed = branch(run, "crossed", None, {"data": str(draw(tmp_path / "crossed", ape=20, cat=150))})
    with pytest.raises(UserError, match="new: ape; gone: dog"):
        go(tmp_path / "crossed", crossed)


@pytest.mark.slow
def test_a_terminal_hears_at_once_that_a_branch_cannot_take_other_data(go, pets, tmp_path):
    run, _ = go(pets)
    for data, message in (
        (draw(tmp_path / "more", eel=20, ray=150, tun=200), "are eel, ray, tun"),
        (draw(tmp_path / "crossed", ape=20, cat=150), "new: ape; gone: dog"),
        (draw(tmp_path / "plain", only=20), "are none"),
    ):
        with pytest.raises(UserError, match=message):
            branch(run, "twig", None, {"data": str(data)}, tmp_path / "data")
        assert not (tmp_path / "runs" / "twig").exists()
    fish = draw(tmp_path / "fish", eel=20, ray=150)
    assert branch(run, "twig", None, {"data": str(fish)}, tmp_path / "data").config().data == str(fish)


def test_a_branch_onto_data_that_are_not_there_is_told_and_leaves_nothing(go, pets, tmp_path):
    run, _ = go(pets)
    with pytest.raises(UserError, match=r"There is no data set .*nowhere"):
        branch(run, "twig", None, {"data": str(tmp_path / "nowhere")})
    assert not (tmp_path / "runs" / "twig").exists()


@pytest.mark.slow
def test_the_same_folder_spelled_otherwise_goes_on(go, pets, monkeypatch):
    go(pets)
    monkeypatch.chdir(pets.parent)
    (pets.parent / "link").symlink_to(pets)
    for spelled in (f"{pets}/", "pets", "./pets", "pets/.", f"{pets}/cat/..", "folder:pets", "pets:crop", "link"):
        run, notes = go(spelled)
        assert notes == [], spelled
        assert run.config().data == spelled


@pytest.mark.slow
def test_a_folder_that_was_moved_copied_or_zipped_goes_on(go, pets, tmp_path):
    go(pets)
    moved = pets.rename(tmp_path / "moved")
    with pytest.raises(UserError, match=r"The images of run 'r' are no longer at .*pets.*--data"):
        go(pets)
    assert go(moved)[1] == []
    shutil.copytree(moved, tmp_path / "copied", copy_function=shutil.copyfile)
    assert go(tmp_path / "copied")[1] == []
    assert go(shutil.make_archive(str(tmp_path / "packed"), "zip", moved))[1] == []


@pytest.mark.slow
def test_more_images_are_told_once_and_go_on(go, pets, tmp_path):
    go(pets)
    draw(pets, first=6, count=3, cat=0)
    assert go(pets)[1] == ["pets has 15 images now, and had 12 (cat 9, was 6): the run continues with these"]
    assert go(pets)[1] == []
    moved = draw(pets, first=9, count=2, dog=100).rename(tmp_path / "moved")  # both at once
    assert go(moved)[1] == ["moved has 17 images now, and had 15 (dog 8, was 6): the run continues with these"]


@pytest.mark.slow
def test_images_taken_away_are_told_and_go_on(go, pets):
    go(pets)
    for i in range(3):
        (pets / "cat" / f"{i}.png").unlink()
    assert go(pets)[1][1] == "25% of the images that the run has seen are no longer in pets"


def test_other_images_at_another_place_are_refused_with_the_way_out(go, pets, tmp_path):
    go(pets)
    other = draw(tmp_path / "other", cat=50, dog=150)
    with pytest.raises(
        UserError, match=r"are not those it has seen.*`python -m trainer branch r --run NEW --data .*other`"
    ):
        go(other)
    with pytest.raises(UserError, match=r"--data was .*pets, now mnist"):
        go("mnist")
    with pytest.raises(UserError, match=r"--data was .*pets, now .*pets:pad"):
        go(f"{pets}:pad")


@pytest.mark.slow
def test_an_unconditional_run_goes_on_with_other_class_names(go, pets):
    go(pets, conditional=False)
    (pets / "cat").rename(pets / "aardvark")
    assert go(pets, conditional=False)[1] == ["the classes of pets were cat, dog and are aardvark, dog now"]


@pytest.mark.slow
def test_a_run_from_before_goes_on_and_writes_its_record(go, pets):
    run, _ = go(pets)
    (run.folder / FILE).unlink()
    assert go(pets)[1] == []
    assert known(run).sketch


SOUND = {"name": "pets", "pictures": 12, "classes": ["cat", "dog"], "sketch": {"00": 0}, "per_class": [6, 6]}
WRONG = [
    json.dumps(SOUND | wrong)
    for wrong in (
        {"pictures": "12"}, {"classes": [["cat"], "dog"]}, {"sketch": ["00"]}, {"sketch": {"00": "0"}},
        {"per_class": [None, 6]}, {"channels": 3.0}, {"announced": 1}, {"place": 3}, {"classes": "cat"},
    )
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"name": 3}', "[" * 100_000, '{"classes": 3}', *WRONG])
def test_a_damaged_record_counts_as_none(go, pets, text):
    run, _ = go(pets)
    (run.folder / FILE).write_text(text)
    assert go(pets)[1] == []
    assert json.loads((run.folder / FILE).read_text())["classes"] == ["cat", "dog"]


def test_grey_images_do_not_become_coloured_ones(tmp_path, tiny, squares):
    config, run = tiny(kimg=0.004), Run(tmp_path, "r")
    for channels, kimg in ((1, 0.004), (3, 0.008)):
        config = replace(config, kimg=kimg)
        training = run_training(run, config, places=Paths(tmp_path, tmp_path), dataset=squares(config, 10, channels))
        if channels == 1:
            list(training)
    with pytest.raises(UserError, match="its images were grey, and those of squares are in colour"):
        list(training)


# ---- refusals that know the way out


def test_a_setting_that_a_branch_can_change_is_refused_with_the_command(go, pets):
    go(pets)
    with pytest.raises(UserError, match=r"--batch was 4, now 8\. `python -m trainer branch r --run NEW --batch 8`"):
        go(pets, batch=8)
    with pytest.raises(UserError, match=r"--width was 8, now 16\. --width would change the networks"):
        go(pets, width=16)


@pytest.mark.parametrize("name", [name for name, f in OPTIONS.items() if not f.metadata["resumable"]])
def test_the_settings_that_make_other_networks_are_those_named(tiny, name):
    """Some value of it on some architecture does, or none on any."""
    befores = (with_needs(tiny(arch), name) for arch in ARCHITECTURES)
    refusals = []
    for sentence in (refused(before, after) for before in befores for after in all_changed(before, name)):
        refusals.append(sentence)
        if "these settings would change them" in sentence:
            assert not OPTIONS[name].metadata["branchable"]
            return
    assert "" in refusals
    assert OPTIONS[name].metadata["branchable"]


def refused(before: TrainConfig, after: TrainConfig) -> str:
    try:
        check_same_networks(before, after)
    except UserError as error:
        return str(error)
    return ""
