"""A checkpoint is a folder that anyone can open without fear: config.json, model.safetensors, preview.webp, README.md.

config.json is written last and holds the hash of the weights, so a folder without it, or whose weights do not match, is
unfinished. Nothing is ever unpickled.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from trainer.errors import UserError
from trainer.files import write_atomically, write_text
from trainer.networks import ARCHITECTURES, Generator
from trainer.pictures import sheet, to_uint8

FORMAT = 1


@dataclass(frozen=True)
class CheckpointInfo:
    """What config.json holds.

    Attributes:
        arch, options: the architecture and the constructor arguments of its generator.
        images_seen: real pictures shown in training.
        summary: one line for the chooser.
        data: name, licence, credit and attribute names of the data set.
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


def save_checkpoint(folder: Path, generator: Generator, info: CheckpointInfo, card: str) -> None:
    """Write the folder. Raises UserError when it cannot be written; the config.json of an older one goes first."""
    try:
        (folder / "config.json").unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"Cannot replace the checkpoint {folder}: {error.strerror}.") from error
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in generator.state_dict().items()}
    write_atomically(folder / "model.safetensors", lambda path: save_file(weights, path))
    write_atomically(folder / "preview.webp", lambda path: preview(generator).save(path, "WEBP", quality=90))
    write_text(folder / "README.md", card)
    record = {**info.__dict__, "sha256": file_hash(folder / "model.safetensors")}
    write_text(folder / "config.json", json.dumps(record, indent=2) + "\n")


def read_info(folder: Path) -> CheckpointInfo:
    """Read config.json alone. Raises UserError if it is missing, unreadable or of another version."""
    path = folder / "config.json"
    if not path.is_file():
        found = sorted(p.name for p in folder.glob("*"))[:8]
        raise UserError(
            f"{folder} is not a finished checkpoint: it has no config.json (found: {', '.join(found) or 'nothing'}). "
            f"`python -m trainer publish RUN --as {folder.name}` writes one."
        )
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        version = record.get("format")
        if version != FORMAT:
            raise UserError(f"{folder} is of checkpoint format {version}; this version reads format {FORMAT}.")
        return CheckpointInfo(**record)
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path} cannot be read ({error}). Restore the file or publish the checkpoint again.") from error


def load_generator(folder: Path, info: CheckpointInfo) -> Generator:
    """Build the generator and load its weights, in evaluation mode.

    Raises UserError for missing, truncated, pickled or mismatched weights, wrong shapes, NaN and unknown architectures.
    """
    path = folder / "model.safetensors"
    if not path.is_file():
        pickles = [p.name for p in folder.iterdir() if p.suffix in {".pt", ".pth", ".pkl", ".ckpt", ".bin"}]
        found = f"; {', '.join(pickles)} is a pickle, which is never opened: it could run any code" if pickles else ""
        raise UserError(f"{folder} has no model.safetensors{found}.")
    try:
        generator = ARCHITECTURES[info.arch].generator(**info.options)
        weights = load_file(path)
    except TypeError as error:
        raise UserError(f"{folder / 'config.json'}: options that {info.arch} does not take ({error}).") from error
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} is damaged or no safetensors file ({error}). Copy or publish it again.") from error
    try:
        generator.load_state_dict(weights)
    except RuntimeError as error:
        reason = str(error).split("\n")[1].strip()
        raise UserError(f"{path} does not fit the {info.arch} that its config.json describes: {reason}") from error
    broken = [name for name, tensor in weights.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise UserError(f"{path} holds NaN or infinite weights, {broken[0]} among {len(broken)}: training had diverged.")
    if file_hash(path) != info.sha256:
        raise UserError(f"{path} is not the file that config.json describes: its hash differs. Publish it again.")
    return generator.eval().requires_grad_(False)


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@torch.inference_mode()
def draw_samples(generator: Generator, n: int, seed: int = 0, psi: float = 1.0) -> np.ndarray:
    """n pictures from one seed, uint8 (n, H, W, C); classes in turn where the model has classes."""
    rng = torch.Generator().manual_seed(seed)
    device = generator.w_avg.device
    pictures = []
    for start in range(0, n, 64):
        count = min(64, n - start)
        z = torch.randn(count, generator.z_dim, generator=rng).to(device)
        noise = [layer.to(device) for layer in generator.draw_noise(count, rng)]
        label = torch.arange(start, start + count, device=device) % max(generator.num_classes, 1)
        ws = generator.truncate(generator.map(z, label), psi)
        pictures.append(to_uint8(generator.synthesize(ws, noise)))
    return np.concatenate(pictures)


def preview(generator: Generator) -> Image.Image:
    """A 4 x 4 sheet of uncurated samples."""
    return sheet(draw_samples(generator, 16), columns=4)
