"""What the parts of a training share while it runs: the run's folder, settings, data, state, and what is asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from trainer.data import Dataset
from trainer.diagnosis.context import SIZES
from trainer.runs.run import Run
from trainer.training.config import TrainConfig
from trainer.training.state import TrainState

REPORT_IMAGES = 1000
VERDICT_IMAGES = SIZES[0]  # the least for which healthy values are kept
LISTEN = 0.2


@dataclass(frozen=True)
class Caller:
    """How a training and whoever started it deal with each other.

    Attributes:
        stopping: asked between two steps; once it is true, the training saves and ends.
        tell: takes notes on the data, such as which files could not be read.
        quiet: no progress bars.
        report_images: measurements are means over about this many images.
        listen_every: seconds from one look for commands to the next.
        verdict_images: how many images a live verdict is given on.
    """

    stopping: Callable[[], bool] = lambda: False
    tell: Callable[[str], object] = lambda note: None
    quiet: bool = False
    report_images: int = REPORT_IMAGES
    listen_every: float = LISTEN
    verdict_images: int = VERDICT_IMAGES


@dataclass
class Session:
    """One run in training, in this process or in this process' share of it.

    Attributes:
        held_out: a few images that are not trained on, which a translator is tried on; None where there are none.
        saved_at: real images seen when the state was last saved; -1 before.
        done: whether it ends after this step.
        paused: whether it waits after this step.
        save_now: whether it saves after this step.
        restart: whether the loop has to begin anew, with other settings or from an earlier state.
        answers: to commands, given once what they speak of has been saved: (id, text).
    """

    run: Run
    config: TrainConfig
    dataset: Dataset
    state: TrainState
    saved_at: int = -1
    held_out: Dataset | None = None
    done: bool = False
    paused: bool = False
    save_now: bool = False
    restart: bool = False
    answers: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = self.run.store()
        self.first = self.state.fabric.is_global_zero  # the process that writes and speaks

    def tell(self, kind: str, text: str, detail: dict[str, Any] | None = None) -> None:
        """Write down an event of this moment."""
        if self.first:
            self.store.tell(self.state.images_seen, kind, text, detail)

    def save_due(self) -> bool:
        """Whether it is time to save: after the first step, and every `save_kimg`."""
        return self.saved_at < 0 or self.state.images_seen - self.saved_at >= self.config.save_kimg * 1000

    def apply_settings(self, config: TrainConfig, changed: dict[str, Any]) -> None:
        """Go on with other settings from the next step, and keep those that `changed` with the state."""
        self.config, self.restart = config, True
        self.state.overrides |= changed
