"""`python -m trainer reference | evaluate`: a checkpoint against the real data, in numbers and in words."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trainer.checkpoints.checkpoint import load_generator, read_info
from trainer.checkpoints.critic import KEY, load_critic, many_scores
from trainer.checkpoints.sampling import sample
from trainer.diagnosis import diagnose, load_reference, reference_file
from trainer.diagnosis.class_shares import plain_intra_class
from trainer.diagnosis.reference import reference_path
from trainer.diagnosis.reference_build import halves, rows_kept
from trainer.diagnosis.reference_record import with_scores
from trainer.features import EXTRACTORS, Tell, caveats, shown
from trainer.features.feature_set import extract
from trainer.features.pixels import as_images
from trainer.metrics import all_figures
from trainer.metrics.diversity import WINDOW
from trainer.reports.card import is_of_pixels, write_section
from trainer.reports.measure import as_table, measured, number
from trainer.training.config import config_from_record
from trainer.util.atomic_io import copy_atomically
from trainer.util.errors import UserError


def make_reference(folder: Path, data_dir: Path, extractor: str = "", tell: Tell = print) -> Path:
    """Write a checkpoint's reference.safetensors from the data set that it was trained on, with the scores that its
    critic gives the real images, where it has one. Returns its path.

    Raises UserError where the checkpoint, its data set or the extractor cannot be had.
    """
    info = read_info(folder)
    if not info.train:
        raise UserError(
            f"{folder.name} was imported: its data set is not known. Judge it against images of your own: "
            f"`python -m trainer diagnose --real IMAGES --fake {folder.name}`."
        )
    config = config_from_record(info.train)
    limit = config.limit or None
    kept = reference_file(
        config.data, resolution=config.resolution, data_dir=data_dir, limit=limit, extractor=extractor, tell=tell
    )
    path = reference_path(folder)
    critic = load_critic(folder, info)
    if critic is None:
        copy_atomically(kept, path)
        return path
    tell("the checkpoint's critic scores the real images")
    unseen = halves(config.data, config.resolution, data_dir, limit).unseen
    rows = rows_kept(len(unseen))
    labels = unseen.labels[rows, 0].clip(0) if critic.conditional else np.zeros(len(rows), np.int64)
    with_scores(kept, path, many_scores(critic, unseen.images[rows], labels), info.data[KEY]["sha256"])
    return path


def evaluate(folder: Path, samples: int, seed: int = 0) -> dict[str, Any]:
    """Every measure that applies, by key, and the verdict. Raises as `load_reference` and `load_generator`."""
    info, reference = read_info(folder), load_reference(folder)
    generator = load_generator(folder, info)
    reference.check_fits(folder.name, generator.resolution, generator.channels)
    seeds = range(seed, seed + samples)
    asked = reference.labels_to_ask(generator.num_classes, seeds)
    images = as_images(sample(generator, seeds, asked, noise="random", exact=False))
    fake = extract(reference.reader, images, reference.space)
    real = reference.real.take(slice(samples))
    inputs = {
        "real": real.features,
        "fake": fake.features[: len(real)],
        "real_labels": reference.real.labels(0),
        "fake_labels": fake.labels(0),
        "k_classes": len(reference.heads[0].values),
        "fake_probabilities": fake.probabilities[0],
        "fake_images": images.numpy() if generator.resolution >= WINDOW else None,
        **EXTRACTORS[reference.extractor].facts,
    }
    found = {"extractor": f"{shown(reference.extractor)} {reference.version}", **measured(inputs)}
    found["caveats"] = caveats(reference.reader, reference.resolution)
    diagnosis = diagnose(reference, fake, asked=asked)
    if diagnosis.measurements:  # the verdict evaluates these in pixel space, where they show
        by_key = diagnosis.measurements.by_key
        found |= {key: by_key[key].value for key in by_key if is_of_pixels(key)}
        found["pixel_duplicates"] = by_key["duplicates"].value
    intra_class = diagnosis.measurements.intra_class if diagnosis.measurements else ()
    found["within"] = [plain_intra_class(one) for one in intra_class]
    if known := [one.variety for one in intra_class if one.variety is not None]:
        found["least_variety"] = min(known)
    if asked is not None and not reference.grouped:
        found["as_asked"] = float((fake.labels(0) == asked).mean())
    if (
        diagnosis.measurements and not diagnosis.attributes
    ):  # a forced reading of images that resemble no real one is no mode
        found |= {"modes": None, "kl": None}
    found["verdict"] = diagnosis.verdict.kind
    found["findings"] = [{"kind": f.kind, "title": f.title, "text": f.text} for f in diagnosis.findings]
    return found


def report(found: Mapping[str, Any]) -> str:
    """What the command prints: the findings in words, then the table of figures."""
    words = "\n".join(f"{finding['title']}. {finding['text']}" for finding in found["findings"])
    pixel = "\n".join(f"{key:<22} {number(found[key]):>12}" for key in found if key.startswith("pixel_"))
    parts = [
        words,
        f"features of {found['extractor']}\n{as_table(found)}",
        f"in pixel space\n{pixel}",
        inside(found["within"]),
        "\n".join(f"note: {caveat}" for caveat in found["caveats"]),
    ]
    return "\n\n".join(filter(None, parts))


def inside(classes: Sequence[Mapping[str, Any]]) -> str:
    """A line for each class: the variety within it and, of a conditional model, the share that comes as asked for."""
    if not classes:
        return ""
    asked = any(one["asked"] for one in classes)
    rows = [("within each class", "diversity", "label accuracy" if asked else "")]
    rows += [(one["name"], number(one["variety"]), number(one["obeyed"]) if asked else "") for one in classes]
    return "\n".join(f"{name:<22} {variety:>12} {accuracy:>12}".rstrip() for name, variety, accuracy in rows)


def write_into_card(folder: Path, found: Mapping[str, Any]) -> None:
    """Replace the section on the evaluation in the model card, or add it. Raises UserError if it cannot be written."""
    keys = [key for key, figure in all_figures().items() if figure.card and key in found]
    figures = {key: "undefined" if found[key] is None else f"{found[key]:.4g}" for key in keys}
    rows = "\n".join(f"| {key} | {value} |" for key, value in figures.items())
    words = "\n\n".join(f"**{finding['title']}.** {finding['text']}" for finding in found["findings"])
    of = "; ".join([found["extractor"], *found["caveats"]])
    section = (
        f"\n## Evaluated\n\n{words}\n\n| {found['n_fake']:,} generated, {found['n_real']:,} real images | |\n"
        f"| --- | ---: |\n{rows}\n\nFeatures of {of}; `python -m trainer evaluate {folder.name}` "
        "repeats the evaluation and lists every metric.\n"
    )
    write_section(folder, section)
