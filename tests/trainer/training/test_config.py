"""Settings: defaults, presets, limits, records, and the command that a model card prints."""

import re
import shlex
from argparse import ArgumentParser
from dataclasses import asdict, fields, replace

import pytest

from trainer.cli.main import main, parser
from trainer.networks import ARCHITECTURES
from trainer.training.changes import with_changes
from trainer.training.command_line import train_command
from trainer.training.config import TrainConfig, config_from, config_from_record
from trainer.training.losses import LOSSES
from trainer.training.options import BOUNDS, add_options, flag
from trainer.training.presets import PRESETS, default_preset, preset
from trainer.training.setup import check_networks
from trainer.util.errors import UserError

KNOBS = fields(TrainConfig)
NUMBERS = [f for f in KNOBS if f.type in (int, float)]
LIMITED = [(f, side) for f in NUMBERS for side in BOUNDS if side in f.metadata]


def refusal(**settings: object) -> str:
    """What is said of settings; empty where they are taken."""
    try:
        replace(TrainConfig(), **settings)
    except UserError as error:
        return str(error)
    return ""


def test_every_knob_explains_itself_in_a_line():
    assert [f.name for f in KNOBS if not 5 < len(f.metadata["help"]) < 100] == []


def test_no_knob_takes_what_is_not_finite():
    tried = [(f.name, value) for f in KNOBS if f.type is float for value in (float("nan"), float("inf"), -float("inf"))]
    sentence = "{} is {}; it must be a finite number"
    assert [case for case in tried if sentence.format(flag(case[0]), case[1]) not in refusal(**dict([case]))] == []


def test_every_number_has_a_lower_limit():
    assert [f.name for f in NUMBERS if not {"min_", "above"} & set(f.metadata)] == []
    assert [f.name for f in NUMBERS if f"{flag(f.name)} is -1" not in refusal(**{f.name: -1})] == []


def test_values_beyond_a_limit_are_refused_by_the_name_of_their_flag():
    taken = []
    for f, side in LIMITED:
        step, limit = 1 if f.type is int else 1e-6, f.metadata[side]
        beyond = f.type({"min_": limit - step, "above": limit, "max_": limit + step, "below": limit}[side])
        message = refusal(**{f.name: beyond})
        if not (message.startswith(f"{flag(f.name)} is {beyond}; it must be ") and str(limit) in message):
            taken.append((f.name, beyond, message))
    assert taken == []


def test_values_of_another_type_are_refused_by_the_name_of_their_flag():
    pattern = r"{} is .* it must be (true|a whole|a number|a text)"
    tried = [(f.name, value) for f in KNOBS for value in (None, [1], {})]
    assert [case for case in tried if not re.search(pattern.format(flag(case[0])), refusal(**dict([case])))] == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch": True}, "--batch is True; it must be a whole number"),
        ({"batch": 8.0}, "--batch is 8.0; it must be a whole number"),
        ({"mirror": 1}, "--mirror is 1; it must be true or false"),
        ({"limit": 1}, "--limit is 1.*at least 2"),
        ({"batch": 9, "devices": 2}, "--batch is 9.*2 processes"),
        ({"batch": 2, "devices": 2}, "--batch is 2.*at least 2"),
        ({"batch": 8, "devices": 2, "num_nodes": 3}, "--batch is 8.*6 processes"),
        ({"strategy": "foo"}, "--strategy is 'foo'. Choose from: auto, ddp"),
        ({"precision": "foo"}, "--precision is 'foo'. Choose from: 32-true"),
        ({"arch": "foo"}, f"architecture 'foo'. Choose from: {', '.join(sorted(ARCHITECTURES))}"),
        ({"loss": "foo"}, f"loss 'foo'. Choose from: {', '.join(sorted(LOSSES))}"),
    ],
)
def test_settings_that_cannot_work_are_told_with_what_would(settings, message):
    with pytest.raises(UserError, match=message):
        TrainConfig(**settings)


def test_label_smoothing_is_refused_for_a_loss_without_targets():
    hinge = config_from({"loss": "hinge", "label_smoothing": 0.1})
    with pytest.raises(UserError, match=r"--label-smoothing does not apply to --loss hinge.*or minimax or") as refused:
        check_networks(hinge)
    assert refused.value.field == "label_smoothing"
    with pytest.raises(UserError, match="--label-smoothing does not apply to --loss hinge"):
        with_changes(TrainConfig(loss="hinge"), {"label_smoothing": 0.1})


