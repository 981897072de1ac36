"""`diagnose`: is one set of images like another?"""

import shlex
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.cli.arguments import EXTRACTOR, add_places, note, whole

if TYPE_CHECKING:
    from trainer.reports.two_sets import Question

SETS = "a folder, zip or array (.npy, .npz) of images, a data set, a checkpoint or a run"


def add_arguments(sub: ArgumentParser) -> None:
    """Arguments of `diagnose`."""
    sub.add_argument("--real", required=True, metavar="IMAGES", help=f"the real images: {SETS}")
    sub.add_argument("--fake", required=True, metavar="IMAGES", help="the generated images: the same")
    sub.add_argument("--resolution", type=whole(8, 1024), default=0, help="pixels a side to compare at [the smaller]")
    sub.add_argument("--extractor", default="", help=f"{EXTRACTOR} [that of the real data]")
    sub.add_argument("--samples", type=whole(50, 100_000), default=5000, help="generated images, at most [5000]")
    sub.add_argument("--json", action="store_true", help="print JSON instead of text; null = undefined")
    sub.add_argument("--html", type=Path, metavar="FILE", help="write a report with images, map and tables, too")
    sub.add_argument("--out", type=Path, metavar="FOLDER", help="write the report, its JSON and its features there")
    add_places(sub)


def diagnose(arguments: Namespace) -> None:
    """Diagnose a set of generated images against a set of real ones."""
    from trainer.diagnosis.plain import numbers
    from trainer.reports.diagnosis_html import as_html
    from trainer.reports.diagnosis_text import as_text
    from trainer.reports.measure import as_json
    from trainer.reports.sets_file import REPORT, save_sets
    from trainer.reports.two_sets import Places, Question, compare_sets
    from trainer.util.atomic_io import write_text

    places = Places(arguments.data_dir, arguments.checkpoints, arguments.runs)
    question = Question(arguments.real, arguments.fake, arguments.resolution, arguments.extractor, arguments.samples)
    found = compare_sets(question, places, note)
    if arguments.html:
        write_text(arguments.html, as_html(found, command(question)))
        note(f"the report is {arguments.html}")
    if arguments.out:
        save_sets(arguments.out, found, command(question))
        note(f"the report is {arguments.out / REPORT}")
    print(as_json(numbers(found)) if arguments.json else as_text(found))


def command(question: "Question") -> str:
    """The command line that asks this question again, without what is as usual; of a path its last part alone, since a
    report is mailed."""
    from trainer.features import shown

    usual = vars(type(question)("", ""))
    given = {name: value for name, value in vars(question).items() if value != usual[name]}
    told = {name: str(value).rstrip("/").rpartition("/")[2] for name, value in given.items()}
    if question.extractor:
        told["extractor"] = shown(question.extractor)
    words = (f"--{name} {shlex.quote(value)}" for name, value in told.items())
    return f"python -m trainer diagnose {' '.join(words)}"
