"""What the Train tab's form and buttons may ask of the server. Only given to the page where it may train.

Whatever is asked is what a terminal would do: a command is started, or a row is written that the training reads.
"""

import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from explorer import jobs
from explorer.form import field_of, schema
from explorer.library import Library
from explorer.serve import Answer, answering
from trainer.config import TrainConfig, check_value, steered
from trainer.errors import UserError
from trainer.files import check_name
from trainer.runs import Run

COMMANDS = ("pause", "resume", "snapshot", "set")
MEASURING = 120  # seconds that an estimate may take
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"}
UPLOADS = 2_000_000_000  # bytes, at most, of one upload


def data_dir(library: Library) -> Path:
    return library.runs.parent / "data"


@answering
def form(library: Library, question: Answer) -> Answer:
    """{} -> the form's schema: see `explorer.form.schema`."""
    return schema()


def job_of(question: Answer) -> jobs.Job:
    """{name, preset, settings} as a job. Raises UserError for settings that nobody knows."""
    settings = dict(question["settings"])
    unknown = set(settings) - {f.name for f in fields(TrainConfig)}
    if unknown:
        raise UserError(f"Nobody knows the settings {', '.join(sorted(unknown))}.")
    for f in fields(TrainConfig):
        if f.type is float and type(settings.get(f.name)) is int:
            settings[f.name] = float(settings[f.name])
    return jobs.Job(str(question["name"]).strip(), str(question.get("preset") or ""), settings)


def sound_job(question: Answer) -> jobs.Job:
    """The same. Raises UserError for the first thing that stands in its way."""
    job = job_of(question)
    for sentence in errors_of(job).values():
        raise UserError(sentence)
    return job


@answering
def check(library: Library, question: Answer) -> Answer:
    """{name, preset, settings} -> {errors: {field: sentence}, command, note}: what stands in the way of a start."""
    job = job_of(question)
    errors = errors_of(job)
    note = ""
    try:
        run = Run(library.runs, job.name)
        if not errors:
            run.check(job.config())
        note = note_on(library, run)
    except UserError as error:
        errors["name"] = str(error)
    return {"errors": errors, "command": "" if errors else job.command(), "note": note}


def errors_of(job: jobs.Job) -> dict[str, str]:
    """Sentences by field: each value by itself, then all together."""
    errors = {}
    for f in fields(TrainConfig):
        if f.name in job.settings:
            try:
                if job.settings[f.name] is None:
                    raise UserError("This is empty, or no number.")
                check_value(f, job.settings[f.name])
            except UserError as error:
                errors[f.name] = str(error)
    if errors:
        return errors
    from trainer.data import DATASETS
    from trainer.loop import check_networks

    try:
        config = job.config()
        there = config.data in DATASETS or (config.data and Path(config.data).expanduser().exists())
        if not there:
            raise UserError(f"--data {config.data!r} is no known data set, and no folder or zip on the server.")
        check_networks(config)
    except UserError as error:
        errors[field_of(str(error))] = str(error)
    return errors


def note_on(library: Library, run: Run) -> str:
    """What will happen if the form is started now."""
    there = f"Run {run.name!r} is there already: this resumes it." if run.exists() else ""
    return f"{there} {wait_of(library, run)}".strip()


def wait_of(library: Library, run: Run) -> str:
    """Whom the run will have to wait for, "" for nobody."""
    busy = [other.name for other in library.all_runs().values() if other.name != run.name and jobs.is_busy(other)]
    have = "have" if len(busy) > 1 else "has"
    return f"It will wait until {', '.join(busy)} {have} ended: one training at a time." if busy else ""