FAMILY = [
    ({"loss": "wasserstein", "penalty": "none"}, "Lipschitz critic: choose --penalty clip or gp"),
    ({"loss": "hinge", "penalty": "clip"}, "--penalty clip belongs to --loss wasserstein, not hinge"),
    ({"arch": "dcgan", "penalty": "gp"}, "batch norm in D mixes"),
    ({"arch": "dcgan", "penalty": "r1", "r1_gamma": 1.0}, "--d-norm instance or none"),
    ({"loss": "wasserstein", "penalty": "clip", "spectral_norm": True}, "both bound D's weights"),
    ({"pac_size": 3}, "--batch that is a multiple of 3"),
    ({"pac_size": 4, "batch": 12, "devices": 2}, "--batch that is a multiple of 8"),
    ({"pac_size": 2, "conditional": True}, "--pac-size and --conditional"),
    ({"pac_size": 2, "codes_continuous": 1}, "--pac-size and InfoGAN"),
    ({"codes_categorical": 1}, "a single value carries no information"),
    ({"codes_categorical": 10, "z_dim": 10}, "the codes take 10 of it"),
    ({"ada_target": 0.6}, "add --augment"),
    ({"progressive": True, "devices": 2}, "use one device"),
    ({"codes_continuous": 1, "devices": 2}, "use one device"),
]


@pytest.mark.parametrize(("settings", "message"), FAMILY, ids=lambda value: str(value)[:40])
def test_what_makes_no_sense_together_is_refused_with_the_reason(settings, message):
    with pytest.raises(UserError, match=message) as refused:
        TrainConfig(**settings)
    assert f"{flag(refused.value.field)} " in str(refused.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"loss": "wasserstein", "penalty": "clip"},
        {"loss": "wasserstein", "penalty": "none", "spectral_norm": True},
        {"arch": "dcgan", "penalty": "gp", "d_norm": "none"},
        {"arch": "dcgan", "penalty": "r1", "r1_gamma": 0.0},
        {"augment": "color", "ada_target": 0.6},
    ],
    ids=str,
)
def test_what_goes_together_is_taken(settings):
    TrainConfig(**settings)


UNUSED = [
    ({"arch": "vae", "pac_size": 2}, "--pac-size"),
    ({"arch": "vae", "n_critic": 2}, "--n-critic"),
    ({"arch": "vae", "augment": "color"}, "--augment"),
    ({"arch": "vae", "loss": "hinge"}, "--loss"),
    ({"arch": "vae", "penalty": "r1"}, "--penalty"),
    ({"arch": "vae", "label_smoothing": 0.1}, "--label-smoothing"),
    ({"arch": "mlp", "progressive": True}, "--progressive"),
    ({"arch": "mlp", "d_norm": "batch"}, "--d-norm"),
    ({"arch": "dcgan", "path_length": 1.0}, "--path-length"),
    ({"arch": "dcgan", "styles": "adain"}, "--styles"),
    ({"arch": "stylegan-lite", "prior": "uniform"}, "--prior"),
    ({"arch": "stylegan-lite", "codes_continuous": 2}, "--codes-continuous"),
    ({"arch": "stylegan-lite", "spectral_norm": True}, "--spectral-norm"),
]


@pytest.mark.parametrize(("settings", "name"), UNUSED, ids=lambda value: str(value)[:40])
def test_a_setting_that_the_architecture_has_no_use_for_is_refused(settings, name):
    with pytest.raises(UserError, match=f"{name} does not apply to --arch {settings['arch']}"):
        check_networks(config_from({"resolution": 32, **settings}))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_valid_and_says_what_it_is(name):
    config = config_from({}, name)
    check_networks(config)
    assert 20 < len(PRESETS[name]["help"]) < 110
    assert set(preset(name)) <= {f.name for f in KNOBS}


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(UserError, match=f"preset 'foo'. Choose from: {', '.join(sorted(PRESETS))}"):
        config_from({}, "foo")


