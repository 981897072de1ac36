"""Watch a training live, start one, stop it. The page only reads the run's folder: it may be closed at any time."""

import base64
from html import escape
from typing import Any

import gradio as gr

from explorer import curves, jobs
from explorer.tabs.context import LIVE, Context, told
from trainer.config import PRESETS, TrainConfig, preset
from trainer.data import DATASETS
from trainer.runs import Run

TITLE = "Train"
NO_RUN = "No run yet. Start one here, or in a terminal with <code>python -m trainer train</code>."
OFF = (
    "Starting a training is off here: on a Space, or with `--no-train`. "
    "Recorded runs can be watched; `python app.py --train` turns it on."
)


def page(run: jobs.Watched) -> str:
    """The run as HTML: how far it is, its curves, its newest samples."""
    parts = [f"{run.images_seen / 1000:,.0f} of {run.config.kimg:,.0f} kimg"]
    if run.training:
        parts.insert(0, "training")
        if run.series["images_per_s"]:
            parts.append(f"{run.series['images_per_s'][-1][1]:.0f} pictures/s")
        if run.seconds_left is not None:
            parts.append(f"about {duration(run.seconds_left)} left")
    else:
        parts.insert(0, "finished" if run.images_seen >= run.config.total_images else "stopped")
    share = min(1.0, run.images_seen / run.config.total_images)
    bar = (
        f'<div class="bar" role="progressbar" aria-label="Progress" aria-valuenow="{100 * share:.0f}">'
        f'<i style="width:{100 * share:.1f}%"></i></div>'
    )
    words = "" if run.training and run.images_seen else f'<p class="message">{escape(run.last_words)}</p>'
    losses = curves.chart("Losses", {"D": run.series["loss_d"], "G": run.series["loss_g"]})
    accuracies = {"on real": run.series["d_accuracy_real"], "on generated": run.series["d_accuracy_fake"]}
    accuracy = curves.chart("D's accuracy", accuracies, low=0, high=1)
    return (
        f'<div class="run" data-images="{run.images_seen}"><p class="state">{" · ".join(parts)}</p>{bar}{words}'
        f'<div class="charts">{losses}{accuracy}</div>{samples(run)}</div>'
    )


def waiting(run: Run) -> str:
    """A run that was started here and has not begun, or never could: its own last words."""
    state = "preparing" if jobs.is_busy(run) else "could not begin"
    words = escape(jobs.last_line(run.folder / "log.txt"))
    return f'<div class="run"><p class="state">{state}</p><p class="message">{words}</p></div>'


def samples(run: jobs.Watched) -> str:
    if run.grid is None:
        return ""
    data = base64.b64encode(run.grid.read_bytes()).decode()
    seen = int(run.grid.stem) / 1000
    caption = f"The same 64 latents at {seen:,.0f} kimg"
    picture = f'<img src="data:image/webp;base64,{data}" alt="{caption}">'
    return f'<figure class="grid"><figcaption>{caption}</figcaption>{picture}</figure>'


def data_of(name: str) -> str:
    """The data set that a preset trains on."""
    return preset(name).get("data", TrainConfig.data)


def duration(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 5400 else f"{max(1, round(seconds / 60))} min"


def build(ctx: Context) -> None:
    runs, data_dir = ctx.library.runs, ctx.library.runs.parent / "data"
    with gr.Row(elem_classes="split"):
        with gr.Column(scale=3, min_width=300):
            chosen = gr.Dropdown(jobs.names(runs), value=None, label="Run", info="the one touched last stands first")
            live = gr.HTML(f"<p>{NO_RUN}</p>", elem_id="run-element")
        with gr.Column(scale=1, min_width=240, elem_classes="panel"):
            if ctx.may_train:
                first = "mnist-dcgan"
                chosen_preset = gr.Dropdown(list(PRESETS), value=first, label="Preset", info=PRESETS[first]["help"])
                data = gr.Dropdown(
                    list(DATASETS),
                    value=data_of(first),
                    label="Data",
                    info="a name, or the path of a folder or zip of pictures on this machine",
                    allow_custom_value=True,
                )
                name = gr.Textbox("my-first", label="Name", info="an existing run is resumed", max_lines=1)
                kimg = gr.Number(200, label="Budget in kimg", info="thousands of real pictures", minimum=0)
                begin = gr.Button("Start", variant="primary", size="sm")
                typed = gr.Textbox(
                    jobs.Job(first, data_of(first), "my-first", 200).command(),
                    label="The same in a terminal",
                    elem_id="typed",
                    info="to copy",
                    lines=2,
                    interactive=False,
                    buttons=["copy"],
                )
            else:
                gr.Markdown(OFF)
            halt = gr.Button("Stop and save", size="sm", visible=ctx.may_train)
    shown, timer = gr.State(None), gr.Timer(1.5)

    def refresh(name: str | None, shown: Any) -> tuple[Any, Any, Any]:
        """Only what has changed since the last tick."""
        known = jobs.names(runs)
        if not known:
            return gr.skip(), gr.skip(), gr.skip()
        name = name if name in known else known[0]
        run = Run(runs, name)
        html = page(jobs.watch(run)) if (run.folder / "config.json").is_file() else waiting(run)
        now = (known, name, hash(html))
        if shown is not None and tuple(shown) == now:
            return gr.skip(), gr.skip(), gr.skip()
        return gr.Dropdown(choices=known, value=name), html, now

    timer.tick(told(refresh), [chosen, shown], [chosen, live, shown], **(LIVE | {"queue": False}))
    chosen.input(told(refresh), [chosen, shown], [chosen, live, shown], **LIVE)
    if not ctx.may_train:
        return

    def job(preset: str, data: str | None, name: str, kimg: float | None) -> jobs.Job:
        return jobs.Job(preset, data or "", name.strip(), kimg or 0)

    def suit(preset: str) -> tuple[Any, Any]:
        return gr.Dropdown(info=PRESETS[preset]["help"]), data_of(preset)

    def launch(preset: str, data: str | None, name: str, kimg: float | None) -> Any:
        jobs.start(job(preset, data, name, kimg), runs, data_dir)
        return gr.Dropdown(choices=[name.strip(), *jobs.names(runs)], value=name.strip())

    form: list[Any] = [chosen_preset, data, name, kimg]
    chosen_preset.change(suit, chosen_preset, [chosen_preset, data], **LIVE)
    gr.on([field.change for field in form], lambda *form: job(*form).command(), form, typed, **LIVE)
    begin.click(told(launch), form, chosen, **LIVE)
    halt.click(told(lambda name: jobs.stop(Run(runs, name or ""))), chosen, None, **LIVE)
