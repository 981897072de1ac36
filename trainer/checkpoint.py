"""A checkpoint is a folder that anyone can open without fear: config.json, model.safetensors, preview.webp, README.md.

config.json is written last and holds the hash of the weights, so a folder without it, or whose weights do not match, is
unfinished. Nothing is ever unpickled.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from trainer.errors import UserError
from trainer.files import write_together
from trainer.networks import ARCHITECTURES, Generator
from trainer.pictures import sheet, to_pictures

FORMAT = 1
FIXED_NOISE_SEED = 0  # of the noise inputs where all pictures share them
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
    """Write the folder. Raises UserError when it cannot be written; an older checkpoint there is then as it was."""
    weights = save({name: t.detach().cpu().contiguous() for name, t in generator.state_dict().items()})
    record = json.dumps({**info.__dict__, "sha256": hashlib.sha256(weights).hexdigest()}, indent=2) + "\n"
    files: dict[str, Callable[[Path], object]] = {
        "model.safetensors": lambda path: path.write_bytes(weights),
        "preview.webp": lambda path: preview(generator).save(path, "WEBP", quality=90),
        "README.md": lambda path: path.write_text(card, encoding="utf-8"),
        "config.json": lambda path: path.write_text(record, encoding="utf-8"),
    }
    write_together(folder, files, seal="config.json")


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
        info = CheckpointInfo(**record)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(path, str(error)) from error
    for name, kind in KINDS.items():
        if not isinstance(getattr(info, name), kind):
            raise damaged(path, f"{name} is {getattr(info, name)!r:.60}")
    return info


def damaged(path: Path, reason: str) -> UserError:
    return UserError(f"{path} cannot be read ({reason}). Restore the file or publish the checkpoint again.")


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
        weights = load_file(path)
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} is damaged or no safetensors file ({error}). Copy or publish it again.") from error
    generator = fitting_generator(folder, info, weights)
    broken = [name for name, tensor in weights.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise UserError(
            f"{path} holds NaN or infinite weights, {broken[0]} among {len(broken)}: training had diverged."
        )
    if file_hash(path) != info.sha256:
        raise UserError(f"{path} is not the file that config.json describes: its hash differs. Publish it again.")
    return generator.eval().requires_grad_(False)


def fitting_generator(folder: Path, info: CheckpointInfo, weights: dict[str, Tensor]) -> Generator:
    """The generator that config.json describes, with these weights; nothing is allocated before their shapes fit."""
    network = ARCHITECTURES[info.arch].generator
    try:
        with torch.device("meta"):
            wanted = network(**info.options).state_dict()
    except (TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError) as error:
        reason = str(error).split("\n")[0]
        raise UserError(f"{folder / 'config.json'}: options that {info.arch} does not take ({reason}).") from error
    wrong = [name for name in wanted.keys() | weights.keys() if shape(wanted, name) != shape(weights, name)]
    if wrong:
        name = min(wrong)
        raise UserError(
            f"{folder / 'model.safetensors'} does not fit the {info.arch} that its config.json describes: "
            f"{name} is {shape(weights, name)} instead of {shape(wanted, name)} ({len(wrong)} differ)."
        )
    generator = network(**info.options)
    generator.load_state_dict(weights)
    return generator


def shape(tensors: dict[str, Tensor], name: str) -> str:
    """As in: 512 x 100 x 4 x 4; or the word missing."""
    return " x ".join(map(str, tensors[name].shape)) or "a number" if name in tensors else "missing"


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@torch.inference_mode()
def draw_samples(
    generator: Generator, n: int, seed: int = 0, psi: float = 1.0, labels: np.ndarray | None = None
) -> np.ndarray:
    """n pictures from one seed, uint8 (n, H, W, C), or points (n, 1, 1, 2).

    Args: labels: int (n,), the class of each; None for the classes in turn, where the generator has some.
    """
    rng = torch.Generator().manual_seed(seed)
    device = generator.w_avg.device
    wanted = np.arange(n) % max(generator.num_classes, 1) if labels is None else labels
    pictures = []
    for start in range(0, n, 64):
        count = min(64, n - start)
        z = torch.randn(count, generator.z_dim, generator=rng).to(device)
        noise = [layer.to(device) for layer in generator.draw_noise(count, rng)]
        label = torch.from_numpy(wanted[start : start + count]).to(device)
        ws = generator.truncate(generator.map(z, label), psi)
        pictures.append(to_pictures(generator.synthesize(ws, noise)))
    return np.concatenate(pictures)


def seed_z(seed: int, z_dim: int) -> np.ndarray:
    """The z of a seed, wherever a picture is known by one: standard normal float32 (z_dim,)."""
    return np.random.default_rng(seed).standard_normal(z_dim, dtype=np.float32)


@torch.inference_mode()
def draw_seeds(generator: Generator, seeds: Sequence[int]) -> np.ndarray:
    """The pictures that the explorer shows for these seeds, uint8 (n, H, W, C): one noise for all, classes in turn.

    One pass, so that a picture may differ by 1/255 a pixel from the same one drawn in other company.
    """
    device = generator.w_avg.device
    z = torch.from_numpy(np.stack([seed_z(seed, generator.z_dim) for seed in seeds])).to(device)
    fixed = generator.draw_noise(1, torch.Generator().manual_seed(FIXED_NOISE_SEED))
    noise = [layer.to(device).expand(len(seeds), -1, -1, -1) for layer in fixed]
    label = torch.arange(len(seeds), device=device) % max(generator.num_classes, 1)
    return to_pictures(generator.synthesize(generator.map(z, label), noise))


def preview(generator: Generator) -> Image.Image:
    """A 4 x 4 sheet of uncurated samples."""
    return sheet(draw_samples(generator, 16), columns=4)
