"""The model card of an imported checkpoint: from which file, what is known of it, what stayed behind."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.checkpoints.card_data import card_data, headed

if TYPE_CHECKING:
    from trainer.checkpoints.checkpoint import CheckpointInfo


def import_card(name: str, source: Path, info: "CheckpointInfo", lost: Iterable[str]) -> str:
    """Markdown for an imported checkpoint; what the file does not say is called unknown."""
    text = f"""# {name}

{info.summary}.

| | |
| --- | --- |
| architecture | {info.arch} ({", ".join(f"{k} {v}" for k, v in info.options.items())}) |
| imported from | `{source.name}` |
| data | {info.data.get("name") or "unknown"} |
| licence | {info.data.get("licence") or "unknown: the file names none"} |
| credit | {info.data.get("credit") or "unknown"} |

{" ".join(lost)}

Samples: `preview.webp`, the first seeds, uncurated, no truncation.
"""
    return headed(text, card_data(info))
