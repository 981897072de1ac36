"""What the Train tab's form and buttons may ask of the server. Only given to the page where it may train.

Whatever is asked is what a terminal would do: a command is started, or a row is written that the training reads.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from explorer.core import sources
from explorer.core.library import Library
from explorer.core.limits import UPLOADS, Gate
from explorer.core.sources import data_dir
from explorer.core.wording import listing
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.question import LAST, named, optional, part, text, whole
from explorer.tabs.train import jobs, starting
from explorer.tabs.train.form import schema
from trainer.runs.run import Run
from trainer.runs.store import COMMANDS
from trainer.training.changes import with_changes
from trainer.training.command_line import resume_words
from trainer.training.config import OPTIONS
from trainer.training.options import check_value
from trainer.util.atomic_io import cannot_write, check_name
from trainer.util.errors import UserError, sentence_of

MEASURING = 120  # seconds that an estimate may take
IMAGES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"}
WHOLE = (".zip", ".tar", ".npz", ".npy", ".parquet")  # a file that holds all images of a data set
MAX_NAME = 200  # characters of what should name a run; a sound one has fewer
MEASURER = Gate("estimates", at_once=1, waiting=0)


@rpc_handler
def form(library: Library, question: Answer) -> Answer:
    """{} -> the form's schema: see `explorer.tabs.train.form.schema`."""
    return schema(data_dir(library), starting.names(library))


def job_of(question: Answer) -> jobs.Job:
    """{name, preset, settings} as a job. Raises UserError for settings that nobody knows."""
    preset = text(question, "preset", MAX_NAME) if optional(question, "preset") else ""
    return jobs.Job(text(question, "name", MAX_NAME).strip(), preset, settings_of(question))


def settings_of(question: Answer) -> dict[str, Any]:
    """The question's settings; JavaScript writes 1.0 as 1. Raises UserError for some that nobody knows."""
    settings = dict(named(question, "settings", 10 * len(OPTIONS)))
    unknown = set(settings) - OPTIONS.keys()
    if unknown:
        raise UserError(f"Unknown settings: {listing(unknown)}.")
    for name, value in settings.items():
        if OPTIONS[name].type is float and type(value) is int:
            settings[name] = float(value)
    return settings


def sound_job(library: Library, question: Answer) -> jobs.Job:
    """The question's job, as the trainer takes it. Raises UserError for the first thing that stands in its way."""
    job = job_of(question)
    for sentence in errors_of(library, job).values():
        raise UserError(sentence)
    return placed(library, job)


def placed(library: Library, job: jobs.Job) -> jobs.Job:
    """The job with its data sets where they lie. Raises UserError for one that this page cannot train on."""
    found = sources.all_found(library, asdict(job.config()))
    found |= {"start_from": starting.found(library, job.config().start_from)}
    return replace(job, settings=job.settings | {name: found[name] for name in found if name in job.settings})


@rpc_handler
def check(library: Library, question: Answer) -> Answer:
    """{name, preset, settings} -> {errors: {field: sentence}, command, note}: what stands in the way of a start."""
    from explorer.tabs.train.looking import note_on_data  # slow to import, as all of trainer.data is

    job = job_of(question)
    errors = errors_of(library, job)
    note = ""
    try:
        run = Run(library.runs, job.name)
        if not errors:
            config = placed(library, job).config()
            run.check(config)
        note = note_on(library, run)
        if not errors:
            note = f"{note} {note_on_data(config.data)}".strip()
    except UserError as error:
        errors["name"] = str(error)
    return {"errors": errors, "command": "" if errors else job.command(), "note": note}


def errors_of(library: Library, job: jobs.Job) -> dict[str, str]:
    """Sentences by field: each value by itself, then all together."""
    errors = {}
    for name, value in job.settings.items():
        try:
            if value is None:
                raise UserError("Enter a number.")
            check_value(OPTIONS[name], value)
        except UserError as error:
            errors[name] = str(error)
    if errors:
        return errors
    from trainer.training.setup import check_networks

    try:
        config = job.config()
        sources.all_found(library, asdict(config))
        check_networks(config)
        starting.check(library, job.name, config)
    except UserError as error:
        errors[error.field or "data"] = str(error)
    return errors


