"""What the options say of themselves is sound, and heeded."""

from dataclasses import replace

import pytest

from trainer.training.changes import with_changes
from trainer.training.conditions import CODES
from trainer.training.config import OPTIONS, config_from
from trainer.training.validation import holds, names_where
from trainer.util.errors import UserError


def test_every_condition_is_one_that_some_value_fulfils_and_is_about_options():
    for f in OPTIONS.values():
        for where in f.metadata["applies_to"]:
            assert set(where.settings) < set(OPTIONS)
            assert names_where(where) != [], f.name


def test_what_may_change_while_training_may_change_on_resuming_and_in_a_branch():
    for f in OPTIONS.values():
        facts = f.metadata
        assert facts["mutable"] <= facts["resumable"] <= facts["branchable"], f.name


@pytest.mark.parametrize("wanted", ["label_smoothing", "augment", "instance_noise", "lr_d"])
def test_a_vae_is_not_changed_by_what_only_a_game_has(wanted: str):
    vae = config_from({"resolution": 32}, "vae")
    value = {"augment": "color", "label_smoothing": 0.1}.get(wanted, 0.1)
    with pytest.raises(UserError, match="does not apply to --arch vae") as refused:
        with_changes(vae, {wanted: value})
    assert refused.value.field == wanted
    assert with_changes(vae, {"lr": 0.1}) == replace(vae, lr=0.1)


@pytest.mark.parametrize(
    ("settings", "held"), [({}, False), ({"codes_continuous": 2}, True), ({"codes_categorical": 10}, True)]
)
def test_a_condition_on_several_switches_asks_for_one_of_them(settings, held):
    assert holds(CODES, config_from({"arch": "dcgan"} | settings)) == held
