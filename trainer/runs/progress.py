"""Shows a training in the terminal: a bar where there is a person, plain lines where there is none."""

import sys
from collections import deque
from collections.abc import Iterable, Iterator

from tqdm import tqdm

from trainer.runs.launch import is_first_process
from trainer.runs.run import Run
from trainer.runs.runner import Progress
from trainer.training.config import TrainConfig
from trainer.training.methods import method_for
from trainer.training.state_io import read_scalars
from trainer.util.errors import UserError


def show(progress: Iterable[Progress], run: Run, config: TrainConfig, quiet: bool = False) -> None:
    """Consume the training to its end, showing images/s, time left, the losses and the newest verdict."""
    if not is_first_process():
        deque(progress, maxlen=0)
        return
    interactive = sys.stderr.isatty() and not quiet
    last, names = None, method_for(config).shown
    with tqdm(total=config.total_images, unit="img", unit_scale=True, disable=not interactive, smoothing=0.1) as bar:
        for now in progress:
            if last is None:
                bar.initial = bar.n = now.images_seen  # a resumed run was not this fast
            bar.total = now.total_images  # which a command may change
            bar.update(now.images_seen - bar.n)
            bar.set_postfix(shown(now, names) | ({"verdict": now.verdict} if now.verdict else {}))
            if now.saved and not (interactive or quiet):
                print(line(now, names), flush=True)
            last = now
    if quiet:
        return
    if last is None:
        seen = read_scalars(run.state_file)["images_seen"] if run.state_file.is_file() else config.total_images
        print(f"Run {run.name!r} is already at {seen / 1000:,.4g} kimg. Raise --kimg to train longer.")
        return
    done = "finished" if last.images_seen >= last.total_images else "stopped; the same command resumes it"
    print(f"{run.folder}: {done} at {last.images_seen / 1000:.1f} kimg. Snapshot: {run.latest}")


def shown(progress: Progress, names: Iterable[str]) -> dict[str, str]:
    """The few values that fit in a line, by name, as far as they were measured."""
    return {name: f"{progress.values[name]:.3f}" for name in names if name in progress.values}


def line(progress: Progress, names: Iterable[str]) -> str:
    """One plain line: kimg, images/s, time left, values, verdict."""
    values = "  ".join(f"{name} {value}" for name, value in shown(progress, names).items())
    kimg, minutes = progress.images_seen / 1000, progress.seconds_left / 60
    line = f"{kimg:8.1f} kimg  {progress.images_per_s:6.1f} img/s  {minutes:6.1f} min left  {values}"
    return f"{line}  {progress.verdict}" if progress.verdict else line


def with_tensorboard(progress: Iterable[Progress], run: Run) -> Iterator[Progress]:
    """Pass progress through and write it as TensorBoard's event files. UserError where no package can write them."""
    from lightning_fabric.loggers import TensorBoardLogger

    try:
        logger = TensorBoardLogger(run.folder, name="tensorboard", version="")
        logger.experiment  # noqa: B018 (opens the file, or says what is missing)
    except ModuleNotFoundError as error:
        raise UserError("--tensorboard needs a package: `pip install tensorboardX` (or tensorboard).") from error
    for now in progress:
        logger.log_metrics(now.values | {"images_per_s": now.images_per_s}, step=now.images_seen)
        yield now
    logger.finalize("success")
