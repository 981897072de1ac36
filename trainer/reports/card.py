"""What an evaluation leaves in a model card: its section for people, and from that section the figures for the Hub."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.checkpoints.card_data import card_data, data_set, headed, task
from trainer.checkpoints.checkpoint import CheckpointInfo, read_info
from trainer.metrics import all_figures
from trainer.util.atomic_io import write_text
from trainer.util.errors import UserError

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

SECTION = re.compile(r"\n## Evaluated\n.*?(?=\n## |\Z)", re.DOTALL)
COUNTS = re.compile(r"^\| ([\d,]+) generated, ([\d,]+) real images \|", re.MULTILINE)
FIGURE = re.compile(r"^\| (\w+) \| (-?[\d.]+(?:e[+-]?\d+)?) \|$", re.MULTILINE)
FEATURES = re.compile(r"^Features of (.+?);", re.MULTILINE)


def read_card(folder: Path) -> str:
    """The text of a checkpoint's card. Raises UserError if it cannot be read."""
    card = folder / "README.md"
    try:
        return card.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UserError(f"{card} cannot be read ({error}). Publish the checkpoint again; that writes one.") from error


def write_section(folder: Path, section: str) -> None:
    """Put a section on an evaluation in the place of the one in a card. Raises UserError if it cannot be written."""
    text = SECTION.sub("", read_card(folder)).rstrip("\n") + "\n" + section
    write_text(folder / "README.md", renewed(folder.name, text, read_info(folder)))


def renewed(name: str, text: str, info: CheckpointInfo) -> str:
    """A card with its head made anew: what is known of the checkpoint, and the figures of the card's own section."""
    data = card_data(info)
    found = list(results(text, info))
    if found:
        data.model_name, data.eval_results = name, found
        data.metrics = [result.metric_type for result in found]
    return headed(text, data)


def results(text: str, info: CheckpointInfo) -> Iterator["EvalResult"]:
    """The figures of a card's section as the Hub's model-index has them: none may be read without its features."""
    from huggingface_hub import EvalResult

    section = SECTION.search(text)
    counts, features = (pattern.search(section[0]) if section else None for pattern in (COUNTS, FEATURES))
    if section is None or counts is None or features is None:
        return
    known = all_figures()
    sizes = f"{counts[1]} generated, {counts[2]} real images"
    for key, value in FIGURE.findall(section[0]):
        if key in known:
            space = "pixel space" if is_of_pixels(key) else f"features of {features[1]}"
            yield EvalResult(
                task_type=task(info),
                dataset_type=data_set(info) or str(info.data.get("name") or "unknown"),
                dataset_name=str(info.data.get("name") or "unknown"),
                metric_type=key,
                metric_value=float(value),
                metric_name=f"{known[key].title}: {space}, {sizes}",
            )


def is_of_pixels(key: str) -> bool:
    """Whether a figure is evaluated in pixel space, where a verdict wants it."""
    return key.startswith("pixel_") or key == "copy_fraction"
