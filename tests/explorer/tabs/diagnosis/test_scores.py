"""The critic's scores of the points of a map: of which images they are, and what is said where some are missing."""

import base64
import shutil
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from explorer.core.library import Library
from explorer.tabs.diagnosis import handlers
from explorer.tabs.diagnosis.evaluation import Examiner, Subject
from tests.conftest import give_critic, own_reference
from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.critic import load_critic, scores
from trainer.checkpoints.sampling import sample
from trainer.diagnosis import load_reference
from trainer.diagnosis.reference import FILE
from trainer.diagnosis.reference_build import rows_kept

PAGES = count()  # a page of its own for each question
SEEDS = range(10_000 + 1201, 10_000 + 2400, 2)  # what `own_reference` takes for unseen real images


@pytest.fixture(scope="module")
def library(tmp_path_factory, checkpoint) -> Library:
    """`judged`, whose critic scored the real images, `late`, whose critic came after its reference, `plain` without."""
    folder = tmp_path_factory.mktemp("scored")
    for name in ("judged", "late", "plain"):
        shutil.copytree(checkpoint("dcgan"), folder / name, ignore=shutil.ignore_patterns(".cache"))
    give_critic(folder / "judged")
    own_reference(folder / "judged")
    own_reference(folder / "plain")
    shutil.copyfile(folder / "plain" / FILE, folder / "late" / FILE)
    give_critic(folder / "late")
    return Library(folder, folder / "runs")


def map_of(library: Library, name: str, **changes) -> dict:
    asked = {"page": next(PAGES), "stamp": 1, "checkpoint": name, "psi": 1.0, "label": None, "n": 60} | changes
    return handlers.diagnose(library, asked)["map"]


def floats(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4")


def test_each_generated_point_has_the_score_of_its_seeds_image(library):
    found = floats(map_of(library, "judged")["scores"]["fake"])
    folder = library.checkpoints / "judged"
    info = read_info(folder)
    images = sample(load_generator(folder, info), range(60))
    expected = scores(load_critic(folder, info), images, [0] * 60)
    assert found == pytest.approx(expected, abs=2e-2 * float(np.ptp(expected)))  # a pixel may turn by 1/255
    assert np.corrcoef(found, expected)[0, 1] > 0.999


def test_each_real_point_has_the_score_of_the_image_itself(library):
    sent = map_of(library, "judged")
    rows = np.frombuffer(base64.b64decode(sent["real_rows"]), "<i4")
    found = floats(sent["scores"]["real"])
    assert len(found) == len(rows) == 600
    folder = library.checkpoints / "judged"
    info = read_info(folder)
    some = rows[:40]
    images = sample(load_generator(folder, info), [SEEDS[i] for i in rows_kept(600)[some]])
    expected = scores(load_critic(folder, info), images, [0] * 40)
    assert np.corrcoef(found[:40], expected)[0, 1] > 0.999
    assert sent["unscored"] == ""


def test_more_images_add_to_the_scores(library):
    few = floats(map_of(library, "judged")["scores"]["fake"])
    more = floats(map_of(library, "judged", n=110)["scores"]["fake"])
    assert len(more) == 110
    assert more[:60].tolist() == few.tolist()


def test_without_a_critic_there_are_none_and_nothing_is_said(library):
    sent = map_of(library, "plain")
    assert (sent["scores"], sent["unscored"]) == (None, "")


def test_real_images_that_the_critic_has_not_seen_have_none_and_the_command_is_named(library):
    sent = map_of(library, "late")
    assert len(floats(sent["scores"]["fake"])) == 60
    assert sent["scores"]["real"] == ""
    assert sent["unscored"] == (
        "Real points have no score yet: python -m trainer reference late has the critic score them."
    )


def test_scores_of_another_critic_are_not_shown(library, tmp_path):
    folder = tmp_path / "judged"
    shutil.copytree(library.checkpoints / "judged", folder)
    give_critic(folder)  # the same file again
    assert Examiner(Library(tmp_path, tmp_path / "runs")).examine(Subject("judged"), 60).real_scores is not None
    reference = load_reference(folder)
    object.__setattr__(reference, "scored_by", "0" * 64)
    examiner = Examiner(Library(tmp_path, tmp_path / "runs"))
    examiner.reference = lambda name: reference
    assert examiner.examine(Subject("judged"), 60).real_scores is None


def test_a_damaged_critic_is_a_sentence_beside_the_map(library, tmp_path):
    shutil.copytree(library.checkpoints / "judged", tmp_path / "judged")
    Path(tmp_path / "judged" / "critic.safetensors").write_bytes(b"no tensors")
    sent = map_of(Library(tmp_path, tmp_path / "runs"), "judged")
    assert sent["scores"] is None
    assert "judged/critic.safetensors is damaged" in sent["unscored"]
    assert len(floats(sent["fake"])) == 120


def test_a_critic_that_diverged_is_a_sentence_beside_the_map(library, tmp_path):
    shutil.copytree(library.checkpoints / "judged", tmp_path / "judged")
    diverged = Library(tmp_path, tmp_path / "runs")
    diverged.model("judged").scoring.critic.head.bias.fill_(float("nan"))
    sent = map_of(diverged, "judged")
    assert (sent["scores"], sent["unscored"]) == (None, "The critic's scores are not finite: its training diverged.")
