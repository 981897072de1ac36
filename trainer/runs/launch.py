"""Opens all that one training needs, resumes it where there is something to resume, and hands out its progress."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, replace
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.utilities.exceptions import MisconfigurationException
from lightning_fabric.utilities.rank_zero import rank_zero_only

from trainer.data import Dataset
from trainer.networks import is_translator
from trainer.runs import known_data, warm_start
from trainer.runs.images import held_out_images, training_images
from trainer.runs.live_eval import LiveEvaluator, Paths
from trainer.runs.run import Run
from trainer.runs.runner import Progress, Runner
from trainer.runs.session import Caller, Session
from trainer.runs.warm_start import Start
from trainer.training.config import TrainConfig
from trainer.training.setup import check_dataset, check_networks, new_state
from trainer.training.state import TrainState
from trainer.util.errors import UserError


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
        out_of_memory = isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)
        if not out_of_memory:
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
    places: Paths,
    caller: Caller = Caller(),  # noqa: B008 (frozen)
    dataset: Dataset | None = None,
) -> Iterator[Progress]:
    """Train a run from where it stands to its end, or until the caller asks it to stop; save either way.

    Yields a Progress about every `caller.report_images`, after it has told the data set's notes. What commands have
    changed earlier stays so, unless `config` asks for something else than last time. Raises UserError for settings,
    data or a folder that cannot work, before the first step wherever possible, and for a training that diverges twice.
    """

    def opened() -> Dataset:
        if dataset is None:
            known_data.check_place(run, config)
        return dataset or training_images(config, places.data, progress=not caller.quiet)

    check_networks(config)
    start = warm_start.start_of(run, config, places.checkpoints)
    fabric = open_fabric(config)
    first = is_first_process()
    with memory_errors(), run.lock() if first else nullcontext():
        if first:
            run.check(config)
            images = opened()  # packed before the other processes are there to do the same
            changed = known_data.check(run, config, images)
            check_dataset(config, images)
            for note in (*images.notes, *changed):
                caller.tell(note)
        with fabric_errors(config):
            fabric.launch()
        session = resume_or_start(run, config, opened(), fabric, start)
        if first and dataset is None and is_translator(config.arch):
            session.held_out = held_out_images(config, places.data)
        if session.done:
            return
        if first and start:
            session.tell("note", told := warm_start.note(session.state, config, start))
            caller.tell(told)
        with failure_logged(run) if first else nullcontext():
            diagnosed = first and session.config.diagnose and not is_translator(config.arch)
            evaluator = live_evaluator(session, places, caller.verdict_images) if diagnosed else None
            try:
                yield from Runner(session, caller, evaluator).run()
            finally:
                if evaluator:
                    evaluator.end()


def resume_or_start(run: Run, asked: TrainConfig, data: Dataset, fabric: Fabric, start: Start | None = None) -> Session:
    """The run as it stands, or at its beginning, and its store told so; `done` where there is nothing left to train.

    Args: start: the checkpoint whose weights a run begins with; None for random ones.
    """
    state = new_state(asked, data, fabric)
    resumed = run.load_state(state)
    if start and not resumed:
        warm_start.begin(state, asked, start)
    first = is_first_process()
    config, overrides = fabric.broadcast(resolve_config(run, asked, state) if first else (asked, {}))
    session = Session(run, config, data, state, saved_at=state.images_seen if resumed else -1)
    if first:
        session.store.forget_after(state.images_seen)
    if state.images_seen >= config.total_images:
        session.done = True  # nothing will be done, so that what was asked for is not written down
        return session
    if first and state.overrides:
        state.overrides = overrides
        run.save_state(state)  # before the record of what was asked for changes, or a killed run would forget it
    state.overrides = overrides
    if first:
        run.write_config(asked)
        known_data.remember(run, asked, data)
        log_start(session, resumed)
    return session


def resolve_config(run: Run, asked: TrainConfig, state: TrainState) -> tuple[TrainConfig, dict[str, Any]]:
    """(settings to go on with, those of them that commands had changed and nobody asks to be otherwise)."""
    if not state.overrides:
        return asked, {}
    before = asdict(run.config())
    overrides = {k: value for k, value in state.overrides.items() if getattr(asked, k) == before[k]}
    return replace(asked, **overrides), overrides


def log_start(session: Session, resumed: bool) -> None:
    """Write down that the run starts, or goes on from its last state."""
    at = f"at {session.state.images_seen / 1000:,.4g} kimg"
    kind, text = ("resumed", f"Resumed {at}.") if resumed else ("started", "Started.")
    session.tell(kind, text, {"settings": asdict(session.config)})


def live_evaluator(session: Session, places: Paths, samples: int) -> LiveEvaluator:
    """What gives the verdicts on this run, each on so many images."""

    def tell(text: str) -> None:
        session.tell("note", text)

    return LiveEvaluator(session.run, session.config, session.dataset, places, tell, samples)


@contextmanager
def failure_logged(run: Run) -> Iterator[None]:
    """Write down what ended the training, for those who do not see its terminal."""
    try:
        yield
    except Exception as error:
        with suppress(UserError):  # on a full disk there is no room for this either
            run.store().tell(max((e.images_seen for e in run.store().events()), default=0), "failed", str(error))
        raise


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
