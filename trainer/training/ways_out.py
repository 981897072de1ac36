"""What somebody can do instead, where a run refuses other settings."""

import shlex
from collections.abc import Mapping
from typing import Any

from trainer.training.config import flag

NETWORKS = frozenset({  # settings that decide which weights there are: no state fits other ones
    "arch", "resolution", "conditional", "z_dim", "width", "fine_width", "refine", "styles",
    "codes_categorical", "codes_continuous", "progressive", "d_norm", "spectral_norm", "minibatch_stddev", "pack",
})  # fmt: skip


def branch_command(run: str, wanted: Mapping[str, Any]) -> str:
    """The command that makes a run which goes on with other settings."""
    words = ["python", "-m", "trainer", "branch", run, "--run", "NEW"]
    for name, value in wanted.items():
        if isinstance(value, bool):
            words.append(flag(name if value else f"no_{name}"))
        else:
            words += [f"{flag(name)}={value}"] if str(value).startswith("-") else [flag(name), str(value)]
    return shlex.join(words)


def way_out(run: str, wanted: Mapping[str, Any]) -> str:
    """What to do about settings that this run cannot take over, by name with the values that are asked for."""
    fixed = [flag(name) for name in wanted if name in NETWORKS]
    if fixed:
        return f"{', '.join(fixed)} would make other networks: choose another --run, which begins anew."
    return f"`{branch_command(run, wanted)}` makes a run that goes on from here with them; another --run begins anew."
