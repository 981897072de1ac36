"""How long from a slider's input event to new pixels, and how fluid is a drag? In a real Chromium.

Our slider draws in the page, or through the server where the page cannot. Both are measured, in turns with the way that
most Spaces use, around the same generator: gr.Slider.change -> gr.Image, all defaults. The single steps visit every
position once and note what the image then looks like. In the drag, one input event a frame, each new image is known
by its looks: its lag is its age, counted from the latest event at its position.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.browser import PLAIN_SHOWS, chromium, page_in, served_app, served_plainly
from benchmarks.common import CHECKPOINTS, Record, checkpoints_in, circumstances, main, markdown, median, p95, rounded
from trainer.util.errors import UserError

OURS = ("#slide-element .slider input", "#slide-element .image")
WAYS = {
    "page": ("in the page", *OURS),
    "server": ("through the server", *OURS),
    "plain": ("gr.Slider to gr.Image", "#slider input[type=range]", "#image"),
}
APP_READY = "() => [...document.querySelectorAll('#slide-element .slider .high')].pop()?.src.startsWith('data:')"
IN_PAGE = "() => document.querySelector('#slide-element .engine')?.dataset.state === 'page'"
NEVER_IN_PAGE = """async () => {
  const { engine } = await explorer.module("web/render/engine.js");
  engine.ready = () => false;
}"""
PROBE = (Path(__file__).parent / "probe.js").read_text()
FIGURES = ("step_median", "step_p95", "fps", "lag_median", "lag_p95")


def positions(count: int) -> list[float]:
    """A way up from -3 and down again that visits no position twice: even places upwards, odd ones downwards."""
    places = list(range(0, count, 2)) + list(range(1, count, 2))[::-1]
    return [round(-3 + 6 * place / count, 2) for place in places]


def lags(drag: dict[str, Any], looks: dict[int, list[float]]) -> list[float]:
    """The age in ms of each image of a drag: since the latest event at a position that looks like it."""
    ages = []
    for time, mark in drag["shown"]:
        events = [at for at, value in drag["events"] if at <= time and value in looks.get(mark, ())]
        ages += [time - events[-1]] if events else []
    return ages


def one_turn(page: Any, values: list[float], seconds: float) -> Record:
    """All single steps, then a drag."""
    page.bring_to_front()
    steps = [page.evaluate("(value) => probe.step(value)", value) for value in values]
    looks: dict[int, list[float]] = {}
    for value, step in zip(values, steps, strict=True):
        if step:
            looks.setdefault(step[1], []).append(value)
    drag = page.evaluate("([values, seconds]) => probe.drag(values, seconds)", [values, seconds])
    within = [time for time, _ in drag["shown"] if time <= drag["until"]]
    final = drag["shown"][-1][1] if drag["shown"] else -1  # no fingerprint
    passed = (drag["until"] - drag["from"]) / 1000
    return {
        "steps_ms": rounded([step[0] for step in steps if step]),
        "unseen_steps": steps.count(None),
        "lags_ms": rounded(lags(drag, looks)),
        "fps": round(len(within) / passed, 1),
        "events_per_s": round(len(drag["events"]) / passed, 1),
        "last_shown": drag["events"][-1][1] in looks.get(final, ()),
    }


def summary(turns: list[Record]) -> dict[str, float]:
    steps = [ms for turn in turns for ms in turn["steps_ms"]]
    ages = [ms for turn in turns for ms in turn["lags_ms"]]
    nothing = [float("nan")]
    return {
        "step_median": median(steps or nothing),
        "step_p95": p95(steps or nothing),
        "fps": median([turn["fps"] for turn in turns]),
        "lag_median": median(ages or nothing),
        "lag_p95": p95(ages or nothing),
    }


def measure(
    *, checkpoints: Path = CHECKPOINTS, steps: int = 120, seconds: float = 5.0, rounds: int = 3, seed: int = 1
) -> Record:
    if seed < 1:
        raise UserError(f"The seed is {seed}; the app opens the link of seed 1 or above in Slide.")
    values = positions(steps)
    found: dict[str, Any] = {}
    with chromium() as browser:
        for folder in checkpoints_in(checkpoints):
            with ExitStack() as stack:
                app_at = stack.enter_context(served_app(checkpoints)).address
                plain_at = stack.enter_context(served_plainly(folder, seed)).address
                pages = {way: stack.enter_context(page_in(browser)) for way in WAYS}
                for way in ("page", "server"):
                    pages[way].goto(f"{app_at}/?checkpoint={folder.name}&seed={seed}")
                    pages[way].wait_for_function(APP_READY)
                    pages[way].wait_for_function(IN_PAGE)
                pages["server"].evaluate(NEVER_IN_PAGE)
                pages["plain"].goto(plain_at)
                pages["plain"].wait_for_function(PLAIN_SHOWS)
                for way, page in pages.items():
                    page.evaluate(PROBE)
                    page.evaluate("([slider, image]) => probe.start(slider, image)", WAYS[way][1:])
                    page.evaluate("async () => { for (const v of [1, 2, 1, 0]) await probe.step(v); }")
                turns: dict[str, list[Record]] = {way: [] for way in WAYS}
                for turn in range(rounds):
                    for way in WAYS:
                        turns[way].append(one_turn(pages[way], values, seconds))
                        print(folder.name, f"round {turn + 1}", way, summary(turns[way][-1:]), flush=True)
            found[folder.name] = {way: {"summary": summary(turns[way]), "turns": turns[way]} for way in WAYS}
    return {"checkpoints": found}


def table(record: Record) -> str:
    rows = []
    for name, ways in record["results"]["checkpoints"].items():
        both = {way: ways[way]["summary"] for way in WAYS}
        rows += [[name, WAYS[way][0], *(f"{both[way][figure]:.0f}" for figure in FIGURES)] for way in WAYS]
        for way in ("page", "server"):
            ratios = {figure: both["plain"][figure] / both[way][figure] for figure in FIGURES}
            ratios["fps"] = 1 / ratios["fps"]
            rows.append([name, f"{WAYS[way][0]}, times better", *(f"{ratio:.1f}" for ratio in ratios.values())])
    head = ["checkpoint", "way", "slider to pixels, ms", "p95", "drag, frames/s", "lag in the drag, ms", "p95"]
    s = record["settings"]
    return (
        f"{markdown(head, rows)}\n\nMedians and 95th percentiles of {s['rounds']} x {s['steps']} single steps and "
        f"{s['rounds']} drags of {s['seconds']:g} s, in turns. {circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
