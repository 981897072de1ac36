"""Drives the loop for one run: resumes, measures, saves, and hands out progress for somebody else to show."""

import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.utilities.exceptions import MisconfigurationException
from lightning_fabric.utilities.rank_zero import rank_zero_only

from trainer.cards import model_card
from trainer.checkpoint import CheckpointInfo, draw_samples, save_checkpoint
from trainer.config import TrainConfig
from trainer.data import Dataset, load
from trainer.errors import UserError
from trainer.files import write_atomically
from trainer.loop import TrainState, check_dataset, check_networks, new_state, options_for, train
from trainer.networks import ARCHITECTURES
from trainer.pictures import sheet
from trainer.runs import Run

REPORT_IMAGES = 1000  # measurements are means over about this many pictures


@dataclass(frozen=True)
class Progress:
    """Means since the last progress.

    Attributes:
        images_seen, total_images: real pictures so far and in the end.
        images_per_s: over the last stretch.
        values: losses and D's accuracies.
        saved: whether the state and a snapshot have just been written.
    """

    images_seen: int
    total_images: int
    images_per_s: float
    values: dict[str, float]
    saved: bool

    @property
    def seconds_left(self) -> float:
        return max(0, self.total_images - self.images_seen) / max(self.images_per_s, 1e-9)


def open_fabric(config: TrainConfig) -> Fabric:
    """Fabric for this config, not yet launched, with deterministic algorithms where the device has them.

    Raises UserError for devices, a strategy or a precision that this machine does not have.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    # A debugging aid of the former that costs a sixth of the time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    precision: Any = config.precision
    with fabric_errors(config):
        fabric = Fabric(
            devices=config.devices, num_nodes=config.num_nodes, strategy=config.strategy, precision=precision
        )
    cores = os.cpu_count() or 1
    if fabric.device.type == "cpu" and config.devices > cores:
        raise UserError(f"--devices is {config.devices}; this machine has no accelerator and {cores} CPU cores.")
    return fabric


@contextmanager
def fabric_errors(config: TrainConfig) -> Iterator[None]:
    """Tell what Fabric refuses as a UserError."""
    try:
        yield
    except (MisconfigurationException, ValueError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"--devices {config.devices} --num-nodes {config.num_nodes} --strategy {config.strategy} "
            f"--precision {config.precision} cannot work here: {reason}"
        ) from error


@contextmanager
def memory_errors() -> Iterator[None]:
    """Tell too little memory as a UserError."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        told = isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)
        if not told:
            raise
        raise UserError("There is not enough memory. Lower --batch, --width or --resolution.") from error


def is_first_process() -> bool:
    """Whether this process is the one that packs, locks, writes and prints; known before the others are started."""
    rank: int = rank_zero_only.rank  # type: ignore[attr-defined]
    return rank == 0 and int(os.environ.get("NODE_RANK", 0)) == 0


def run_training(
    run: Run,
    config: TrainConfig,
    *,
    data_dir: Path,
    stopping: Callable[[], bool] = lambda: False,
    tell: Callable[[str], object] = lambda note: None,
    dataset: Dataset | None = None,
) -> Iterator[Progress]:
    """Train a run from where it stands to its end, or until `stopping()` is true between two steps; save either way.

    Yields a Progress about every REPORT_IMAGES pictures, after it has told the data set's notes, such as which files
    could not be read. Raises UserError for settings, data or a folder that cannot
    work, before the first step wherever possible, and for a training that diverges.
    """

    def opened() -> Dataset:
        limit = config.limit or None
        return dataset or load(config.data, resolution=config.resolution, data_dir=data_dir, limit=limit)

    check_networks(config)
    fabric = open_fabric(config)
    first = is_first_process()
    with memory_errors(), run.lock() if first else nullcontext():
        if first:
            pictures = opened()  # packed before the other processes are there to do the same
            check_dataset(config, pictures)
            for note in pictures.notes:
                tell(note)
            run.claim(config)
        with fabric_errors(config):
            fabric.launch()
        data = opened()
        state = new_state(config, data, fabric)
        run.load_state(state)
        if first:
            run.store().forget_after(state.images_seen)
        yield from follow(run, config, data, state, fabric, stopping)


