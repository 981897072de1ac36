"""The DCGAN tutorial as a report: sheets as it learned, the distance, an interpolation, the curves.

Markdown with images beside it, so that it can be read anywhere.
"""

from pathlib import Path

import numpy as np
import torch

from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.sampling import sample, seed_z
from trainer.data import load
from trainer.features import EXTRACTORS, extractor_for
from trainer.features.feature_set import extract
from trainer.features.pixels import as_images
from trainer.metrics import METRICS, of_training
from trainer.networks import Generator
from trainer.runs.run import Run
from trainer.training.config import TrainConfig
from trainer.util.atomic_io import write_text
from trainer.util.errors import UserError
from trainer.util.images import sheet, to_pixels

SAMPLES = 1000
STEPS = 8
ENDS = (0, 1)  # seeds of the interpolation


def write_report(run: Run, folder: Path, data_dir: Path) -> Path:
    """Write report.md and its images into a folder. Returns the path of the report.

    Raises UserError for a run without a snapshot, and where the data set or its extractor cannot be had.
    """
    config, info = run.config(), read_info(run.latest)
    generator = load_generator(run.latest, info)
    folder.mkdir(parents=True, exist_ok=True)
    sheets = copy_sheets(run, folder)
    rows = interpolation(generator)
    sheet(rows, STEPS).resize((STEPS * 96, 96), 0).save(folder / "interpolation.png")
    distance, extractor = distance_of(generator, config, data_dir)
    epochs = info.images_seen / info.data["pictures"]
    images = "\n".join(f"| {kimg:,.0f} | ![]({name}) |" for kimg, name in sheets)
    text = f"""# {run.name}: {info.summary}

| | |
| --- | --- |
| epochs | {epochs:.1f} of {config.total_images / info.data["pictures"]:.0f} |
| batch, learning rate, beta1 | {config.batch}, {config.lr:g}, {config.beta1:g} |
| D's target for real images | {1 - config.label_smoothing:g} |
| Fréchet distance on {SAMPLES:,} samples | {distance:.2f} (features of {extractor}; lower is better) |

## Samples over training

The same 64 latents after each number of kimg.

| kimg | |
| ---: | --- |
{images}

## Interpolation between two latents, in {STEPS} steps

![interpolation](interpolation.png)

## Training statistics

{curves(run)}

D's accuracy tends to 0.5 as it can no longer tell real from generated; the divergence is a lower bound. Neither
reveals a collapse.

## Has it collapsed?

{verdict(run)}
"""
    path = folder / "report.md"
    write_text(path, text)
    return path


def copy_sheets(run: Run, folder: Path) -> list[tuple[float, str]]:
    """The run's sheets of samples into the folder: (kimg, name of the file) in order. UserError if there is none."""
    found = []
    for path in sorted((run.folder / "samples").glob("*.webp")):
        (folder / path.name).write_bytes(path.read_bytes())
        found.append((int(path.stem) / 1000, path.name))
    if not found:
        raise UserError(f"Run {run.name!r} has no samples yet. Train it a little longer.")
    return found


@torch.inference_mode()
def interpolation(generator: Generator) -> np.ndarray:
    """STEPS images on the straight line between two latents, both included."""
    first, last = (torch.from_numpy(seed_z(seed, generator.z_dim)) for seed in ENDS)
    z = torch.stack([first.lerp(last, t) for t in torch.linspace(0, 1, STEPS).tolist()])
    label = torch.zeros(STEPS, dtype=torch.long)
    noise = [layer.expand(STEPS, -1, -1, -1) for layer in generator.draw_noise(1, torch.Generator().manual_seed(0))]
    return to_pixels(generator.synthesize(generator.map(z, label), noise))


@torch.inference_mode()
def distance_of(generator: Generator, config: TrainConfig, data_dir: Path) -> tuple[float, str]:
    """(Fréchet distance of SAMPLES generated images to as many real ones, name of the extractor)."""
    from trainer.diagnosis.reference_build import reader_for

    real = load(config.data, resolution=config.resolution, data_dir=data_dir, limit=config.limit or None)
    name = extractor_for(real.name)
    reader = reader_for(name, real, data_dir, print)
    rows = np.sort(np.random.default_rng(0).permutation(len(real))[:SAMPLES])
    features = [
        extract(reader, as_images(images)).features
        for images in (real.images[rows], sample(generator, range(SAMPLES), noise="random", exact=False))
    ]
    found = METRICS["fid"](real=features[0], fake=features[1])
    kind = EXTRACTORS[name].help
    return float(found["fid"]), f"{name}: {kind}"  # type: ignore[arg-type]


def verdict(run: Run) -> str:
    """All findings of the last diagnosis, or how to get one."""
    found = [event for event in run.store().events() if event.kind == "verdict"]
    if not found:
        return f"It was not evaluated: `python -m trainer reference {run.name}` and `evaluate {run.name}` do that."
    last = found[-1]
    words = "\n\n".join(f"**{finding['title']}.** {finding['text']}" for finding in last.detail["findings"])
    return f"{words}\n\nFrom {last.detail['n']:,} new samples at {last.images_seen / 1000:,.0f} kimg."


def curves(run: Run) -> str:
    """A table of the mean of each statistic of the steps over the tenths of the run."""
    series: dict[str, list[tuple[int, float]]] = {}
    for metric in run.store().metrics():
        series.setdefault(metric.name, []).append((metric.images_seen, metric.value))
    names = [name for name in of_training() if name in series]
    last = max((images for points in series.values() for images, _ in points), default=1)
    lines = ["| kimg | " + " | ".join(names) + " |", "| ---: |" + " ---: |" * len(names)]
    for tenth in range(10):
        low, high = last * tenth / 10, last * (tenth + 1) / 10
        cells = [[v for images, v in series[name] if low < images <= high] for name in names]
        if all(cells):
            means = " | ".join(f"{np.mean(values):.3g}" for values in cells)
            lines.append(f"| {low / 1000:,.0f} to {high / 1000:,.0f} | {means} |")
    return "\n".join(lines)
