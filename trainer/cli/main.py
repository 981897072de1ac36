"""The command line: each command reads its arguments here and leaves the work to the module that does it."""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn

from trainer.reports.measure import INPUTS, as_json, as_table, flag, measured, read_inputs
from trainer.training.config import OPTIONS, config_from
from trainer.training.options import add_options
from trainer.training.presets import PRESETS
from trainer.util.errors import UserError, as_line

COMMANDS = ("pause", "resume", "snapshot", "stop", "set")
INTERRUPTED = 130  # the exit status that shells use for Ctrl-C


class Parser(ArgumentParser):
    """An argument parser whose errors are one line, without the thirty of a usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{as_line(message)} ({self.prog} --help explains)\n")


def main(argv: list[str] | None = None) -> int:
    """Run a command. Returns the exit status: 0, or 2 after a UserError, which is printed as one sentence."""
    arguments = parser().parse_args(argv)
    try:
        arguments.command(arguments)
        sys.stdout.flush()
    except UserError as error:
        print(as_line(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `| head`: nobody reads on, and Python would complain when it flushes at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def whole(least: int, most: int) -> Callable[[str], int]:
    """An argument's type: a whole number from `least` to `most`."""

    def parse(text: str) -> int:
        if not text.lstrip("-").isdecimal() or not least <= int(text) <= most:
            raise ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return parse


