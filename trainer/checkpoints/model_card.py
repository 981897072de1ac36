"""The model card (README.md) that travels with a checkpoint."""

import shlex
from dataclasses import fields
from typing import TYPE_CHECKING

from trainer.training.config import TrainConfig, config_from, config_from_record, flag

if TYPE_CHECKING:
    from trainer.checkpoints.checkpoint import CheckpointInfo


def command_for(config: TrainConfig, run: str) -> str:
    """The shortest command that starts this training again."""
    given = config_from({"arch": config.arch})
    words = ["python", "-m", "trainer", "train", "--run", run, "--arch", config.arch]
    for f in fields(TrainConfig):
        value = getattr(config, f.name)
        if f.name == "arch" or value == getattr(given, f.name):
            continue
        if f.type is bool:
            words.append(flag(f.name) if value else flag("no_" + f.name))
        else:
            words += [f"{flag(f.name)}={value}"] if str(value).startswith("-") else [flag(f.name), str(value)]
    return shlex.join(words)


def model_card(name: str, info: "CheckpointInfo", note: str = "") -> str:
    """Markdown for a checkpoint: what it is, on what, under which licence, made how, how far it got; then the note."""
    config = config_from_record(info.train)
    hours = info.seconds / 3600
    attributes = ", ".join(info.data["attributes"]) or "none"
    return f"""---
license: other
tags: [gan, {info.arch}, unconditional-image-generation]
---
# {name}

{info.summary}.

| | |
| --- | --- |
| architecture | {info.arch} ({", ".join(f"{k} {v}" for k, v in info.options.items())}) |
| data | {info.data["name"]}, {info.data["pictures"]:,} pictures; attributes: {attributes} |
| licence of the data | {info.data["licence"]} |
| credit | {info.data["credit"]} |
| trained | {info.images_seen:,} real pictures seen, {hours:.1f} hours |
| weights | the moving average of the generator, safetensors |

Trained by

```
{command_for(config, name)}
```

Samples: `preview.webp`, uncurated, seeds 0 to 15, no truncation.
{f"{chr(10)}{note}{chr(10)}" if note else ""}"""
