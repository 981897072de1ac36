"""`python -m trainer diagnose`: two sets of images, whatever holds them."""

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from PIL import Image

from tests.conftest import give_critic
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.critic_features import CAVEAT
from trainer.checkpoints.sampling import sample
from trainer.cli.main import main
from trainer.data import Attribute
from trainer.diagnosis.reference import FILE
from trainer.features import EXTRACTORS
from trainer.features.feature_set import extract
from trainer.features.pixels import as_images
from trainer.reports import two_sets
from trainer.reports.image_sets import Places, image_set
from trainer.reports.set_figures import Labelled, figures_of_labels
from trainer.reports.sets_file import DATA, REPORT, load_sets
from trainer.reports.two_sets import SPLITS, as_asked, real_halves, shares_of, splits_for

DIGITS = Path(__file__).parents[3] / "checkpoints" / "mnist-dcgan"


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Iterator[Path]:
    """A folder of sets: real.npz, same.npz, without3.npz of generated digits, and a data folder with the reference.

    What is compared here needs no bands of 300 healthy splits: those of 60 hold it, in a fifth of the time.
    """
    folder = tmp_path_factory.mktemp("sets")
    images = sample(load_generator(DIGITS, read_info(DIGITS)), range(1300))
    labels = extract(EXTRACTORS["mnist"].open({}, ()), as_images(images)).labels(0)
    np.savez(folder / "real.npz", images=images[:900])
    np.savez(folder / "same.npz", images=images[900:])
    np.savez(folder / "without3.npz", images=images[900:][labels[900:] != 3])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(two_sets, "SPLITS", dict.fromkeys(two_sets.SPLITS, 60))
        yield folder


@pytest.fixture
def diagnosed(digits: Path, capsys):
    """(real, fake, further words) -> what the command prints."""

    def diagnosed(real: object, fake: object, *words: str) -> str:
        places = ["--data-dir", str(digits / "data"), "--extractor", "mnist"]
        assert main(["diagnose", "--real", str(real), "--fake", str(fake), *places, *words]) == 0
        return capsys.readouterr().out

    return diagnosed


def test_a_set_without_a_class_is_told_from_one_that_has_it(digits, diagnosed, tmp_path):
    report = tmp_path / "report.html"
    text = diagnosed(digits / "real.npz", digits / "without3.npz", "--html", str(report))
    assert text.startswith("Mode dropping. 3 is almost never generated")
    html = report.read_text()
    assert "<h1>Mode dropping</h1>" in html
    assert str(digits) not in html
    assert not re.search(r"<script|<link|(src|href)=\"(?!data:image/png)", html)  # it can be mailed: nothing is loaded
    same = json.loads(diagnosed(digits / "real.npz", digits / "same.npz", "--json"))
    assert same["verdict"] not in ("mode-dropping", "total-collapse", "out-of-distribution")
    assert (same["real_set"], same["fake_set"], same["generated"]) == ("real.npz", "same.npz", 400)


def test_a_folder_of_another_size_is_resized_and_that_is_said(digits, diagnosed, tmp_path):
    images = np.load(digits / "same.npz")["images"]
    for i, image in enumerate(images):
        Image.fromarray(image[..., 0]).resize((64, 64)).save(tmp_path / f"{i}.png")
    found = json.loads(diagnosed(digits / "real.npz", tmp_path, "--json"))
    assert found["resolution"] == 32
    assert any("64 pixels a side; both are compared at 32 x 32" in note for note in found["notes"])
    assert found["verdict"] != "out-of-distribution"


def test_a_checkpoint_is_a_set_of_its_samples(digits, diagnosed):
    found = json.loads(diagnosed(digits / "real.npz", DIGITS, "--samples", "300", "--json"))
    assert (found["fake_set"], found["generated"]) == ("mnist-dcgan", 300)


def test_what_is_kept_is_read_again_to_the_same_verdict(digits, diagnosed, tmp_path):
    diagnosed(digits / "real.npz", digits / "without3.npz", "--out", str(tmp_path / "found"))
    found = load_sets(tmp_path / "found")
    assert found.diagnosis.verdict.kind == "mode-dropping"
    assert found.record["real_set"] == json.loads((tmp_path / "found" / DATA).read_text())["real_set"]
    assert (tmp_path / "found" / REPORT).stat().st_size > 10_000


@pytest.mark.slow
def test_folders_of_classes_say_what_each_image_should_be(digits, diagnosed, tmp_path):
    images = np.load(digits / "same.npz")["images"][:120]
    with zipfile.ZipFile(tmp_path / "wrong.zip", "w") as archive:
        for i, image in enumerate(images):
            Image.fromarray(image[..., 0]).save(tmp_path / "one.png")
            archive.write(tmp_path / "one.png", f"{i % 2}/{i}.png")  # filed as 0 and 1, whatever it shows
    found = json.loads(diagnosed(digits / "real.npz", tmp_path / "wrong.zip", "--json"))
    asked = {one["name"]: one["asked"] for one in found["within"]}
    assert (asked["0"], asked["1"], asked["2"]) == (60, 60, 0)
    assert "label-ignored" in {finding["kind"] for finding in found["findings"]}
    assert "gan_train" not in {one["key"] for one in found["measures"]}  # the real images came without labels


