"""Which checkpoints the form may start a training from: those of this library; its owner may name any."""

from dataclasses import replace

from explorer.core import sources
from explorer.core.library import Library
from trainer.runs.run import Run
from trainer.training.config import TrainConfig
from trainer.util.errors import UserError
from trainer.util.hub import is_address
from trainer.util.reading import is_own_folder


def names(library: Library) -> list[str]:
    """Published checkpoints, then runs that have a snapshot."""
    published = sorted(path.parent.name for path in library.checkpoints.glob("[!.]*/config.json"))
    runs = [run for run in library.all_runs().values() if not library.is_recording(run)]
    return list(dict.fromkeys([*published, *(run.name for run in runs if is_own_folder(run.latest, run.folder))]))


def found(library: Library, name: str) -> str:
    """What --start-from takes, for what stands in the form. Raises UserError for what this page may not speak of."""
    if not name or name in names(library):
        return name
    if library.any_folder and 0 < len(name) <= sources.MAX_PLACE and "\0" not in name:
        return name if is_address(name) else str(sources.here(name))  # a training is started in another folder
    raise UserError(
        "--start-from is neither a published checkpoint here nor a run with a snapshot. Choose a name from the list.",
        field="start_from",
    )


def check(library: Library, run_name: str, config: TrainConfig) -> None:
    """Raise UserError for a checkpoint that a new run cannot begin with; one on the Hub is not fetched for that."""
    from trainer.runs.warm_start import start_of  # slow to import

    try:
        run = Run(library.runs, run_name)
    except UserError:  # told beside the name
        return
    place = found(library, config.start_from)
    if not is_address(place):
        start_of(run, replace(config, start_from=place), library.checkpoints)
