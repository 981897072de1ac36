"""Checkpoints on the Hugging Face Hub: of a repository, only the files that a checkpoint has are read."""

from pathlib import Path

from trainer.checkpoints.checkpoint import read_info
from trainer.util.errors import UserError
from trainer.util.hub import Limits, Tell, fetched

CONFIG = "config.json"
FILES = (
    CONFIG,
    "model.safetensors",
    "preview.webp",
    "README.md",
    "reference.safetensors",
    "critic.safetensors",
    "directions.safetensors",
)
LIMITS = Limits(size=2**30)


def fetched_checkpoint(address: str, tell: Tell | None = None) -> Path:
    """The folder of the checkpoint at hf://user/repo, downloaded if need be.

    config.json comes first, so that of a repository of another kind nothing large is downloaded. Raises UserError for
    one, and as `fetched`. Args: tell: as `fetched` takes it.
    """
    folder = fetched(address, (CONFIG,), LIMITS)
    if folder.is_file():
        raise UserError(f"{address} names a file. A checkpoint is a folder or a whole repository: leave the file out.")
    read_info(folder)
    return fetched(address, FILES, LIMITS, tell)
