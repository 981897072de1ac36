"""The head of a model card: the keys that the Hub knows, validated by huggingface_hub's own reader."""

from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from trainer.checkpoints.card_data import HEAD, card_data, headed, licence
from trainer.checkpoints.checkpoint import read_info
from trainer.networks import is_translator
from trainer.reports.card import renewed

BUNDLED = sorted(path.parent for path in (Path(__file__).parents[3] / "checkpoints").glob("*/config.json"))
SECTION = """
## Evaluated

**Healthy.**

| 5,000 generated, 4,000 real images | |
| --- | ---: |
| fid | 1.5e-05 |
| kid | undefined |
| pixel_coverage | 0.5 |
| of_an_earlier_version | 1 |

Features of mnist 4a4cb2c3178d; `python -m trainer evaluate x` repeats the evaluation and lists every metric.
"""


@pytest.mark.parametrize("folder", BUNDLED, ids=lambda folder: folder.name)
def test_the_card_of_a_bundled_checkpoint_is_what_the_code_makes_and_the_hub_reads(folder):
    text = (folder / "README.md").read_text()
    assert renewed(folder.name, text, read_info(folder)) == text
    data = ModelCard(text).data
    translates = is_translator(read_info(folder).arch)
    assert data.pipeline_tag == ("image-to-image" if translates else "unconditional-image-generation")
    assert data.library_name == "latent-explorer"
    assert data.license in ("cc-by-sa-3.0", "cc0-1.0") or (data.license == "other" and data.license_link)
    assert data.datasets == (["ylecun/mnist"] if folder.name.startswith("mnist") else None)
    assert data.model_name == folder.name
    figures = {result.metric_type: result.metric_value for result in data.eval_results}
    assert data.metrics == list(figures)
    assert f"\n| fid | {figures['fid']:.4g} |\n" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MIT", {"license": "mit"}),
        ("CC0", {"license": "cc0-1.0"}),
        ("CC BY-SA 3.0 (https://creativecommons.org/licenses/by-sa/3.0/)", {"license": "cc-by-sa-3.0"}),
        ("not stated by its authors", {"license": "unknown"}),
        ("", {"license": "unknown"}),
        (
            "Nvidia Source Code License (https://nvlabs.github.io/x)",
            {
                "license": "other",
                "license_name": "nvidia-source-code-license",
                "license_link": "https://nvlabs.github.io/x",
            },
        ),
        ("my own: ask", {"license": "other", "license_name": "my-own-ask"}),
    ],
)
def test_a_licence_in_the_hubs_keys(text, expected):
    assert licence(text) == expected


def test_the_figures_of_the_section_are_those_of_the_head_and_say_their_features(checkpoint):
    info = read_info(checkpoint())
    card = renewed("x", "# x\n" + SECTION, replace(info, data={"name": "mnist"}))
    found = {r.metric_type: r for r in ModelCard(card).data.eval_results}
    assert {key: result.metric_value for key, result in found.items()} == {"fid": 1.5e-05, "pixel_coverage": 0.5}
    assert found["fid"].metric_name.endswith("features of mnist 4a4cb2c3178d, 5,000 generated, 4,000 real images")
    assert "pixel space" in found["pixel_coverage"].metric_name
    assert found["fid"].dataset_type == "ylecun/mnist"
    assert HEAD.sub("", card) == "# x\n" + SECTION


def test_a_card_without_an_evaluation_claims_no_figures(checkpoint):
    data = ModelCard(renewed("x", "# x\n", read_info(checkpoint()))).data
    assert (data.eval_results, data.metrics) == (None, None)


def test_data_of_the_hub_is_named_as_it_is_there(checkpoint):
    info = read_info(checkpoint())
    assert card_data(replace(info, data={"name": "hf://datasets/user/cats@v1/train"})).datasets == ["user/cats"]
    assert card_data(replace(info, data={})).datasets is None


def test_of_an_unknown_architecture_a_card_can_be_written(checkpoint):
    assert card_data(replace(read_info(checkpoint()), arch="of-tomorrow")).tags == ["gan", "of-tomorrow"]


def test_a_head_takes_the_place_of_the_one_before(checkpoint):
    data = card_data(read_info(checkpoint()))
    once = headed("---\nlicense: other\n---\n# x\n\n---\nrule\n", data)
    assert headed(once, data) == once
    assert once.endswith("---\n# x\n\n---\nrule\n")
