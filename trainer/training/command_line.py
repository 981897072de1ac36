"""The commands of a terminal: what a card prints, what the page shows and starts, what a refusal advises."""

import shlex
from collections.abc import Mapping
from typing import Any

from trainer.training.config import OPTIONS, config_from, flags
from trainer.training.options import words

TRAINER = ("python", "-m", "trainer")


def train_words(run: str, settings: Mapping[str, Any], preset: str = "", queue: bool = False) -> list[str]:
    """The shortest command that starts, or resumes, this training: what preset and architecture bring is left out.

    Args: settings: those that are asked for, by name; preset: a name from PRESETS, "" for none.
    Raises: UserError as `config_from`.
    """
    arch = {"arch": settings["arch"]} if "arch" in settings else {}
    brought = config_from(arch, preset or None)
    chosen = {name: settings[name] for name in OPTIONS if name in settings}
    chosen = {name: value for name, value in chosen.items() if value != getattr(brought, name)}
    named = words({"run": run} | ({"preset": preset} if preset else arch) | chosen)
    return [*TRAINER, "train", *named, *(["--queue"] if queue else [])]


def resume_words(run: str, queue: bool = False) -> list[str]:
    """The command that trains a run on with the settings that it has."""
    return [*TRAINER, "train", *words({"run": run}), *(["--queue"] if queue else [])]


def train_command(run: str, settings: Mapping[str, Any], preset: str = "", queue: bool = False) -> str:
    """`train_words` as somebody types them."""
    return shlex.join(train_words(run, settings, preset, queue))


def resume_command(run: str) -> str:
    """`resume_words` as somebody types them."""
    return shlex.join(resume_words(run))


def branch_command(run: str, wanted: Mapping[str, Any]) -> str:
    """The command that makes a run which goes on with other settings."""
    return shlex.join([*TRAINER, "branch", run, "--run", "NEW", *words(dict(wanted))])


def way_out(run: str, wanted: Mapping[str, Any]) -> str:
    """What to do about settings that this run cannot take over, by name with the values that are asked for."""
    fixed = [name for name in wanted if not OPTIONS[name].metadata["branchable"]]
    if fixed:
        return f"{flags(fixed)} would change the networks: choose another --run to start a new one."
    return f"`{branch_command(run, wanted)}` continues from here with them; another --run starts from scratch."
