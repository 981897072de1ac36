"""The model card (README.md) that travels with a checkpoint."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from trainer.checkpoints.card_data import card_data, headed
from trainer.networks import is_translator
from trainer.training.command_line import train_command
from trainer.training.config import config_from_record

if TYPE_CHECKING:
    from trainer.checkpoints.checkpoint import CheckpointInfo


SHOWN = {
    False: "Samples: `preview.webp`, seeds 0 to 15, uncurated, no truncation.",
    True: "Examples: `preview.webp`, rows of input, output and truth, uncurated; not trained on where the data set has "
    "such images.",
}


def model_card(name: str, info: "CheckpointInfo", note: str = "") -> str:
    """Markdown for a checkpoint: what it is, on what, under which licence, made how, how far it got; then the note."""
    config = config_from_record(info.train)
    hours = info.seconds / 3600
    attributes = ", ".join(info.data["attributes"]) or "none"
    start = info.data.get("started_from")
    text = f"""# {name}

{info.summary}.

| | |
| --- | --- |
| architecture | {info.arch} ({", ".join(f"{k} {v}" for k, v in info.options.items())}) |
| data | {info.data["name"]}, {info.data["pictures"]:,} images; attributes: {attributes} |
| licence of the data | {info.data["licence"]} |
| credit | {info.data["credit"]} |
| trained | {info.images_seen:,} real images seen, {hours:.1f} hours |
{start_row(start) if start else ""}| weights | exponential moving average (EMA) of the generator, safetensors |

Trained by

```
{train_command(name, asdict(config))}
```

{SHOWN[is_translator(info.arch)]}
{f"{chr(10)}{note}{chr(10)}" if note else ""}"""
    return headed(text, card_data(info))


def start_row(start: Mapping[str, Any]) -> str:
    """The row on the checkpoint whose weights the training began with."""
    return (
        f"| started from | {start['name']}, trained on {start['data']} ({start['licence']}), "
        f"{start['images_seen']:,} real images seen; sha256 of its weights {start['sha256']} |\n"
    )
