"""`python -m trainer reference` and `evaluate`, as a person uses them."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from trainer.checkpoints.card_data import HEAD
from trainer.cli.extractor import extractor
from trainer.cli.main import main, parser
from trainer.data.avatars import FACES
from trainer.diagnosis import FINDINGS, load_reference, save_reference
from trainer.diagnosis.reference import FILE
from trainer.features import EXTRACTORS
from trainer.features.base import bundled, hash_of, ready
from trainer.reports.evaluate import report, write_into_card
from trainer.reports.measure import as_json

KEYS = {"fid", "kid", "kid_se", "precision", "recall", "density", "coverage", "vendi", "modes", "kl", "verdict",
        "findings", "pixel_coverage", "duplicates", "copy_fraction", "inception_score", "extractor"}  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def referred(trained, own):
    """A checkpoint with its reference, made by the command."""
    folder = trained("faces")
    assert main(["reference", str(folder), "--data-dir", str(own.data_dir)]) == 0
    return folder


@pytest.fixture
def refused(capsys):
    """(words) -> the one line that the command prints when it refuses them."""

    def refused(*words: str) -> str:
        capsys.readouterr()
        assert main(list(words)) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("error: ")
        assert printed.err.count("\n") == 1
        return printed.err

    return refused


def sections(folder) -> list[str]:
    return re.findall(r"^## .*$", (folder / "README.md").read_text(), re.MULTILINE)


def test_reference_writes_the_data_sets_own_beside_the_model(referred, own, capsys):
    assert (referred / FILE).read_bytes() == own.file.read_bytes()
    assert main(["reference", str(referred), "--data-dir", str(own.data_dir)]) == 0
    assert f"{referred / FILE} is ready (" in capsys.readouterr().out
    assert load_reference(referred).dataset_size == 450


def test_json_holds_the_verdict_and_every_measure_that_applies(referred, capsys):
    capsys.readouterr()
    assert main(["evaluate", str(referred), "--samples", "150", "--json", "--no-card"]) == 0
    printed = capsys.readouterr().out
    found = json.loads(printed)
    assert set(found) >= KEYS
    assert (found["n_real"], found["n_fake"]) == (150, 150)
    assert found["extractor"].startswith("autoencoder ")
    assert found["verdict"] == found["findings"][0]["kind"]
    assert found["verdict"] != "healthy"  # it is untrained
    for finding in found["findings"]:
        assert finding["title"] == FINDINGS[finding["kind"]].title
        assert finding["text"].endswith(".")
    assert sections(referred) == []
    assert main(["evaluate", str(referred), "--samples", "150", "--json", "--no-card"]) == 0
    assert capsys.readouterr().out == printed  # the same seed, the same numbers
    assert main(["evaluate", str(referred), "--samples", "150", "--json", "--no-card", "--seed", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["fid"] != found["fid"]


@pytest.mark.slow
def test_images_of_8_pixels_are_evaluated_too(trained, quick):
    folder = trained("small", 8)
    assert main(["reference", str(folder)]) == 0
    assert main(["evaluate", str(folder), "--samples", "150"]) == 0


@pytest.mark.slow
def test_more_samples_than_real_images_are_all_evaluated(referred, capsys):
    capsys.readouterr()
    assert main(["evaluate", str(referred), "--samples", "300", "--json", "--no-card"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n_real"], found["n_fake"]) == (225, 225)
    assert sum(found["share_fake"]) == pytest.approx(1)


@pytest.mark.slow
def test_the_card_has_one_section_on_it_however_often_it_is_evaluated(referred, capsys):
    card = referred / "README.md"
    before = card.read_text()
    card.write_text(before + "\n## A note\n\nof mine\n")
    for samples in ("150", "160"):
        assert main(["evaluate", str(referred), "--samples", samples]) == 0
    text = card.read_text()
    assert sections(referred) == ["## A note", "## Evaluated"]
    assert HEAD.sub("", text).startswith(HEAD.sub("", before).rstrip("\n"))
    assert "- type: fid\n" in text
    assert "of mine" in text
    assert "160 generated, 160 real images" in text
    assert re.search(r"\| fid \| [\d.e+]+ \|", text)
    assert "python -m trainer evaluate faces" in text
    words = capsys.readouterr().out
    assert re.search(r"^fid +[\d.]+", words, re.MULTILINE)
    assert any(kind.title in words for kind in FINDINGS.values())


def test_a_section_amid_others_is_replaced(tmp_path, checkpoint):
    shutil.copy(checkpoint() / "config.json", tmp_path)
    (tmp_path / "README.md").write_text("# Card\n\n## Evaluated\n\nof old\n\n### More\n\n## After\n\nit\n")
    found = {"n_fake": 2000, "n_real": 1000, "fid": 1.5, "kid": None, "extractor": "mnist 123",
             "caveats": [], "findings": [{"kind": "healthy", "title": "Healthy", "text": "All is well."}]}  # fmt: skip
    write_into_card(tmp_path, found)
    text = (tmp_path / "README.md").read_text()
    assert "of old" not in text
    assert text.index("## After") < text.index("## Evaluated")
    assert "**Healthy.** All is well." in text
    assert "2,000 generated, 1,000 real images" in text
    assert "| fid | 1.5 |" in text
    assert "| kid | undefined |" in text
    assert "| precision |" not in text
    once = text
    write_into_card(tmp_path, found)
    assert (tmp_path / "README.md").read_text() == once


def test_too_few_samples_are_a_verdict_of_their_own(referred, capsys):
    capsys.readouterr()
    assert main(["evaluate", str(referred), "--samples", "10", "--json", "--no-card"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "too-few"
    assert "pixel_coverage" not in found
    assert found["fid"] > 0


def test_figures_that_are_not_numbers_are_null_in_json():
    found = {"rarity": None, "findings": []}
    assert json.loads(as_json(found))["rarity"] is None
    with pytest.raises(ValueError, match="JSON"):
        as_json({"rarity": float("nan")})


def test_words_come_before_the_table():
    report_text = report(
        {"n_real": 5, "n_fake": 5, "fid": 1.0, "extractor": "mnist 1", "caveats": [],
         "findings": [{"kind": "mode-dropping", "title": "Mode dropping", "text": "7 is hardly made."}],
         "within": [{"name": "7", "variety": None, "asked": 2, "obeyed": 0.5}]}
    )  # fmt: skip
    assert report_text.splitlines()[0] == "Mode dropping. 7 is hardly made."
    assert (
        report_text.index("features of mnist 1")
        < report_text.index("5 real and 5 generated images")
        < report_text.index("\nfid")
    )
    assert re.search(r"within each class +diversity +label accuracy\n7 +undefined +0.5$", report_text)


def test_without_a_reference_there_is_one_sentence(trained, refused):
    folder = trained("bare")
    message = refused("evaluate", str(folder), "--samples", "150")
    assert "bare has no reference.safetensors" in message
    assert "python -m trainer reference bare" in message
    assert sections(folder) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("evaluate nobody", "There is no checkpoint 'nobody'"),
        ("reference nobody", "There is no checkpoint 'nobody'"),
        ("reference {} --extractor nobody", "Unknown extractor 'nobody'. Choose from: autoencoder"),
        ("evaluate {} --samples 3", "needs at least"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(words, message, referred, own, refused):
    assert message in refused(*words.format(referred).split(), "--data-dir", str(own.data_dir))


def test_a_data_set_that_is_gone_is_told(trained, refused, own, tmp_path):
    folder = trained("lost")
    record = json.loads((folder / "config.json").read_text())
    record["train"]["data"] = str(tmp_path / "gone")
    (folder / "config.json").write_text(json.dumps(record))
    assert "no folder or zip was found" in refused("reference", str(folder), "--data-dir", str(own.data_dir))


def test_a_reference_of_other_images_is_refused(referred, refused):
    reference = load_reference(referred)
    save_reference(referred / FILE, replace(reference, resolution=32))
    message = refused("evaluate", str(referred), "--samples", "150")
    assert "faces generates colour images of 16 pixels, but its reference has colour ones of 32" in message


@pytest.mark.slow
def test_a_card_that_is_gone_is_told(referred, capsys):
    (referred / "README.md").unlink()
    capsys.readouterr()
    assert main(["evaluate", str(referred), "--samples", "150"]) == 2
    printed = capsys.readouterr()
    assert f"{referred / 'README.md'} cannot be read" in printed.err
    assert "\nfid " in printed.out  # what was measured is not lost


@pytest.mark.slow
def test_a_card_that_is_no_utf_8_is_told(referred, capsys):
    (referred / "README.md").write_bytes(b"caf\xe9")
    assert main(["evaluate", str(referred), "--samples", "150"]) == 2
    assert f"{referred / 'README.md'} cannot be read" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:-100], lambda whole: whole.replace(b'\\"format\\": 1', b'\\"format\\": 0')]
)
def test_the_command_that_a_damaged_reference_asks_for_mends_it(damage, trained, own, refused, tmp_path, quick):
    """The one kept beside the data is the one that is copied, so it must be looked at too."""
    folder, data_dir = trained("faces"), tmp_path / "data"
    shutil.copytree(own.data_dir, data_dir)
    kept = data_dir / "references" / own.file.name
    assert damage(kept.read_bytes()) != kept.read_bytes()
    kept.write_bytes(damage(kept.read_bytes()))
    assert main(["reference", str(folder), "--data-dir", str(data_dir)]) == 0
    assert load_reference(folder).dataset_size == 450


@pytest.mark.slow
def test_publishing_a_run_takes_its_reference_along(own, capsys):
    tiny = ["--resolution", "16", "--width", "8", "--z-dim", "8", "--batch", "4", "--kimg", "0.012", "--threads", "1"]
    places = ["--data-dir", str(own.data_dir)]
    assert main(["train", "--run", "mine", "--data", str(own.images), *tiny, *places, "--no-diagnose"]) == 0
    assert main(["publish", "mine", "--as", "bare"]) == 0
    assert "python -m trainer reference bare" in capsys.readouterr().out
    assert main(["reference", "mine", *places]) == 0
    assert main(["publish", "mine", "--as", "faces"]) == 0
    assert "python -m trainer reference" not in capsys.readouterr().out.splitlines()[-1]
    assert load_reference(Path("checkpoints/faces")).dataset_size == 450


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("inception-v3", "inception-v3 cannot be trained by this command. Choose from: avatars, mnist"),
        ("autoencoder", "autoencoder cannot be trained by this command"),
        ("nobody", "Unknown extractor 'nobody'"),
    ],
)
def test_only_bundled_extractors_are_trained_by_hand(name, message, refused):
    assert message in refused("extractor", name)


@pytest.mark.slow
def test_a_bundled_extractor_is_trained_and_evaluated_on_held_out_images(capsys, tmp_path):
    """A few steps on 80 faces: it has learned little, but its file opens."""
    words = ["extractor", "avatars", "--out", str(tmp_path), "--data-dir", str(tmp_path / "data")]
    extractor(parser().parse_args(words), limit=80)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines[:-1]] == [trait.name for trait in FACES.traits]
    assert all("% accuracy on held-out images" in line for line in lines[:-1])
    trained = bundled("avatars", tmp_path)
    assert hash_of(trained) != hash_of(bundled("avatars"))
    assert ready(EXTRACTORS["avatars"].open({}, ()), trained).name == "avatars"


def test_an_imported_checkpoint_has_no_data_set_to_make_a_reference_of(trained, refused):
    folder = trained("faces")
    record = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(record | {"train": {}}))
    assert f"diagnose --real IMAGES --fake {folder.name}" in refused("reference", str(folder))
