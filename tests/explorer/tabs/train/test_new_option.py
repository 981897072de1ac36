"""An option is one line: all that reads the options knows a new one by itself."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pytest

from explorer.tabs.train.form import schema
from trainer.cli.main import main, parser
from trainer.training import config
from trainer.training.changes import with_changes
from trainer.training.command_line import train_command, way_out
from trainer.training.config import OPTIONS, TrainConfig, config_from, config_from_record
from trainer.training.options import MAIN, STABILISERS, Where, option
from trainer.training.validation import check_applies
from trainer.util.errors import UserError

GP = Where("--penalty gp", ("penalty",), lambda penalty: penalty.knob == "gp_weight")


@dataclass(frozen=True, kw_only=True)
class Longer(TrainConfig):
    """The settings of today and two more."""

    warmth: float = option(0.5, "how warm D is", STABILISERS, min_=0, max_=1, applies_to=[GP], mutable=True)
    sheen: int = option(0, "how G shines", MAIN, min_=0, applies_to=[Where("--mirror", ("mirror",))], branchable=False)


@pytest.fixture
def longer(monkeypatch) -> None:
    """TrainConfig with the new lines."""
    monkeypatch.setattr(config, "TrainConfig", Longer)
    for f in fields(Longer)[-2:]:
        monkeypatch.setitem(OPTIONS, f.name, f)


@pytest.mark.usefixtures("longer")
def test_the_form_and_the_dialogs_show_it_in_its_group():
    (field,) = [field for field in schema(Path("nowhere"))["fields"] if field["name"] == "warmth"]
    assert field == {
        "name": "warmth", "label": "warmth", "help": "how warm D is", "kind": "number", "group": STABILISERS,
        "choices": [], "open": False, "min": 0, "max": 1, "applies_to": [{"settings": ("penalty",), "names": ["gp"]}],
        "mutable": True, "branchable": True,
    }  # fmt: skip


@pytest.mark.usefixtures("longer")
@pytest.mark.parametrize("command", ["train", "control", "branch"])
def test_the_command_line_takes_it_and_explains_it(command: str, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    printed = " ".join(capsys.readouterr().out.split())
    assert "--warmth FLOAT how warm D is (--penalty gp) [0.5]" in printed
    assert f"{STABILISERS}:" in printed


@pytest.mark.usefixtures("longer")
def test_it_is_refused_where_it_cannot_be_or_has_no_effect():
    with pytest.raises(UserError, match=r"--warmth is 3.0; it must be at least 0 and at most 1") as refused:
        config_from({"warmth": 3.0})
    assert refused.value.field == "warmth"
    with pytest.raises(UserError, match=r"--warmth does not apply to --penalty r1\. .*choose --penalty gp"):
        check_applies(config_from({"warmth": 0.7}))
    check_applies(config_from({"warmth": 0.7, "penalty": "gp"}))
    with pytest.raises(UserError, match="--sheen has no effect without --mirror"):
        check_applies(config_from({"sheen": 1}))
    check_applies(config_from({"sheen": 1, "mirror": True}))
    with pytest.raises(UserError, match="--sheen cannot be changed during training"):
        with_changes(config_from({"mirror": True}), {"sheen": 1})
    assert "--sheen would change the networks" in way_out("r", {"sheen": 1})


@pytest.mark.usefixtures("longer")
def test_it_can_be_changed_while_training_recorded_and_told():
    asked = config_from({"penalty": "gp"})
    changed = with_changes(asked, {"warmth": 0.7})
    assert config_from_record(asdict(changed)) == changed
    command = train_command("r", asdict(changed))
    assert "--penalty gp --warmth 0.7" in command
    read = parser().parse_args(command.split()[3:])
    assert config_from(vars(read)) == changed
    assert "branch r --run NEW --warmth 0.7" in way_out("r", {"warmth": 0.7})