def psi(text: str) -> float:
    """An argument's type: a truncation."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -10 <= value <= 10:
        raise ArgumentTypeError(f"{text!r} is no number from -10 to 10")
    return value


def parser() -> ArgumentParser:
    top = Parser("python -m trainer", description="Train GANs and publish their checkpoints.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function, help: str) -> ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help, formatter_class=RawDescriptionHelpFormatter)
        sub.set_defaults(command=function)
        return sub

    train = command("train", train_command, "train a run; the same command again resumes it")
    train.add_argument("--run", required=True, help="name of the run; its folder is RUNS/NAME")
    train.add_argument("--preset", choices=sorted(PRESETS), help="start from these settings; flags override them")
    train.add_argument("--queue", action="store_true", help="wait until no other run of RUNS is being trained")
    train.add_argument("--quiet", action="store_true", help="print nothing but notes and errors")
    train.add_argument("--tensorboard", action="store_true", help="write event files too, into RUNS/NAME/tensorboard")
    train.add_argument("--dry-run", action="store_true", help="print what would run, its size and time; train nothing")
    train.add_argument("--json", action="store_true", help="print the estimate of --dry-run as JSON")
    add_places(train)
    add_options(train, OPTIONS.values())

    exercise = command("exercise", exercise_command, "the textbooks' DCGAN exercise on MNIST: train it, write a report")
    exercise.add_argument("--run", default="mnist-exercise", help="name of the run [mnist-exercise]")
    exercise.add_argument("--out", type=Path, help="folder of the report [RUNS/NAME/report]")
    add_places(exercise)
    add_options(exercise, OPTIONS.values())

    steer = command("steer", steer_command, "ask something of a run that is being trained")
    steer.add_argument("run", help="name of the run")
    steer.add_argument("what", choices=COMMANDS, help="set: change the settings that are given")
    steer.add_argument("--wait", type=whole(0, 3600), default=30, help="seconds to wait for the answer [30]")
    add_places(steer)
    add_options(steer, OPTIONS.values())

    branch = command("branch", branch_command, "make a new run that begins with an earlier state of another")
    branch.add_argument("run", help="name of the run to begin with")
    branch.add_argument("--run", dest="name", required=True, help="name of the new run")
    branch.add_argument("--from", dest="at", type=whole(0, 2**63 - 1), help="pictures seen [the last state]")
    add_places(branch)
    add_options(branch, OPTIONS.values())

    sample = command("sample", sample_command, "draw a sheet of pictures from a checkpoint")
    sample.add_argument("checkpoint", help="a checkpoint folder, a name in CHECKPOINTS, or a run")
    sample.add_argument("--out", type=Path, default=Path("samples.png"), help="the picture to write [samples.png]")
    sample.add_argument("--count", type=whole(1, 10_000), default=64, help="how many pictures [64]")
    sample.add_argument("--seed", type=whole(0, 2**63 - 1), default=0, help="decides the latents [0]")
    sample.add_argument("--psi", type=psi, default=1.0, help="truncation: 1 = none, 0 = the mean picture [1]")
    add_places(sample)

    publish = command("publish", publish_command, "copy a run's snapshot into the checkpoints folder")
    publish.add_argument("run", help="name of the run")
    publish.add_argument("--as", dest="name", required=True, help="name of the checkpoint")
    publish.add_argument("--snapshot", default="latest", help="latest, best, or the pictures seen [latest]")
    publish.add_argument("--note", default="", help="a sentence of your own for the model card")
    add_places(publish)

    record = command("record", record_command, "copy a run's curves, sheets and a few snapshots, to be shown elsewhere")
    record.add_argument("run", help="name of the run")
    record.add_argument("--as", dest="name", required=True, help="name of the recording")
    record.add_argument("--into", type=Path, default=Path("recordings"), help="folder of the recordings [recordings]")
    record.add_argument("--snapshots", type=whole(0, 100), default=4, help="how many earlier snapshots to keep [4]")
    add_places(record)

    export = command("export", export_command, "write a checkpoint's generator as ONNX, checked against PyTorch")
    export.add_argument("checkpoint", help="a checkpoint folder, a name in CHECKPOINTS, or a run")
    export.add_argument("--out", type=Path, help="folder to write into [build/onnx/NAME]")
    export.add_argument("--half", action=BooleanOptionalAction, default=True, help="16 bit weights where they do [yes]")
    add_places(export)

    reference = command(
        "reference", reference_command, "make what a diagnosis needs of the real data, for a checkpoint"
    )
    reference.add_argument("checkpoint", help="a checkpoint folder, a name in CHECKPOINTS, or a run")
    reference.add_argument("--extractor", default="", help="a name from `list` [the data set's own]")
    add_places(reference)

    judge = command("evaluate", evaluate_command, "compare a checkpoint with its reference: verdict and every measure")
    judge.add_argument("checkpoint", help="a checkpoint folder, a name in CHECKPOINTS, or a run")
    judge.add_argument("--samples", type=whole(1, 100_000), default=5000, help="pictures to generate [5000]")
    judge.add_argument("--seed", type=whole(0, 2**63 - 1), default=0, help="decides the latents [0]")
    judge.add_argument("--json", action="store_true", help="print JSON, not words and a table; null = undefined")
    judge.add_argument("--card", action=BooleanOptionalAction, default=True, help="write it into the model card [yes]")
    add_places(judge)

    measure = command("measure", measure_command, "compare two sets of features by every measure that applies")
    for name, help in INPUTS.items():
        measure.add_argument(flag(name), type=Path, required=name in ("real", "fake"), metavar="NPY", help=help)
    measure.add_argument(
        "--k-classes", type=whole(2, 10**6), metavar="N", help="number of classes, if there are labels"
    )
    measure.add_argument("--json", action="store_true", help="print JSON, not a table; null = undefined")

    extractor = command("extractor", extractor_command, "train a bundled feature extractor anew")
    extractor.add_argument("name", help="mnist or avatars")
    extractor.add_argument("--out", type=Path, help="folder for the weights [the package's own]")
    add_places(extractor)

    command("list", list_command, "name every data set, architecture, loss, preset, extractor and measure")
    return top


def add_places(sub: ArgumentParser) -> None:
    sub.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the runs [runs]")
    sub.add_argument("--checkpoints", type=Path, default=Path("checkpoints"), help="published ones [checkpoints]")
    sub.add_argument("--data-dir", type=Path, default=Path("data"), help="data sets and packed pictures [data]")


def train_command(arguments: Namespace) -> None:
    from trainer.runs import launch
    from trainer.runs.dry_run import describe_plan, estimated
    from trainer.runs.live_eval import Places
    from trainer.runs.progress import show, with_tensorboard
    from trainer.runs.queue import turn
    from trainer.runs.run import Run

    run = Run(arguments.runs, arguments.run)
    config = config_from(vars(arguments), arguments.preset, run.config() if run.exists() else None)
    if arguments.dry_run:
        print(as_json(estimated(config)) if arguments.json else describe_plan(config, run, arguments.data_dir))
        return
    places = Places(arguments.data_dir, arguments.checkpoints)
    queued = arguments.queue and launch.is_first_process()
    with launch.stop_on_signals() as stopping, turn(run, note) if queued else nullcontext():
        caller = launch.Caller(stopping, note, arguments.quiet)
        training = launch.run_training(run, config, places=places, caller=caller)
        if arguments.tensorboard and launch.is_first_process():
            training = with_tensorboard(training, run)
        show(training, run, config, arguments.quiet)


def exercise_command(arguments: Namespace) -> None:
    from trainer.reports.exercise import write_report
    from trainer.runs.run import Run

    settings = {
        "preset": "mnist-exercise",
        "queue": False,
        "quiet": False,
        "tensorboard": False,
        "dry_run": False,
        "json": False,
    }
    train_command(Namespace(**{**vars(arguments), **settings}))
    run = Run(arguments.runs, arguments.run)
    print(f"{write_report(run, arguments.out or run.folder / 'report', arguments.data_dir)} is ready")


def steer_command(arguments: Namespace) -> None:
    from trainer.runs.run import Run
    from trainer.training.config import steered

    run = Run(arguments.runs, arguments.run)
    wanted = given_knobs(arguments)
    if arguments.what == "set":
        steered(run.config(), wanted)
    elif wanted:
        raise UserError(f"Settings are given, but {arguments.what} takes none. Use `set`.")
    if not run.is_training():
        raise UserError(f"Run {run.name!r} is not being trained. `python -m trainer train --run {run.name}` does.")
    print(run.store().ask_and_wait(arguments.what, wanted, arguments.wait))


def branch_command(arguments: Namespace) -> None:
    from trainer.runs.branch import branch
    from trainer.runs.run import Run

    run = Run(arguments.runs, arguments.run)
    made = branch(run, arguments.name, arguments.at, given_knobs(arguments), arguments.data_dir)
    print(f"{made.folder} begins there: python -m trainer train --run {made.name}")


def given_knobs(arguments: Namespace) -> dict[str, Any]:
    """The settings that the command line names."""
    return {name: vars(arguments)[name] for name in OPTIONS if vars(arguments).get(name) is not None}


def note(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)


def sample_command(arguments: Namespace) -> None:
    from trainer.checkpoints.checkpoint import draw_samples, load_generator, read_info
    from trainer.runs.publish import find_checkpoint
    from trainer.util.images import sheet

    folder = find_checkpoint(arguments.checkpoint, arguments.checkpoints, arguments.runs)
    generator = load_generator(folder, read_info(folder))
    pictures = draw_samples(generator, arguments.count, arguments.seed, arguments.psi)
    columns = max(1, round(arguments.count**0.5))
    try:
        sheet(pictures, columns).save(arguments.out)
    except (OSError, ValueError) as error:
        raise UserError(
            f"Cannot write {arguments.out} ({error}). Choose another --out, such as samples.png."
        ) from error
    print(f"{arguments.count} pictures of {arguments.checkpoint} in {arguments.out}")


def publish_command(arguments: Namespace) -> None:
    from trainer.diagnosis.reference import FILE
    from trainer.runs.publish import publish
    from trainer.runs.run import Run

    folder = publish(
        Run(arguments.runs, arguments.run), arguments.name, arguments.checkpoints, arguments.note, arguments.snapshot
    )
    print(f"{folder} is ready: python app.py --checkpoint {arguments.name}")
    if not (folder / FILE).is_file():
        print(f"For its diagnosis: python -m trainer reference {arguments.name}")


def record_command(arguments: Namespace) -> None:
    from trainer.runs.recording import record
    from trainer.runs.run import Run

    folder = record(Run(arguments.runs, arguments.run), arguments.name, arguments.into, arguments.snapshots)
    print(f"{folder} is ready ({sum(path.stat().st_size for path in folder.rglob('*')) / 1e6:.1f} MB)")


def export_command(arguments: Namespace) -> None:
    from trainer.checkpoints.checkpoint import load_generator, read_info
    from trainer.checkpoints.onnx_export import default_folder, export
    from trainer.runs.publish import find_checkpoint

    folder = find_checkpoint(arguments.checkpoint, arguments.checkpoints, arguments.runs)
    out = arguments.out or default_folder(folder)
    made = export(load_generator(folder, read_info(folder)), out, half=arguments.half)
    for path in sorted(made.folder.glob("*.onnx")):
        print(f"{path} is ready ({path.stat().st_size / 1e6:.2f} MB, {made.bits} bit weights)")
    print(f"Its pictures differ from PyTorch's by {made.difference:.2g} on average, in [-1, 1].")


def reference_command(arguments: Namespace) -> None:
    from trainer.reports.evaluate import make_reference
    from trainer.runs.publish import find_checkpoint

    folder = find_checkpoint(arguments.checkpoint, arguments.checkpoints, arguments.runs)
    path = make_reference(folder, arguments.data_dir, arguments.extractor, note)
    print(f"{path} is ready ({path.stat().st_size / 1e6:.1f} MB)")


def evaluate_command(arguments: Namespace) -> None:
    from trainer.reports.evaluate import evaluate, report, write_into_card
    from trainer.runs.publish import find_checkpoint

    folder = find_checkpoint(arguments.checkpoint, arguments.checkpoints, arguments.runs)
    found = evaluate(folder, arguments.samples, arguments.seed)
    print(as_json(found) if arguments.json else report(found))
    if arguments.card:
        write_into_card(folder, found)


def extractor_command(arguments: Namespace) -> None:
    from trainer.data import load
    from trainer.features import EXTRACTORS
    from trainer.features.base import WEIGHTS, save_bundled
    from trainer.features.classifier import accuracies

    kind = EXTRACTORS[arguments.name]
    if kind.fit is None or not kind.side:
        ours = ", ".join(name for name, kind in EXTRACTORS.items() if kind.side)
        raise UserError(f"{arguments.name} is not trained by this command. Choose from: {ours}.")
    places = {"resolution": kind.side, "data_dir": arguments.data_dir}
    net = kind.fit(load(kind.data, **places), note)
    path = save_bundled(net, arguments.out or WEIGHTS)
    for name, share in accuracies(net, load(kind.data, held_out=True, **places)).items():
        print(f"{name:<14} {100 * share:.2f} % right on held-out pictures")
    print(f"{path} is ready")


def measure_command(arguments: Namespace) -> None:
    paths = {name: getattr(arguments, name) for name in INPUTS}
    found = measured(read_inputs(paths, arguments.k_classes))
    print(as_json(found) if arguments.json else as_table(found))


def list_command(arguments: Namespace) -> None:
    from trainer.data import DATASETS
    from trainer.features import EXTRACTORS
    from trainer.metrics import figures
    from trainer.networks import ARCHITECTURES
    from trainer.training.augment import AUGMENTATIONS
    from trainer.training.losses import LOSSES
    from trainer.training.regularizers import PENALTIES

    tables: dict[str, Mapping[str, Any]] = {
        "data sets (or any folder or zip of pictures)": DATASETS,
        "architectures": ARCHITECTURES,
        "losses": LOSSES,
        "penalties": PENALTIES,
        "augmentations": AUGMENTATIONS,
        "presets": PRESETS,
        "extractors": EXTRACTORS,
        "measures": figures(),
    }
    for title, table in tables.items():
        print(title)
        for name, entry in table.items():
            print(f"  {name:<21} {help_of(entry)}")
        print()


def help_of(entry: Any) -> str:
    """The one-line help of a preset (a dict), of a table's entry, or of a registered function."""
    if isinstance(entry, dict):
        return entry["help"]
    return getattr(entry, "help", None) or (entry.__doc__ or "").split("\n")[0]