def follow(
    run: Run, config: TrainConfig, dataset: Dataset, state: TrainState, fabric: Fabric, stopping: Callable[[], bool]
) -> Iterator[Progress]:
    """The loop with its book-keeping: means over all processes, rates, saves."""
    sums: dict[str, torch.Tensor] = {}
    steps, since, seen_before = 0, time.perf_counter(), state.images_seen
    saved_at = state.images_seen if state.images_seen else -1
    for report in train(state, dataset, config, fabric):
        steps += 1
        sums = {name: sums.get(name, 0) + value for name, value in report.values.items()}
        stop = any_process(stopping(), fabric) or report.images_seen >= config.total_images
        save = stop or saved_at < 0 or report.images_seen - saved_at >= config.save_kimg * 1000
        if save or report.images_seen - seen_before >= REPORT_IMAGES:
            values = {name: summed(value, fabric) / (steps * fabric.world_size) for name, value in sums.items()}
            if not all(map(math.isfinite, values.values())):
                raise diverged(run, report.images_seen, saved_at)
            passed = time.perf_counter() - since
            rate = (report.images_seen - seen_before) / passed
            state.seconds += passed
            if fabric.is_global_zero:
                run.store().add(report.images_seen, values | {"images_per_s": rate})
                if save:
                    save_all(run, config, dataset, state)
            saved_at = report.images_seen if save else saved_at
            yield Progress(report.images_seen, config.total_images, rate, values, save)
            sums, steps, since, seen_before = {}, 0, time.perf_counter(), report.images_seen
        if stop:
            return


def any_process(stop: bool, fabric: Fabric) -> bool:
    """Whether any process was asked to stop: all must leave the loop after the same step, or the rest would wait."""
    if fabric.world_size == 1:
        return stop
    return summed(torch.tensor(float(stop), device=fabric.device), fabric) > 0


def summed(value: torch.Tensor, fabric: Fabric) -> float:
    """The sum of a number over all processes, each of which has to ask for it."""
    total = fabric.all_reduce(value, reduce_op="sum")
    assert isinstance(total, torch.Tensor)
    return float(total)


def diverged(run: Run, images_seen: int, saved_at: int) -> UserError:
    kept = f"What was saved at {saved_at / 1000:.3g} kimg is intact." if saved_at > 0 else "Nothing had been saved."
    return UserError(
        f"Run {run.name!r} diverged before {images_seen / 1000:.3g} kimg: a loss is not finite. {kept} "
        "Train again under another --run with a lower --lr or a higher --r1-gamma."
    )


def save_all(run: Run, config: TrainConfig, dataset: Dataset, state: TrainState) -> None:
    """The resumable state first, then what people look at."""
    run.save_state(state)
    grid = sheet(draw_samples(state.ema.module, 64), columns=8)
    path = run.folder / "samples" / f"{state.images_seen:08d}.webp"
    write_atomically(path, lambda temporary: grid.save(temporary, "WEBP", quality=90))
    info = describe(config, dataset, state)
    save_checkpoint(run.latest, state.ema.module, info, model_card(run.name, info))


def describe(config: TrainConfig, dataset: Dataset, state: TrainState) -> CheckpointInfo:
    """The checkpoint's config.json for the state as it is."""
    g = state.ema.module
    options = options_for(ARCHITECTURES[config.arch].generator, config)
    options |= {"resolution": g.resolution, "channels": g.channels, "num_classes": g.num_classes}
    kimg = f"{state.images_seen / 1000:,.0f}"
    return CheckpointInfo(
        arch=config.arch,
        options=options,
        images_seen=state.images_seen,
        summary=f"{config.arch} on {dataset.name}, {g.resolution} x {g.resolution}, {kimg} thousand pictures seen",
        data={
            "name": dataset.name,
            "pictures": len(dataset),
            "licence": dataset.licence,
            "credit": dataset.credit,
            "attributes": {a.name: list(a.values) for a in dataset.attributes},
        },
        train=asdict(config),
        seconds=round(state.seconds, 1),
    )


@contextmanager
def stop_on_signals() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM ask the loop to save and end. Yields the question, for the loop to ask between two steps.

    Before the loop first asks there is nothing to save, and a second signal means it: both end the process at once.
    """
    asked, running = threading.Event(), threading.Event()

    def ask(signum: int, frame: object) -> None:
        if asked.is_set() or not running.is_set():
            raise KeyboardInterrupt
        asked.set()

    def stopping() -> bool:
        running.set()
        return asked.is_set()

    before = {s: signal.signal(s, ask) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for s, handler in before.items():
            signal.signal(s, handler)
