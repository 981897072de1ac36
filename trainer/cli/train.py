"""`train` and `exercise`: they start or resume a run."""

from argparse import ArgumentParser, Namespace
from contextlib import nullcontext
from pathlib import Path

from trainer.cli.arguments import add_places, add_settings, note
from trainer.reports.measure import as_json
from trainer.runs.tracking import TRACKERS, check_tracker, with_tracker
from trainer.training.config import config_from
from trainer.training.presets import PRESETS

EXERCISE = "mnist-exercise"


def add_train(sub: ArgumentParser) -> None:
    """Arguments of `train`."""
    sub.add_argument("--run", required=True, help="name of the run; its folder is RUNS/NAME")
    sub.add_argument("--preset", choices=sorted(PRESETS), help="start from these settings; flags override them")
    sub.add_argument("--queue", action="store_true", help="wait until no other run in RUNS is training")
    sub.add_argument("--quiet", action="store_true", help="print only notes and errors")
    sub.add_argument("--tensorboard", action="store_true", help="also write event files to RUNS/NAME/tensorboard")
    sub.add_argument("--track", choices=sorted(TRACKERS), help="also mirror the run into this tracker")
    sub.add_argument(
        "--dry-run", action="store_true", help="print the settings, model size and estimated time; do not train"
    )
    sub.add_argument("--json", action="store_true", help="print the estimate of --dry-run as JSON")
    add_places(sub)
    add_settings(sub)


def train(arguments: Namespace) -> None:
    """Train a run; repeat the command to resume it."""
    from trainer.runs import launch
    from trainer.runs.dry_run import describe_plan, estimated
    from trainer.runs.live_eval import Paths
    from trainer.runs.progress import show, with_tensorboard
    from trainer.runs.queue import queue_slot
    from trainer.runs.run import Run
    from trainer.runs.warm_start import start_of

    run = Run(arguments.runs, arguments.run)
    config = config_from(vars(arguments), arguments.preset, run.config() if run.exists() else None)
    if arguments.dry_run:
        start_of(run, config, arguments.checkpoints)
        print(as_json(estimated(config)) if arguments.json else describe_plan(config, run, arguments.data_dir))
        return
    if arguments.track:
        check_tracker(arguments.track)
    places = Paths(arguments.data_dir, arguments.checkpoints)
    queued = arguments.queue and launch.is_first_process()
    with launch.stop_on_signals() as stopping, queue_slot(run, note) if queued else nullcontext():
        caller = launch.Caller(stopping, note, arguments.quiet)
        training = launch.run_training(run, config, places=places, caller=caller)
        if arguments.tensorboard and launch.is_first_process():
            training = with_tensorboard(training, run)
        if arguments.track and launch.is_first_process():
            training = with_tracker(training, run, TRACKERS[arguments.track](), note)
        show(training, run, config, arguments.quiet)


def add_exercise(sub: ArgumentParser) -> None:
    """Arguments of `exercise`."""
    sub.add_argument("--run", default=EXERCISE, help=f"name of the run [{EXERCISE}]")
    sub.add_argument("--out", type=Path, help="folder of the report [RUNS/NAME/report]")
    add_places(sub)
    add_settings(sub)


def exercise(arguments: Namespace) -> None:
    """The DCGAN tutorial on MNIST: train it, write a report."""
    from trainer.reports.exercise import write_report
    from trainer.runs.run import Run

    off = dict.fromkeys(("queue", "quiet", "tensorboard", "dry_run", "json", "track"), False)
    train(Namespace(**{**vars(arguments), **off, "preset": EXERCISE}))
    run = Run(arguments.runs, arguments.run)
    print(f"{write_report(run, arguments.out or run.folder / 'report', arguments.data_dir)} is ready")
