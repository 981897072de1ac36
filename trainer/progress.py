"""Shows a training in the terminal: a bar where there is a person, plain lines where there is none."""

import sys
from collections import deque
from collections.abc import Iterable

from tqdm import tqdm

from trainer.config import TrainConfig
from trainer.runs import Run
from trainer.session import Progress, is_first_process


def show(progress: Iterable[Progress], run: Run, config: TrainConfig) -> None:
    """Consume the training to its end, showing pictures/s, time left and the losses."""
    if not is_first_process():
        deque(progress, maxlen=0)
        return
    interactive = sys.stderr.isatty()
    last = None
    with tqdm(total=config.total_images, unit="img", unit_scale=True, disable=not interactive, smoothing=0.1) as bar:
        for now in progress:
            if last is None:
                bar.initial = bar.n = now.images_seen  # a resumed run was not this fast
            bar.update(now.images_seen - bar.n)
            bar.set_postfix({name: f"{value:.3f}" for name, value in now.values.items()})
            if not interactive and now.saved:
                print(line(now), flush=True)
            last = now
    if last is None:
        print(f"Run {run.name!r} already stands at {config.kimg:g} kimg. Raise --kimg to train on.")
        return
    done = "finished" if last.images_seen >= config.total_images else "stopped; the same command resumes it"
    print(f"{run.folder}: {done} at {last.images_seen / 1000:.1f} kimg. Snapshot: {run.latest}")


def line(progress: Progress) -> str:
    """One plain line: kimg, pictures/s, time left, values."""
    values = "  ".join(f"{name} {value:.3f}" for name, value in progress.values.items())
    kimg, minutes = progress.images_seen / 1000, progress.seconds_left / 60
    return f"{kimg:8.1f} kimg  {progress.images_per_s:6.1f} img/s  {minutes:6.1f} min left  {values}"
