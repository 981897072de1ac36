"""Which settings may change: while a run trains, when it goes on, and in none but a new run."""

import json
from pathlib import Path

from tests.trainer.settings import changed, with_needs
from trainer.training.changes import differences
from trainer.training.config import OPTIONS, TrainConfig, that_are
from trainer.util import old_names

# What a run that trains may change, of the options that an early run recorded: each could break a resumed training.
MUTABLE = {"kimg", "label_smoothing", "lr", "r1_gamma", "mirror", "augment", "save_kimg", "keep_mb", "diagnose_kimg"}
MUTABLE |= {"lr_d", "gp_weight", "instance_noise"}
RECORD = Path(__file__).parents[2] / "samples" / "run" / "config.json"


def test_the_recorded_settings_that_may_change_while_a_run_goes_on_are_these():
    recorded = old_names.current(json.loads(RECORD.read_text()))
    assert recorded.keys() >= MUTABLE
    assert set(that_are("mutable")) & recorded.keys() == MUTABLE
    assert set(that_are("resumable")) & recorded.keys() == MUTABLE | {"diagnose", "threads", "precision"}


def test_what_may_change_while_a_run_trains_may_change_when_it_goes_on_and_builds_no_network():
    mutable = {name: OPTIONS[name].metadata for name in that_are("mutable")}
    assert mutable.keys() <= set(that_are("resumable")) & set(that_are("branchable"))
    assert [name for name, facts in mutable.items() if "argument" in facts] == []


def test_a_changed_setting_is_a_difference_unless_it_is_resumable():
    wrong = {}
    for name, f in OPTIONS.items():
        before = with_needs(TrainConfig(), name)
        after = changed(before, name)
        pair = getattr(before, name), getattr(after, name)
        found = differences(before, after)
        if pair[0] == pair[1] or found != ({} if f.metadata["resumable"] else {name: pair}):
            wrong[name] = found
    assert wrong == {}
