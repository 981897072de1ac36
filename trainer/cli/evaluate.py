"""`reference` and `evaluate`: a checkpoint beside the real data."""

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from pathlib import Path

from trainer.cli.arguments import CHECKPOINT, EXTRACTOR, MAX_SEED, add_places, note, whole
from trainer.reports.measure import as_json


def add_reference(sub: ArgumentParser) -> None:
    """Arguments of `reference`."""
    sub.add_argument("checkpoint", help=CHECKPOINT)
    sub.add_argument("--extractor", default="", help=f"{EXTRACTOR} [the data set's own]")
    add_places(sub)


def reference(arguments: Namespace) -> None:
    """Build the reference of a checkpoint: the real-data side of its diagnosis."""
    from trainer.reports.evaluate import make_reference
    from trainer.runs.publish import extractor_at, find_checkpoint

    folder = find_checkpoint(arguments.checkpoint, arguments.checkpoints, arguments.runs)
    extractor = extractor_at(arguments.extractor, arguments.checkpoints, arguments.runs)
    path = make_reference(folder, arguments.data_dir, extractor, note)
    print(f"{path} is ready ({path.stat().st_size / 1e6:.1f} MB)")


def add_evaluate(sub: ArgumentParser) -> None:
    """Arguments of `evaluate`."""
    sub.add_argument("checkpoint", help=CHECKPOINT)
    sub.add_argument("--samples", type=whole(1, 100_000), default=5000, help="number of samples [5000]")
    sub.add_argument(
        "--seed", type=whole(0, MAX_SEED), default=0, help="seed of the first sample; the others follow [0]"
    )
    sub.add_argument("--json", action="store_true", help="print JSON instead of text and a table; null = undefined")
    sub.add_argument(
        "--card", action=BooleanOptionalAction, default=True, help="write the result into the model card [yes]"
    )
    add_places(sub)


def evaluate(arguments: Namespace) -> None:
    """Evaluate a checkpoint against its reference: verdict and all metrics."""
    from trainer.checkpoints.checkpoint import read_info
    from trainer.networks import is_translator
    from trainer.reports.evaluate import evaluate as evaluated
    from trainer.reports.evaluate import report, write_into_card
    from trainer.runs.publish import find_checkpoint

    folder = find_checkpoint(arguments.checkpoint, arguments.checkpoints, arguments.runs)
    if is_translator(read_info(folder).arch):
        evaluate_translation(folder, arguments)
        return
    found = evaluated(folder, arguments.samples, arguments.seed)
    print(as_json(found) if arguments.json else report(found))
    if arguments.card:
        write_into_card(folder, found)


def evaluate_translation(folder: Path, arguments: Namespace) -> None:
    """The same of a translator: beside the truth and what costs nothing."""
    from trainer.reports.translation import evaluate_translator, report, write_into_card

    found = evaluate_translator(folder, arguments.samples, arguments.data_dir, arguments.seed, note)
    print(as_json(found) if arguments.json else report(found))
    if arguments.card:
        write_into_card(folder, found)