@pytest.mark.slow
def test_a_network_of_ones_own_compares_them_and_is_opened_again_from_its_place(digits, diagnosed, tmp_path):
    pool = helper.make_node("AveragePool", ["pixels"], ["features"], kernel_shape=[8, 8], strides=[8, 8])
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 1, None, None]) for name in pool.input]
    ends += [helper.make_tensor_value_info("features", TensorProto.FLOAT, None)]
    graph = helper.make_graph([pool], "net", ends[:1], ends[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "n.onnx")
    words = ["--extractor", str(tmp_path / "n.onnx"), "--out", str(tmp_path / "found"), "--json"]
    found = json.loads(diagnosed(digits / "real.npz", digits / "same.npz", *words))
    assert found["extractor"].startswith("n.onnx ")  # a report that is mailed tells no folder
    assert "out-of-distribution" not in {finding["kind"] for finding in found["findings"]}
    reader = load_sets(tmp_path / "found").reference.reader
    assert reader(torch.zeros(2, 1, 32, 32))[0].shape == (2, 16)


def labelled(count: int, asked: np.ndarray, centres: np.ndarray, names: str = "abc") -> Labelled:
    """Features around the centre of each class, which are called by the letters of `names`."""
    points = centres[asked] + np.random.default_rng(count).normal(size=(count, 4))
    return Labelled(points.astype(np.float32), asked[:, None], (Attribute("kind", tuple(names)),))


def test_labels_on_both_sides_give_gan_train_and_gan_test_by_the_names_of_the_classes():
    centres = 9 * np.eye(3, 4)
    labels = np.arange(300) % 3
    real = labelled(300, labels, centres)
    turned = figures_of_labels(real, labelled(120, labels[:120], centres[::-1], "cba"))  # other order, same names
    assert turned == {"gan_train": 1, "gan_test": 1, "real_train": 1}
    swapped = figures_of_labels(real, labelled(120, labels[:120], centres[::-1]))
    assert swapped == {"gan_train": pytest.approx(1 / 3, abs=0.1), "gan_test": pytest.approx(1 / 3), "real_train": 1}
    unknown = labelled(120, np.full(120, -1), centres)
    few = labelled(40, labels[:40], centres)
    for fake in (unknown, few, labelled(120, labels[:120], centres, "xyz"), real._replace(attributes=())):
        assert figures_of_labels(real, fake) == {}


@pytest.mark.slow
def test_gan_train_is_told_in_text_json_and_report_and_kept(digits, diagnosed, tmp_path):
    images = np.load(digits / "real.npz")["images"]
    labels = extract(EXTRACTORS["mnist"].open({}, ()), as_images(images)).labels(0)
    for name, rows in {"labelled": slice(600), "made": slice(600, 900)}.items():
        np.savez(tmp_path / f"{name}.npz", images=images[rows], labels=labels[rows])
    words = (tmp_path / "labelled.npz", tmp_path / "made.npz", "--out", str(tmp_path / "found"))
    text = diagnosed(*words)
    assert re.search(r"GAN-train +(1|0\.9\d*) ", text)
    assert re.search(r"Trained on real images +(1|0\.9\d*) ", text)
    kept = {one["key"]: one["value"] for one in json.loads((tmp_path / "found" / DATA).read_text())["measures"]}
    assert kept["gan_test"] > 0.9
    assert abs(kept["data_copying"]) < 3.4
    assert "GAN-test" in (tmp_path / "found" / REPORT).read_text()
    assert load_sets(tmp_path / "found").beside["gan_train"] == kept["gan_train"]


class Known:
    """As much of a reference as `as_asked` looks at."""

    grouped = False
    heads = (Attribute("animal", ("cat", "dog", "fox")),)


@pytest.mark.parametrize(
    ("values", "labels", "wanted"),
    [(("dog", "cat"), [0, 1, 1], [1, 0, 0]), (("dog", "cow"), [0, 1], None), (("dog", "cat"), [0, -1], None)],
)
def test_classes_are_matched_by_name_or_not_at_all(values, labels, wanted):
    asked = as_asked(Known(), (Attribute("class", values),), np.array(labels)[:, None])
    assert (None if asked is None else asked.tolist()) == wanted


def test_of_several_attributes_the_one_of_the_same_name_counts():
    labels = np.array([[0, 2], [1, 0]])
    several = (Attribute("size", ("cat", "dog")), Attribute("animal", ("fox", "dog", "cat")))
    assert as_asked(Known(), several, labels).tolist() == [0, 2]
    assert as_asked(Known(), several[:1] * 2, labels) is None


def test_a_generator_that_stands_for_the_real_data_has_all_classes_in_both_halves(checkpoint):
    real = real_halves(image_set(str(checkpoint("dcgan", 4)), Places()), 32, Path("data"))
    shares = [np.bincount(side.labels[:, 0], minlength=4) / len(side) for side in (real.seen, real.unseen)]
    assert np.abs(np.array(shares) - 1 / 4).max() < 0.02
    assert (len(real.seen), len(real.unseen)) == (5000, 5000)


def test_classes_are_asked_for_in_the_real_proportions_only_where_they_are_the_same():
    class Named(Known):
        def labels_to_ask(self, count, numbers):
            return np.zeros(len(numbers), np.int64)

    assert shares_of(Named(), ("cat", "dog", "fox"), 9).tolist() == [0] * 9
    assert set(shares_of(Named(), ("fox", "dog", "cat"), 99)) == {0, 1, 2}


@pytest.mark.parametrize(
    ("fake", "unseen", "size"),
    [(300, 4000, 200), (1500, 4000, 1000), (5000, 9999, 2000), (9000, 10_000, 5000), (60, 200, 50)],
)
def test_the_expected_ranges_are_of_the_largest_size_that_both_sides_have(fake, unseen, size):
    assert list(splits_for(fake, unseen)) == [size]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--fake", "nowhere"], "nowhere is no folder, zip or array of images, no data set"),
        (["--fake", "same.npz", "--extractor", "nobody"], "extractor 'nobody'"),
        (["--fake", "text.npz"], "text.npz"),
        (["--fake", "points"], "2-D"),
        (["--fake", "three.npz"], "three.npz has 3 generated images; a diagnosis needs at least 50"),
    ],
)
def test_what_cannot_be_compared_gets_one_sentence(digits, tmp_path, monkeypatch, capsys, words, told):
    monkeypatch.chdir(tmp_path)
    shutil.copy(digits / "same.npz", tmp_path)
    np.savez(tmp_path / "three.npz", images=np.load(digits / "same.npz")["images"][:3])
    (tmp_path / "text.npz").write_text("no array")
    shutil.copytree(Path(__file__).parents[3] / "checkpoints" / "ring-points", tmp_path / "points")
    assert main(["diagnose", "--real", str(digits / "real.npz"), "--data-dir", str(digits / "data"), *words]) == 2
    printed = capsys.readouterr().err.splitlines()[-1]
    assert printed.startswith("error: ")
    assert told in printed


