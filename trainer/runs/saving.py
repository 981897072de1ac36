"""What a training leaves behind when it saves: the resumable state, a sheet, a checkpoint, a snapshot that is kept."""

import inspect
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from trainer.checkpoints.checkpoint import CheckpointInfo, save_checkpoint
from trainer.checkpoints.examples import examples_of
from trainer.checkpoints.model_card import model_card
from trainer.checkpoints.sampling import sample
from trainer.checkpoints.tried import Tried, tried_on
from trainer.data import Dataset
from trainer.networks import ARCHITECTURES, Translator, is_translator
from trainer.runs.session import Session
from trainer.runs.snapshots import keep
from trainer.training.config import TrainConfig
from trainer.training.methods import method_for
from trainer.training.methods.base import options_for
from trainer.training.state import TrainState
from trainer.util.atomic_io import write_atomically
from trainer.util.images import sheet as image_grid
from trainer.util.images import to_pixels

SHAPE = ("resolution", "channels", "num_classes", "given_channels")  # of a network, which the data decide
COLUMNS = 8
TILES = 64  # images of a sheet: the seeds 0 to 63


def save(session: Session) -> None:
    """The state first, then what people look at; then the commands that led to it are answered."""
    run, seen = session.run, session.state.images_seen
    run.save_state(session.state)
    tried = tried_now(session)
    sheet, path = tried.preview if tried else draw_sheet(session), run.folder / "samples" / f"{seen:08d}.webp"
    write_atomically(path, lambda temporary: sheet.save(temporary, "WEBP", quality=90))
    write_snapshot(session, run.latest, tried)
    keep(run, seen, session.config.keep_mb)
    for id, text in session.answers:
        session.store.answer(id, text)


def draw_sheet(session: Session) -> Image.Image:
    """What the method shows of itself, as one image."""
    shown = method_for(session.config).sheet(session.state, session.dataset)
    if isinstance(shown, Image.Image):
        return shown
    samples = sample(session.state.ema.module, range(TILES)) if shown is None else to_pixels(shown)
    return image_grid(samples, COLUMNS)


def sheet_kind(config: TrainConfig) -> str:
    """What the sheets of a run show: "seeds", "points"; of a translator "pairs", or "collections" without a truth."""
    if is_translator(config.arch):
        return "collections" if method_for(config).takes == "collections" else "pairs"
    return "points" if config.resolution == 1 else "seeds"


def save_snapshot(session: Session, folder: Path) -> None:
    """Write the moving average as a checkpoint, with its model card."""
    write_snapshot(session, folder, tried_now(session))


def write_snapshot(session: Session, folder: Path, tried: Tried | None) -> None:
    """`save_snapshot` of what a translator has been tried on already."""
    info = checkpoint_info(session.config, session.dataset, session.state)
    save_checkpoint(folder, session.state.ema.module, info, model_card(session.run.name, info), tried=tried)


def tried_now(session: Session) -> Tried | None:
    """What a translator makes of images that it does not see in training, where there are any; None of others."""
    g, data = session.state.ema.module, session.held_out or session.dataset
    if not isinstance(g, Translator):
        return None
    return tried_on(g, examples_of(g, data.images, data.given_images, data.paired))


def shape_of(network: Any) -> dict[str, int]:
    """What the data decided of a network: those of SHAPE that its constructor takes."""
    taken = inspect.signature(type(network)).parameters
    return {name: getattr(network, name) for name in SHAPE if name in taken}


def checkpoint_info(config: TrainConfig, dataset: Dataset, state: TrainState) -> CheckpointInfo:
    """The checkpoint's config.json for the state as it is."""
    g: Any = state.ema.module
    network = ARCHITECTURES[config.arch].generator
    options = options_for(network, config) | shape_of(g)
    kimg = f"{state.images_seen / 1000:,.0f}"
    size = "2-D points" if g.resolution == 1 else f"{g.resolution} x {g.resolution}"
    return CheckpointInfo(
        arch=config.arch,
        options=options,
        images_seen=state.images_seen,
        summary=f"{config.arch} on {dataset.name}, {size}, {kimg} kimg",
        data={
            "name": dataset.name,
            "pictures": len(dataset),
            "licence": dataset.licence,
            "credit": dataset.credit,
            "attributes": {a.name: list(a.values) for a in dataset.attributes},
            **({"given": asdict(dataset.given)} if dataset.given else {}),
            **({"started_from": state.started_from} if state.started_from else {}),
        },
        train=asdict(config),
        seconds=round(state.seconds, 1),
    )