def note_on(library: Library, run: Run) -> str:
    """What will happen if the form is started now."""
    there = f"Run {run.name!r} already exists: this resumes it." if run.exists() else ""
    return f"{there} {wait_of(library, run)}".strip()


def wait_of(library: Library, run: Run) -> str:
    """Whom the run will have to wait for, "" for nobody."""
    busy = [other.name for other in library.all_runs().values() if other.name != run.name and jobs.is_busy(other)]
    have = "have" if len(busy) > 1 else "has"
    return f"It will wait until {', '.join(busy)} {have} finished: one run trains at a time." if busy else ""


@rpc_handler
@MEASURER
def estimate(library: Library, question: Answer) -> Answer:
    """{name, preset, settings} -> {images_per_s, megabytes, seconds}: measured by a few steps, in its own process."""
    job = sound_job(library, question)
    words = [*job.words(queue=False), "--dry-run", "--json", "--data-dir", str(data_dir(library))]
    words += ["--runs", str(library.runs.resolve()), "--checkpoints", str(library.checkpoints.resolve())]
    try:
        found = subprocess.run(
            [sys.executable, *words], cwd=jobs.ROOT, capture_output=True, text=True, timeout=MEASURING, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(f"A few steps took more than {MEASURING} s: choose a smaller network or batch.") from error
    if found.returncode:
        lines = found.stderr.strip().splitlines()
        raise UserError(f"The estimate failed: {sentence_of(lines[-1]) if lines else 'no answer'}")
    estimated = json.loads(found.stdout)
    return {
        "images_per_s": max(1, round(estimated["images_per_s"])),
        "megabytes": round(estimated["memory"] / 2**20),
        "seconds": estimated["seconds"],
    }


@rpc_handler
def start(library: Library, question: Answer) -> Answer:
    """{name, preset, settings} -> {name, said}: start the training, or resume it; after the one that trains now."""
    job = sound_job(library, question)
    run = Run(library.runs, job.name)
    run.check(job.config())
    said = note_on(library, run) or f"Started {job.name}."
    launch(library, job.words(), run)
    return {"name": job.name, "said": said}


def launch(library: Library, words: list[str], run: Run) -> None:
    """Start a training, or put it behind those that wait. UserError if too many do, or nothing can be written."""
    try:
        jobs.start(words, run, data_dir(library), library.checkpoints)
    except OSError as error:
        raise cannot_write(run.folder, error) from error


@rpc_handler
def resume(library: Library, question: Answer) -> Answer:
    """{run} -> {said}: train a run on with the settings that it has."""
    run = own(library, text(question, "run"))
    run.config()
    wait = wait_of(library, run)
    launch(library, resume_words(run.name, queue=True)[1:], run)
    return {"said": f"{run.name} is in the queue. {wait}" if wait else f"{run.name} resumes."}


def own(library: Library, name: str) -> Run:
    """A run that may be controlled. Raises UserError for one that is only recorded."""
    run = library.run(name)
    if library.is_recording(run):
        raise UserError(f"{name!r} is a recorded run: it can be viewed, but not trained further.")
    return run


@rpc_handler
def tell(library: Library, question: Answer) -> Answer:
    """{run, kind, argument} -> {id}: write a command for the training to read between two steps."""
    run, kind, argument = own(library, text(question, "run")), text(question, "kind"), {}
    if kind not in COMMANDS:
        raise UserError(f"Unknown command {kind!r:.60}.")
    if kind == "set":
        argument = named(question, "argument", len(OPTIONS))
        with_changes(run.config(), argument)
    if not run.is_training():
        raise UserError(f"Run {run.name!r} is not training now.")
    return {"id": run.store().ask(kind, argument)}


@rpc_handler
def answer_of(library: Library, question: Answer) -> Answer:
    """{run, id} -> {said}: what the training answered, null until it has."""
    run, id = own(library, text(question, "run")), whole(question, "id", 1, LAST)
    if not (found := run.store().commands(f"WHERE id = {id}")):
        raise UserError(f"Run {run.name!r} has no command number {id}.")
    return {"said": found[0].answer}


@rpc_handler
def stop(library: Library, question: Answer) -> Answer:
    """{run} -> {said}: save and end; a waiting one gives up its place."""
    return {"said": jobs.stop(own(library, text(question, "run")))}


@rpc_handler
def branch(library: Library, question: Answer) -> Answer:
    """{run, images_seen, name, settings} -> {name, said}: a new run from a kept moment, or the last state, started."""
    from trainer.runs.branch import branch as make_branch

    run, name = own(library, text(question, "run")), text(question, "name", MAX_NAME).strip()
    images_seen = whole(question, "images_seen", 0, LAST) if optional(question, "images_seen") else None
    wanted = settings_of(question) if optional(question, "settings") else {}
    wanted |= {name: sources.found(library, str(wanted[name]), name) for name in sources.OPTIONS if wanted.get(name)}
    jobs.check_room(Run(library.runs, name))  # or a branch would be made that nobody trains
    made = make_branch(run, name, images_seen, wanted)
    wait = wait_of(library, made)
    launch(library, resume_words(made.name, queue=True)[1:], made)
    return {"name": made.name, "said": f"Branched from {run.name}. {wait}".strip()}


@rpc_handler
def publish(library: Library, question: Answer) -> Answer:
    """{run, snapshot, name} -> {said}: copy a snapshot into the checkpoints folder, with its model card."""
    from trainer.runs.publish import publish as write

    name = text(question, "name", MAX_NAME).strip()
    check_name(name, "checkpoint")
    if (library.checkpoints / name).exists():
        raise UserError(f"A checkpoint {name!r} already exists. Choose another name.")
    snapshot = part(question, "snapshot")  # a count of images may be a number
    write(library.run(text(question, "run")), name, library.checkpoints, snapshot=f"{snapshot!s:.40}")
    return {"said": f"{name} is now in {library.checkpoints.name}/; reload the page to select it."}


def take_upload(files: list[str], name: str, into: Path, maximum: int = UPLOADS) -> Path:
    """Put uploaded images, or one file that holds them all, into a folder of that name. Returns what --data takes.

    Raises UserError for a name that is taken, for files that are no images, and for more than `maximum` bytes.
    """
    check_name(name, "folder of images")
    paths = [Path(file) for file in files]
    kinds = {path.suffix.lower() for path in paths}
    alone = next((kind for kind in kinds if kind in WHOLE and len(paths) == 1), "")
    if not paths or not (alone or kinds <= IMAGES):
        found = ", ".join(sorted(kinds)) or "nothing"
        raise UserError(
            f"Found {found}; upload images ({', '.join(sorted(IMAGES))}), or one file of them ({', '.join(WHOLE)}). "
            "A table such as metadata.csv goes into a zip, beside its images."
        )
    size = sum(path.stat().st_size for path in paths)
    if size > maximum:
        raise UserError(f"The upload has {size / 1e9:.1f} GB; at most {maximum / 1e9:.0f} GB can be taken.")
    folder = into / "uploads" / name
    if folder.exists():
        raise UserError(f"An upload {name!r} already exists. Choose another name.")
    folder.mkdir(parents=True)
    for number, path in enumerate(paths):
        shutil.move(path, folder / (f"images{alone}" if alone else f"{number:06d}{path.suffix.lower()}"))
    return folder / f"images{alone}" if alone else folder


HANDLERS: tuple[Any, ...] = (
    form, check, estimate, start, resume, tell, answer_of, stop, branch, publish,
)  # fmt: skip