def test_too_few_real_images_are_refused(digits, tmp_path, capsys):
    np.savez(tmp_path / "few.npz", images=np.load(digits / "real.npz")["images"][:100])
    words = ["--real", str(tmp_path / "few.npz"), "--fake", str(digits / "same.npz"), "--data-dir", str(tmp_path)]
    assert main(["diagnose", *words]) == 2
    assert "needs at least 200" in capsys.readouterr().err


@pytest.fixture
def judged(tmp_path, monkeypatch) -> Path:
    """A folder of checkpoints: `judged` has a critic, `plain` has none. Few healthy splits are enough."""
    monkeypatch.setattr("trainer.reports.two_sets.SPLITS", dict.fromkeys(SPLITS, 20))
    for name in ("judged", "plain"):
        shutil.copytree(DIGITS, tmp_path / "checkpoints" / name, ignore=shutil.ignore_patterns(".cache", FILE))
    give_critic(tmp_path / "checkpoints" / "judged", width=8)
    return tmp_path / "checkpoints"


def test_a_critic_is_an_extractor_and_the_result_says_what_it_is_worth(digits, diagnosed, judged, tmp_path):
    words = ("--checkpoints", str(judged), "--extractor", "critic:judged", "--resolution", "28")
    report = tmp_path / "report.html"
    found = json.loads(diagnosed(digits / "real.npz", digits / "same.npz", "--json", "--html", str(report), *words))
    assert found["extractor"].startswith("critic:judged ")
    assert found["caveat"] == CAVEAT
    assert CAVEAT in found["notes"]
    assert (
        "the critic learned from images of 32 pixels, so these, of 28, are resized for its features" in found["notes"]
    )
    assert any(note.startswith("the real images have no classes, so modes are groups") for note in found["notes"])
    html = report.read_text()
    assert CAVEAT in html
    assert "--extractor critic:judged" in html
    assert str(tmp_path) not in html


@pytest.mark.parametrize(
    ("extractor", "message"),
    [
        ("critic:plain", "plain has no critic, so it gives no features. Publish its run with --critic"),
        ("critic:nobody", "There is no checkpoint 'nobody'"),
        ("critic:judged", "judged has a critic of grey images; these are colour images. Choose another"),
    ],
)
def test_a_critic_that_cannot_be_used_is_one_sentence(extractor, message, digits, judged, tmp_path, capsys):
    real = fake = digits / "real.npz"
    if "colour" in message:
        real = fake = tmp_path / "colour.npz"
        np.savez(real, images=np.load(digits / "real.npz")["images"].repeat(3, -1) // [[[[1, 2, 3]]]])
    places = ["--data-dir", str(tmp_path / "data"), "--checkpoints", str(judged), "--runs", str(tmp_path / "runs")]
    assert main(["diagnose", "--real", str(real), "--fake", str(fake), "--extractor", extractor, *places]) == 2
    [told] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert told.removeprefix("error: ").startswith(message)
