"""The critic's scores of recipes: each a property of the recipe alone; without a critic, images come all the same."""

import shutil

import pytest

from explorer.core.library import Library
from explorer.core.model import Model
from explorer.core.recipe import Recipe
from explorer.rendering import server
from tests.conftest import give_critic
from trainer.checkpoints.critic import scores
from trainer.util.errors import UserError


@pytest.fixture
def library(tmp_path, checkpoint):
    """A conditional checkpoint with a critic, "judged", and one without, "plain"."""
    for name in ("judged", "plain"):
        folder = tmp_path / "checkpoints" / name
        shutil.copytree(checkpoint("dcgan", 3), folder, ignore=shutil.ignore_patterns(".cache"))
    return Library(tmp_path / "checkpoints", tmp_path / "runs")


def recipes(name: str, count: int = 5) -> list[Recipe]:
    return [Recipe(name, seed=seed, label=seed % 3, psi=0.7) for seed in range(count)]


def asked(name: str) -> dict:
    return {"recipes": [recipe.to_dict() for recipe in recipes(name)]}


def test_scores_are_the_critics_of_the_images_with_their_classes(library):
    critic = give_critic(library.checkpoints / "judged")
    model = library.model("judged")
    expected = scores(critic, model.images(recipes("judged")), [seed % 3 for seed in range(5)])
    found = server.scores(library, asked("judged"))["scores"]
    assert found == pytest.approx(expected.tolist(), rel=1e-2)
    assert len(set(found)) == 5
    assert server.capabilities(library, "judged")["critic"]


def test_equal_recipes_have_equal_scores_in_any_company(library):
    give_critic(library.checkpoints / "judged")
    together = server.scores(library, asked("judged"))["scores"]
    alone = [Model(library.checkpoints / "judged").scoring for _ in range(5)]
    model = library.model("judged")
    assert [one.of(model, [recipe])[0] for one, recipe in zip(alone, recipes("judged"), strict=True)] == together
    again = [*recipes("judged"), *recipes("judged")]
    assert model.scoring.of(model, again) == together * 2


def test_without_a_critic_there_is_a_sentence(library):
    assert not server.capabilities(library, "plain")["critic"]
    assert server.capabilities(library, "plain")["critic_error"] == ""
    assert server.scores(library, asked("plain"))["error"] == ("plain has no critic. Publish its run with --critic.")


def test_a_damaged_critic_is_a_sentence_and_the_images_come_all_the_same(library):
    give_critic(library.checkpoints / "judged")
    sound = library.model("judged").images(recipes("judged"))
    (library.checkpoints / "judged" / "critic.safetensors").write_bytes(b"no tensors")
    model = library.model("judged")
    assert (model.images(recipes("judged")) == sound).all()
    with pytest.raises(UserError, match=r"judged/critic.safetensors is damaged"):
        model.scoring.of(model, recipes("judged"))
    assert server.capabilities(library, "judged")["critic_error"] == model.scoring.error


@pytest.mark.parametrize("question", [{}, {"recipes": []}, {"recipes": 3}, {"recipes": [None]}])
def test_a_question_that_is_none_gets_a_sentence(library, question):
    assert "error" in server.scores(library, question)
