"""A checkpoint's reference with its critic: the scores of the real images, and the critic as the extractor."""

from sklearn.linear_model import LinearRegression

from tests.conftest import give_critic
from trainer.checkpoints.checkpoint import read_info
from trainer.checkpoints.critic_features import CAVEAT
from trainer.cli.main import main
from trainer.diagnosis import load_reference


def test_a_critic_scores_the_real_images_of_its_reference_and_may_be_its_extractor(trained, own, quick, capsys):
    folder = trained("faces")
    give_critic(folder)
    places = ["--data-dir", str(own.data_dir)]
    assert main(["reference", str(folder), *places]) == 0
    usual = load_reference(folder)
    assert usual.scored_by == read_info(folder).data["critic"]["sha256"]
    assert len(usual.real_scores) == len(usual.real)
    assert main(["reference", str(folder), "--extractor", f"critic:{folder}", *places]) == 0
    by_critic = load_reference(folder)
    assert (by_critic.extractor, by_critic.grouped) == (f"critic:{folder.resolve()}", True)
    assert by_critic.real_scores.tolist() == usual.real_scores.tolist()
    linear = LinearRegression().fit(by_critic.real.features, by_critic.real_scores)
    assert linear.score(by_critic.real.features, by_critic.real_scores) > 0.99  # its score is made of these features
    capsys.readouterr()
    assert main(["evaluate", str(folder), "--samples", "150"]) == 0
    assert f"\n\nnote: {CAVEAT}\n" in capsys.readouterr().out
    assert CAVEAT in (folder / "README.md").read_text()
