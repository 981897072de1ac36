"""A checkpoint is a folder that anyone can open without fear: config.json, model.safetensors, preview.webp, README.md,
and where it is kept critic.safetensors.

config.json is written last and holds the hash of the weights, so a folder without it, or whose weights do not match, is
unfinished. Nothing is ever unpickled.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from PIL import Image
from safetensors.torch import save

from trainer.checkpoints.building import built, network_class, wanted_tensors
from trainer.checkpoints.critic import FILE as CRITIC
from trainer.checkpoints.critic import KEY, PackedCritic
from trainer.checkpoints.examples import FILE as EXAMPLES
from trainer.checkpoints.sampling import sample
from trainer.checkpoints.tried import Tried
from trainer.checkpoints.weights import checked_weights
from trainer.networks import Generator, Translator, generator_class, translator_class
from trainer.networks.base import LARGE
from trainer.util import old_names
from trainer.util.atomic_io import write_together
from trainer.util.errors import UserError
from trainer.util.images import sheet, thumbnails
from trainer.util.reading import Unfit, place, printable, read_json, reason

FORMAT = 1
MAX_SUMMARY = 1000  # characters
PICKLES = {".pt", ".pth", ".pkl", ".ckpt", ".bin"}
PREVIEWED = 16  # seeds of a preview: 0 to 15
PREVIEWED_LARGE, PREVIEWED_SIDE = 4, 256  # seeds where an image takes seconds, and pixels a side of their preview
KINDS: dict[str, Any] = {  # of what stands in config.json
    "arch": str,
    "options": dict,
    "images_seen": int,
    "summary": str,
    "data": dict,
    "train": dict,
    "seconds": int | float,
    "sha256": str,
}


@dataclass(frozen=True)
class CheckpointInfo:
    """What config.json holds.

    Attributes:
        arch, options: the architecture and the constructor arguments of its generator.
        images_seen: real images shown in training.
        summary: one line for the chooser.
        data: name, licence, credit and attribute names of the data set; the record of the critic, if one is kept, and
            of the checkpoint that it was started from.
        train: the TrainConfig's record.
        seconds: training time.
        sha256: of model.safetensors.
    """

    arch: str
    options: dict[str, Any]
    images_seen: int
    summary: str
    data: dict[str, Any]
    train: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    sha256: str = ""
    format: int = FORMAT


def save_checkpoint(
    folder: Path,
    network: Generator | Translator,
    info: CheckpointInfo,
    card: str,
    critic: PackedCritic | None = None,
    tried: Tried | None = None,
) -> None:
    """Write the folder. Raises UserError when it cannot be written; an older checkpoint there is then as it was.

    Args: tried: the preview and the examples of a translator, which has no samples of its own.
    """
    weights = save({name: t.detach().cpu().contiguous() for name, t in network.state_dict().items()})
    data = {key: value for key, value in info.data.items() if key != KEY} | ({KEY: critic.record} if critic else {})
    told = {**info.__dict__, "data": data, "sha256": hashlib.sha256(weights).hexdigest()}
    record = json.dumps(told, indent=2) + "\n"
    files: dict[str, Callable[[Path], object]] = {
        "model.safetensors": lambda path: path.write_bytes(weights),
        "preview.webp": lambda path: (tried.preview if tried else preview(network)).save(path, "WEBP", quality=90),
        "README.md": lambda path: path.write_text(card, encoding="utf-8"),
    }
    if tried:
        files[EXAMPLES] = lambda path: path.write_bytes(tried.examples)
    if critic:
        files[CRITIC] = lambda path: path.write_bytes(critic.data)
    files["config.json"] = lambda path: path.write_text(record, encoding="utf-8")
    write_together(folder, files, seal="config.json")
    if not critic:
        with suppress(OSError):
            (folder / CRITIC).unlink()


def read_info(folder: Path) -> CheckpointInfo:
    """Read config.json alone. Raises UserError if it is missing, unreadable or of another version."""
    path = folder / "config.json"
    if not path.is_file():
        found = [printable(p.name) for p in sorted(folder.glob("*"))[:8]]
        raise UserError(
            f"{place(folder)} is not a finished checkpoint: it has no config.json "
            f"(found: {', '.join(found) or 'nothing'}). `python -m trainer publish RUN --as {printable(folder.name)}` "
            "writes one."
        )
    try:
        record = read_json(path)
        version = record.get("format")
        if version != FORMAT:
            raise UserError(
                f"{place(folder)} is of checkpoint format {version!s:.20}; this version reads format {FORMAT}."
            )
        unknown = sorted(set(record) - {f.name for f in fields(CheckpointInfo)})
        if unknown:
            raise Unfit(f"it has unknown fields: {', '.join(unknown)[:60]}")
        info = CheckpointInfo(**record)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise damaged(path, reason(error)) from error
    for name, kind in KINDS.items():
        if not isinstance(getattr(info, name), kind):
            raise damaged(path, f"{name} is {getattr(info, name)!r:.60}")
    if len(info.summary) > MAX_SUMMARY:
        raise damaged(path, f"its summary has {len(info.summary)} characters")
    return replace(info, options=old_names.current(info.options), train=old_names.current(info.train))


def damaged(path: Path, reason: str) -> UserError:
    """The error for a file of a checkpoint that cannot be read."""
    return UserError(f"{place(path)} cannot be read ({reason}). Restore the file or publish the checkpoint again.")


def load_generator(folder: Path, info: CheckpointInfo) -> Generator:
    """`load_network` of a latent model. Raises UserError for a translator, too."""
    generator_class(info.arch)
    network = load_network(folder, info)
    assert isinstance(network, Generator)
    return network


def load_translator(folder: Path, info: CheckpointInfo) -> Translator:
    """`load_network` of a translator. Raises UserError for a latent model, too."""
    translator_class(info.arch)
    network = load_network(folder, info)
    assert isinstance(network, Translator)
    return network


def load_network(folder: Path, info: CheckpointInfo) -> Generator | Translator:
    """Build the network and load its weights, in evaluation mode.

    The file is read once, so that what is checked is what is used even if somebody writes it meanwhile. Raises
    UserError for missing, truncated, pickled or mismatched weights, wrong shapes, NaN and unknown architectures.
    """
    path = folder / "model.safetensors"
    if not path.is_file():
        pickles = [printable(p.name) for p in folder.iterdir() if p.suffix in PICKLES]
        found = f"; {', '.join(pickles)} is a pickle, which is never opened: it could run any code" if pickles else ""
        raise UserError(f"{place(folder)} has no model.safetensors{found}.")
    network_class(info.arch)
    weights = checked_weights(
        path, info.arch, lambda count: wanted_tensors(info.arch, info.options, count), info.sha256
    )
    try:
        return built(info.arch, info.options, weights)
    except Unfit as error:
        raise UserError(f"{place(folder / 'config.json')} describes {error}. Publish the checkpoint again.") from error


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def preview(generator: Generator | Translator) -> Image.Image:
    """A sheet of uncurated samples, the first seeds: 4 x 4, of large images one row, made smaller."""
    assert isinstance(generator, Generator)
    if generator.resolution < LARGE:
        return sheet(sample(generator, range(PREVIEWED)), columns=4)
    return sheet(thumbnails(sample(generator, range(PREVIEWED_LARGE)), PREVIEWED_SIDE), columns=4)