def test_flags_go_over_the_preset_over_the_architecture_over_the_defaults():
    assert config_from({}) == replace(TrainConfig(), **default_preset(TrainConfig.arch))
    assert config_from({"arch": "dcgan"}).beta1 == 0.5  # the architecture's
    assert config_from({}, "mnist-dcgan").beta1 == 0.5  # inherited by `like`
    assert config_from({}, "mnist-dcgan").width == 32  # the preset's own, over 64
    assert config_from({"width": 16, "lr": None}, "mnist-dcgan").width == 16
    assert config_from({"width": 16, "lr": None}, "mnist-dcgan").lr == 2e-4
    assert config_from({"run": "x", "runs": "y"}) == config_from({})


def test_without_a_discriminator_there_is_no_penalty_unless_somebody_asks_for_one(monkeypatch):
    bare = ARCHITECTURES["vae"]._replace(help="an architecture of another method that no preset is named after")
    monkeypatch.setitem(ARCHITECTURES, "bare", bare)
    assert config_from({"arch": "bare"}) == replace(TrainConfig(arch="bare"), penalty="none")
    assert config_from({"arch": "stylegan-lite"}).penalty == TrainConfig.penalty
    with pytest.raises(UserError, match="--penalty does not apply to --arch bare"):
        check_networks(config_from({"arch": "bare", "resolution": 16, "penalty": "gp"}))


def test_a_preset_for_another_architecture_is_refused_rather_than_ignored():
    with pytest.raises(UserError, match=r"--preset mnist-dcgan is for --arch dcgan, not stylegan-lite"):
        config_from({"arch": "stylegan-lite"}, "mnist-dcgan")


def test_dcgan_trains_as_published():
    """Radford et al. 2016, section 4: Adam at 2e-4 with beta1 0.5, batches of 128."""
    config = config_from({"arch": "dcgan"})
    assert (config.lr, config.beta1, config.batch, config.z_dim, config.r1_gamma) == (2e-4, 0.5, 128, 100, 0)


@pytest.mark.parametrize("name", PRESETS)
def test_a_record_gives_the_same_settings_back(name):
    config = config_from({}, name)
    assert config_from_record(asdict(config)) == config


def test_a_record_of_another_version_is_told():
    with pytest.raises(UserError, match=r"does not know: gamma, omega"):
        config_from_record({"omega": 1, "gamma": 2})
    with pytest.raises(UserError, match="--kimg is None"):
        config_from_record({"kimg": None})
    assert config_from_record({"width": 64}) == TrainConfig(width=64)


VARIED = [
    {},
    {"mirror": True, "conditional": True},
    {"convs_per_block": 2, "min_channels": 8, "lr": 1 / 3, "seed": 2**63 - 1},
    {"data": "my images/it's a 'test'.zip", "kimg": 0.1},
    {"data": "-dash"},
]


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("changes", VARIED, ids=repr)
def test_the_command_on_a_card_gives_the_same_settings_again(name, changes):
    changes = (
        changes
        if preset(name)["arch"] == "stylegan-lite"
        else {k: changes[k] for k in changes if k != "convs_per_block"}
    )
    config = replace(config_from({}, name), **changes)
    words = shlex.split(train_command("some-run", asdict(config)))
    assert words[:4] == ["python", "-m", "trainer", "train"]
    arguments = parser().parse_args(words[3:])
    assert arguments.run == "some-run"
    assert config_from(vars(arguments), arguments.preset) == config


def test_a_card_turns_off_what_a_preset_turns_on(monkeypatch):
    monkeypatch.setitem(PRESETS, "dcgan", PRESETS["dcgan"] | {"mirror": True})
    config = replace(config_from({"arch": "dcgan"}), mirror=False)
    assert "--no-mirror" in train_command("r", asdict(config)).split()
    assert config_from(vars(parser().parse_args(shlex.split(train_command("r", asdict(config)))[3:]))) == config


def test_absent_flags_stay_absent():
    knobs = ArgumentParser()
    add_options(knobs, KNOBS)
    assert set(vars(knobs.parse_args([])).values()) == {None}
    assert vars(knobs.parse_args(["--no-mirror"]))["mirror"] is False


def test_a_word_for_a_number_is_argparse_s_own_error(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["train", "--run", "r", "--kimg", "abc"])
    assert stopped.value.code == 2
    assert "--kimg: invalid float value: 'abc'" in capsys.readouterr().err


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_architecture_says_what_it_is(arch):
    assert 20 < len(ARCHITECTURES[arch].help) < 110
