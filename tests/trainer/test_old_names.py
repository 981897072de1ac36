"""What earlier versions called things is read under the present names, and said to who types it."""

import pytest

from trainer.cli.main import main
from trainer.diagnosis import FINDINGS
from trainer.runs.alerts import ALERTS
from trainer.runs.store import Store
from trainer.training.config import OPTIONS, config_from_record
from trainer.util import old_names


def test_every_old_option_has_a_present_one_and_is_none_itself():
    assert {renamed.name for renamed in old_names.OPTIONS.values()} <= OPTIONS.keys()
    assert not old_names.OPTIONS.keys() & OPTIONS.keys()


def test_a_record_of_an_earlier_version_is_a_config():
    config = config_from_record({"arch": "mlp", "resolution": 28, "d_steps": 3})
    assert config.n_critic == 3


def test_a_present_name_wins_and_what_is_no_record_stays():
    assert old_names.current({"d_steps": 2, "n_critic": 5}) == {"n_critic": 5}
    assert old_names.current([1]) == [1]


def test_the_detail_of_an_event_is_renamed_in_settings_and_changes_alone():
    detail = {"settings": {"d_steps": 2, "lr": 1.0}, "changed": {"d_steps": [1, 2], "lr": [1, 2]}, "d_steps": 1}
    assert old_names.current_detail(detail) == {
        "settings": {"n_critic": 2, "lr": 1.0},
        "changed": {"n_critic": [1, 2], "lr": [1, 2]},
        "d_steps": 1,
    }


@pytest.mark.parametrize("word", ["--d-steps", "--d-steps=3"])
def test_an_old_flag_is_refused_with_its_present_name(word: str, capsys):
    assert main(["train", "--run", "a", word]) == 2
    assert "--d-steps is called --n-critic now" in capsys.readouterr().err


def test_an_old_command_is_refused_with_its_present_name(capsys):
    assert main(["steer", "faces", "pause"]) == 2
    assert "The command steer is called control now." in capsys.readouterr().err


def test_a_state_of_an_earlier_version_has_its_overrides_under_the_present_names():
    state = {"images_seen": 16, "steered": {"d_lr": 0.1}}
    assert old_names.current_state(state) == {"images_seen": 16, "overrides": {"lr_d": 0.1}}


def test_the_events_of_an_earlier_store_are_read_and_forgotten_under_the_present_names(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    store.tell(1000, "calm", "Over.", {"name": "d-wins"})
    store.tell(1000, "verdict", "It is gone.", {"kind": "dropped"})
    store.tell(1000, "alarm", "Collapsed.", {"name": "collapse"})
    resolved, verdict, alert = store.events()
    assert alert.kind == "alert"
    assert store.of_kind("alert") == [store.last(["alert"])] == [alert]
    assert (resolved.kind, resolved.detail) == ("resolved", {"name": "d-dominates"})
    assert verdict.detail == {"kind": "mode-dropping"}
    store.forget_after(0)
    assert store.events() == []


def test_every_old_finding_and_alert_has_a_present_one():
    for old, present in ((old_names.FINDINGS, FINDINGS), (old_names.ALERTS, ALERTS)):
        assert set(old.values()) <= present.keys()
        assert not old.keys() & present.keys()


def test_what_changed_its_meaning_is_converted():
    record = {"real_target": 0.9, "refine": True, "fine_width": 8}
    assert old_names.current(record) == {"label_smoothing": 0.1, "convs_per_block": 2, "min_channels": 8}
    assert old_names.current_pairs({"real_target": [1.0, 0.9]}) == {"label_smoothing": [0.0, 0.1]}


@pytest.mark.parametrize("spoiled", [None, "x", [], {}])
def test_a_spoiled_value_is_left_for_the_checks_that_follow(spoiled):
    for old, renamed in old_names.OPTIONS.items():
        old_names.current({old: spoiled})
        old_names.current_pairs({old: [spoiled, spoiled]})
        assert renamed.name in old_names.current({old: spoiled})


def test_the_findings_of_an_old_verdict_are_renamed():
    detail = {"kind": "unlike", "findings": [{"kind": "within"}, {"kind": "quality"}, None]}
    assert old_names.current_detail(detail) == {
        "kind": "out-of-distribution",
        "findings": [{"kind": "intra-mode-collapse"}, {"kind": "quality"}, None],
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train --run a --real-target 0.9", "--real-target is called --label-smoothing now, which is 1 - target"),
        ("train --run a --no-refine", "--no-refine is called --convs-per-block now"),
        ("measure --real-pictures x.npy", "--real-pictures is called --real-images now"),
    ],
)
def test_an_old_flag_with_another_value_says_so(words: str, message: str, capsys):
    assert main(words.split()) == 2
    assert message in capsys.readouterr().err