@answering
def estimate(library: Library, question: Answer) -> Answer:
    """{name, preset, settings} -> {images_per_s, megabytes, text}: measured by a few steps, in a process of its own."""
    job = sound_job(question)
    words = [word for word in job.words() if word != "--queue"] + ["--dry-run", "--data-dir", str(data_dir(library))]
    try:
        found = subprocess.run(
            [sys.executable, *words], cwd=jobs.ROOT, capture_output=True, text=True, timeout=MEASURING, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(f"A few steps took more than {MEASURING} s here: choose a smaller network or batch.") from error
    rate = re.search(r"about (\d+) pictures/s", found.stdout)
    memory = re.search(r"about (\d+) MiB", found.stdout)
    if found.returncode or not rate:
        lines = (found.stderr or found.stdout).strip().splitlines()
        raise UserError(f"It could not be estimated: {lines[-1].removeprefix('error: ') if lines else 'no answer'}")
    seconds = job.config().total_images / max(1, int(rate[1]))
    return {"images_per_s": int(rate[1]), "megabytes": int(memory[1]) if memory else 0, "seconds": seconds}


@answering
def start(library: Library, question: Answer) -> Answer:
    """{name, preset, settings} -> {name, said}: start the training, or resume it; after the one that trains now."""
    job = sound_job(question)
    run = Run(library.runs, job.name)
    run.check(job.config())
    said = note_on(library, run) or f"Started {job.name}."
    jobs.start(job.words(), run, data_dir(library))
    return {"name": job.name, "said": said}


@answering
def resume(library: Library, question: Answer) -> Answer:
    """{run} -> {said}: train a run on with the settings that it has."""
    run = own(library, question["run"])
    run.config()
    wait = wait_of(library, run)
    jobs.start(["-m", "trainer", "train", f"--run={run.name}", "--queue"], run, data_dir(library))
    return {"said": f"{run.name} is in the queue. {wait}" if wait else f"{run.name} goes on."}


def own(library: Library, name: str) -> Run:
    """A run that may be steered. Raises UserError for one that is only recorded."""
    run = library.run(name)
    if library.is_recording(run):
        raise UserError(f"{name!r} is a recorded run: it can be looked at, not trained on.")
    return run


@answering
def tell(library: Library, question: Answer) -> Answer:
    """{run, kind, argument} -> {id}: write a command for the training to read between two steps."""
    run, kind, argument = own(library, question["run"]), question["kind"], question.get("argument") or {}
    if kind not in COMMANDS:
        raise UserError(f"Nobody knows the command {kind!r}.")
    if kind == "set":
        steered(run.config(), argument)
    if not run.is_training():
        raise UserError(f"Run {run.name!r} is not being trained now.")
    return {"id": run.store().ask(kind, argument)}


@answering
def answer_of(library: Library, question: Answer) -> Answer:
    """{run, id} -> {said}: what the training answered, null until it has."""
    return {"said": own(library, question["run"]).store().command(int(question["id"])).answer}


@answering
def stop(library: Library, question: Answer) -> Answer:
    """{run} -> {said}: save and end; a waiting one gives up its place."""
    return {"said": jobs.stop(own(library, question["run"]))}


@answering
def branch(library: Library, question: Answer) -> Answer:
    """{run, images, name, settings} -> {name, said}: a new run from a kept moment, or from the last state, started."""
    from trainer.branch import branch as begin

    run, images = own(library, question["run"]), question.get("images")
    wanted = dict(question.get("settings") or {})
    for f in fields(TrainConfig):
        if f.type is float and type(wanted.get(f.name)) is int:
            wanted[f.name] = float(wanted[f.name])
    made = begin(run, str(question["name"]).strip(), None if images is None else int(images), wanted)
    wait = wait_of(library, made)
    jobs.start(["-m", "trainer", "train", f"--run={made.name}", "--queue"], made, data_dir(library))
    return {"name": made.name, "said": f"Branched off {run.name}. {wait}".strip()}


@answering
def publish(library: Library, question: Answer) -> Answer:
    """{run, snapshot, name} -> {said}: copy a snapshot into the checkpoints folder, with its model card."""
    from trainer.publish import publish as write

    name = str(question["name"]).strip()
    check_name(name, "checkpoint")
    if (library.checkpoints / name).exists():
        raise UserError(f"There is a checkpoint {name!r} already. Choose another name.")
    write(library.run(question["run"]), name, library.checkpoints, snapshot=str(question["snapshot"]))
    return {"said": f"{name} is in {library.checkpoints.name}/ and in the chooser after a reload."}


def take_upload(files: list[str], name: str, into: Path) -> Path:
    """Put uploaded pictures, or one zip of pictures, into a folder of that name. Returns what --data takes.

    Raises UserError for a name that is taken, for files that are no pictures, and for too many bytes.
    """
    check_name(name, "folder of pictures")
    paths = [Path(file) for file in files]
    kinds = {path.suffix.lower() for path in paths}
    if not paths or not (kinds <= PICTURES or (kinds == {".zip"} and len(paths) == 1)):
        found = ", ".join(sorted(kinds)) or "nothing"
        raise UserError(f"Found {found}; upload pictures ({', '.join(sorted(PICTURES))}), or one zip of them.")
    size = sum(path.stat().st_size for path in paths)
    if size > UPLOADS:
        raise UserError(f"The upload has {size / 1e9:.1f} GB; at most {UPLOADS / 1e9:.0f} GB can be taken.")
    folder = into / "uploads" / name
    if folder.exists():
        raise UserError(f"There is an upload {name!r} already. Choose another name.")
    folder.mkdir(parents=True)
    for number, path in enumerate(paths):
        shutil.move(
            path, folder / (f"pictures{path.suffix}" if kinds == {".zip"} else f"{number:06d}{path.suffix.lower()}")
        )
    return folder / "pictures.zip" if kinds == {".zip"} else folder


HANDLERS: tuple[Any, ...] = (
    form, check, estimate, start, resume, tell, answer_of, stop, branch, publish,
)  # fmt: skip
