"""From a run to the checkpoints folder, and from a name to a checkpoint's folder."""

import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from trainer.checkpoints.checkpoint import load_generator, load_translator, read_info, save_checkpoint
from trainer.checkpoints.critic_features import PREFIX
from trainer.checkpoints.examples import read_examples
from trainer.checkpoints.hub import fetched_checkpoint
from trainer.checkpoints.model_card import model_card
from trainer.checkpoints.tried import tried_on
from trainer.diagnosis.reference import FILE, reference_path
from trainer.networks import Generator, Translator, is_translator
from trainer.runs.run import Run
from trainer.runs.trained_critic import kept_critic
from trainer.util.atomic_io import check_name, copy_atomically
from trainer.util.errors import UserError
from trainer.util.hub import is_address
from trainer.util.reading import is_own_file


def publish(
    run: Run, name: str, checkpoints: Path, note: str = "", snapshot: str = "latest", critic: bool | None = None
) -> Path:
    """Write a snapshot of the run as `checkpoints/name`, with a note of the person's own in its model card.

    Args: snapshot: as `Run.snapshot` takes it. critic: whether its discriminator comes along; None: if it is small.

    Returns the folder.

    Raises UserError for a name that no file system would like, and for a run without a sound snapshot, or
    without the critic that was asked for.
    """
    check_name(name, "checkpoint")
    run.config()
    if not run.latest.is_dir():
        raise UserError(f"Run {run.name!r} has no snapshot yet. Train it a little longer: the first step writes one.")
    source = run.snapshot(snapshot)
    info = read_info(source)
    folder, tried = checkpoints / name, None
    if is_translator(info.arch):
        network: Generator | Translator = (translator := load_translator(source, info))
        examples = read_examples(source, translator)
        tried = tried_on(translator, examples) if examples else None
    else:
        network = load_generator(source, info)
    kept = None if critic is False else kept_critic(run, source, info, network, asked=critic is True)
    shutil.rmtree(folder / ".cache", ignore_errors=True)
    save_checkpoint(folder, network, replace(info, sha256=""), model_card(name, info, note), kept, tried)
    if is_own_file(reference_path(source)):
        copy_atomically(reference_path(source), folder / FILE)
    return folder


def extractor_at(name: str, checkpoints: Path, runs: Path) -> str:
    """An extractor's name as a reference keeps it: of critic:CHECKPOINT the folder, once it is found; others as given.

    Raises UserError if there is no such checkpoint.
    """
    place = name.removeprefix(PREFIX)
    if place == name or is_address(place):
        return name
    return f"{PREFIX}{find_checkpoint(place, checkpoints, runs).resolve()}"


def find_checkpoint(name: str, checkpoints: Path, runs: Path) -> Path:
    """A folder, a published name, a run's folder or name, hf://user/repo -> the checkpoint's folder, once it is here.

    Raises UserError if there is none.
    """
    if is_address(name):
        return fetched_checkpoint(name)
    latest = Path("snapshots", "latest")
    with suppress(OSError):  # a name too long for any file
        for folder in (Path(name), checkpoints / name, Path(name) / latest, runs / name / latest):
            if (folder / "model.safetensors").is_file():
                return folder
    known = sorted(p.parent.name for p in [*checkpoints.glob("*/config.json"), *runs.glob("*/config.json")])
    raise UserError(
        f"There is no checkpoint {name!r:.100}: neither this folder nor one of this name in {checkpoints} or {runs} "
        f"has a model.safetensors (found: {', '.join(known) or 'none'})."
    )
