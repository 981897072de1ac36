"""What the Train tab's view needs to know of the figures that a run measures: the page has no list of its own."""

from contextlib import suppress

from explorer.core.library import Library
from explorer.rpc.handler import Answer, rpc_handler
from trainer.runs.run import Run
from trainer.util.errors import UserError


@rpc_handler
def described(library: Library, question: Answer) -> Answer:
    """{} -> {charts: [{title, log, series, range, zero, half, band}], thresholds: {name: value}}."""
    from trainer.diagnosis.thresholds import served
    from trainer.metrics import charts

    return {"charts": charts(), "thresholds": served()}


def compared() -> dict[str, str]:
    """Figure -> its title in the table of runs compared, those of the run itself first."""
    from trainer.metrics import all_figures

    best = {"lower": "lowest", "higher": "highest"}
    rows = {key: f"{f.title}, {best[f.better]}" for key, f in all_figures().items() if f.table}
    return {"kimg": "kimg", "minutes": "training time, minutes", **rows, "verdict": "latest verdict"}


def best_of(run: Run, verdict: str) -> Answer:
    """A run's best value of each figure that runs are compared by, None where it has none."""
    from trainer.checkpoints.checkpoint import read_info
    from trainer.metrics import all_figures

    store = run.store()
    found: Answer = {"kimg": store.images_seen() / 1000, "verdict": verdict}
    for key, figure in all_figures().items():
        if figure.table:
            values = [value for _, value in store.read(key) if value is not None]
            found[key] = (min if figure.better == "lower" else max)(values, default=None)
    with suppress(UserError):
        found["minutes"] = read_info(run.latest).seconds / 60
    return found
