"""`python -m trainer evaluate` of a translator: how near it comes to the truth, beside what costs nothing.

On images that no training has seen, where the data set has any. Distances of features are those of the extractor that
belongs to the targets; it also reads off an output which attributes survive.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image

from trainer.checkpoints.checkpoint import load_translator, read_info
from trainer.checkpoints.translating import network_input, translated
from trainer.data import Attribute, Dataset, NoHeldOut
from trainer.diagnosis.reference_build import part, reader_for
from trainer.diagnosis.translators import Translated, diagnose_translator
from trainer.features import Extractor, Tell, extractor_for, shown
from trainer.features.feature_set import FeatureSet, extract
from trainer.features.pixels import as_images
from trainer.metrics import METRICS, all_figures
from trainer.metrics.translation import cycle_error, likeness, style_diversity
from trainer.networks import Translator
from trainer.reports.card import write_section
from trainer.reports.measure import number
from trainer.runs.images import opened
from trainer.training.config import TrainConfig, config_from_record

MOST = 1000  # inputs that are translated
STYLED_INPUTS, CODES = 100, 20  # of the diversity of styles: 19 consecutive pairs each
DISTANCES = ("fid", "kid")
MODEL = "model"


class Tried(NamedTuple):
    """Inputs and what is known of them; row i of each belongs together.

    Attributes:
        given: uint8 (n, h, w, inputs). target: uint8 (n, H, H, C), the truth where `paired`, else of the collection.
        labels: int (n, A), of `attributes`, that should be read off the outputs; -1 unknown.
        unseen: whether no training has seen them.
    """

    given: np.ndarray
    target: np.ndarray
    paired: bool
    labels: np.ndarray
    attributes: tuple[Attribute, ...]
    unseen: bool


def evaluate_translator(
    folder: Path, samples: int, data_dir: Path, seed: int = 0, tell: Tell = print
) -> dict[str, Any]:
    """Figures of the model and of each baseline, the attributes that survive, and the verdict.

    Raises UserError where the checkpoint or its data set cannot be had.
    """
    info = read_info(folder)
    translator, config = load_translator(folder, info), config_from_record(info.train)
    count = min(samples, MOST)
    data, unseen = images_for(config, data_dir, count)
    reader = reader_for(extractor_of(config.data), part(data, slice(0, None, 2)), data_dir, tell)
    return evaluated(translator, tried_on(translator, data, unseen, count, seed), reader, seed)


def extractor_of(data: str) -> str:
    """The extractor for the targets of a data set: those of pairs of avatars are avatars."""
    return extractor_for("avatars" if data.startswith("avatar-pairs") else data)


def evaluated(translator: Translator, tried: Tried, reader: Extractor, seed: int = 0) -> dict[str, Any]:
    """What a translator makes of some inputs, in figures and in words. Raises UserError for fewer than 20."""
    made = translated(translator, tried.given, range(seed, seed + len(tried.given)), exact=False)
    target = extract(reader, as_images(tried.target))
    rows = {MODEL: made, **baselines(translator, tried)}
    read = {name: extract(reader, as_images(images)) for name, images in rows.items()}
    styled = styles(translator, tried.given, reader, seed) if translator.z_dim else None
    found: dict[str, Any] = {
        "extractor": f"{shown(reader.name)} {reader.version}",
        "n": len(made),
        "unseen": tried.unseen,
        "rows": {name: figures(rows[name], read[name], tried, target) for name in rows},
        "attributes": surviving(tried, reader, read[MODEL], target),
    }
    if translator.two_way:
        found["rows"][MODEL]["cycle_error"] = way_back(translator, tried.given)
    if styled is not None:
        found["rows"][MODEL]["style_diversity"] = style_diversity(styled=styled)
    changes = changed(translator, tried, made)
    copied = None if translator.masked else read.get("input copied")
    given = copied.features if copied else features_of_inputs(reader, tried.given, translator)
    seen = Translated(read[MODEL].features, target.features, tried.paired, given, *changes, styled)
    findings = diagnose_translator(seen)
    found |= {"spread": seen.spread, "following": seen.following, "change": seen.change, "style": seen.style}
    found["verdict"] = findings[0].kind
    found["findings"] = [{"kind": f.kind, "title": f.title, "text": f.text} for f in findings]
    return found


def images_for(config: TrainConfig, data_dir: Path, count: int) -> tuple[Dataset, bool]:
    """(images to try a translator on, whether no training has seen them)."""
    try:
        return opened(config, data_dir, limit=count, held_out=True), True
    except NoHeldOut:
        return opened(config, data_dir, limit=config.limit or None), False


def tried_on(translator: Translator, data: Dataset, unseen: bool, count: int, seed: int) -> Tried:
    """The first images of a data set, as this translator takes them."""
    target = np.array(data.images[:count])
    if data.given_images is None:
        given, labelled, paired = translator.given_of(target, np.random.default_rng(seed)), data, True
    else:
        given, paired = np.array(data.given_images[:count]), data.paired
        labelled = data if paired else (data.collection_a or data)
    n = min(len(given), len(target))
    return Tried(given[:n], target[:n], paired, labelled.labels[:n], labelled.attributes, unseen)


def baselines(translator: Translator, tried: Tried) -> dict[str, np.ndarray]:
    """What costs nothing: the mean of all targets, and the input as it is, enlarged where it is smaller."""
    mean = tried.target.mean(0).round().astype(np.uint8)
    found = {"mean image": np.broadcast_to(mean, tried.target.shape).copy()}
    if translator.given_channels == translator.channels:
        images, side = tried.given[..., : translator.channels], translator.resolution
        if translator.scale > 1:
            found["bicubic"] = np.stack([enlarged(image, side) for image in images])
        else:
            found["input copied"] = images
    return found


def enlarged(image: np.ndarray, side: int) -> np.ndarray:
    """An image uint8 (h, h, C) by bicubic interpolation, (side, side, C)."""
    grey = image.shape[2] == 1
    large = Image.fromarray(image[..., 0] if grey else image).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(large).reshape(side, side, image.shape[2])


def figures(images: np.ndarray, read: FeatureSet, tried: Tried, target: FeatureSet) -> dict[str, float]:
    """The figures of some outputs: likeness where there is a truth, distances to the target set."""
    found: dict[str, Any] = {}
    if tried.paired:
        truth, fake = (as_images(side).numpy() for side in (tried.target, images))
        found |= likeness(fake_truth=truth, fake_images=fake)
    sides = {"real": target.features, "fake": read.features}
    found |= {key: value for name in DISTANCES for key, value in METRICS[name](**sides).items() if key in DISTANCES}
    return {key: value for key, value in found.items() if math.isfinite(value)}


def surviving(tried: Tried, reader: Extractor, made: FeatureSet, target: FeatureSet) -> dict[str, dict[str, float]]:
    """Attribute -> `made`, the share of outputs off which its true value is read; of pairs also `real`, the same of
    the truth itself, which bounds it. Only what both the data and the reader know by one name."""
    known = {attribute.name: (column, attribute.values) for column, attribute in enumerate(tried.attributes)}
    found = {}
    for head, attribute in enumerate(reader.heads):
        column, values = known.get(attribute.name, (0, ()))
        if values != attribute.values:
            continue
        labels = tried.labels[:, column]
        rows = labels >= 0
        sides = {"made": made} | ({"real": target} if tried.paired else {})
        found[attribute.name] = {
            side: float((read.labels(head)[rows] == labels[rows]).mean()) for side, read in sides.items()
        }
    return found


@torch.inference_mode()
def way_back(translator: Translator, given: np.ndarray) -> float:
    """How far the way there and back leads from home."""
    errors = []
    for start in range(0, len(given), 64):
        images = network_input(translator, torch.from_numpy(given[start : start + 64]))
        again = translator.back(translator.translate(images))
        errors.append(cycle_error(first=images.numpy(), again=again.numpy()) * len(images))
    return float(sum(errors) / len(given))


def styles(translator: Translator, given: np.ndarray, reader: Extractor, seed: int) -> np.ndarray:
    """Features (inputs, codes, d) of some inputs under several style codes."""
    inputs = given[:STYLED_INPUTS]
    found = []
    for code in range(CODES):
        images = translated(translator, inputs, [seed + code] * len(inputs), exact=False)
        found.append(extract(reader, as_images(images)).features)
    return np.stack(found, axis=1)


def changed(translator: Translator, tried: Tried, made: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None]:
    """(how much each output differs from its input, how much it should), where an input could be copied."""
    if translator.scale > 1 or translator.masked or translator.given_channels != translator.channels:
        return None, None
    given = tried.given.astype(float)
    made_by, should_by = (np.abs(images - given).mean((1, 2, 3)) / 127.5 for images in (made, tried.target))
    return made_by, should_by


def features_of_inputs(reader: Extractor, given: np.ndarray, translator: Translator) -> np.ndarray:
    """What tells inputs apart: features where the reader takes such images, else their pixels."""
    if translator.given_channels == translator.channels and not translator.masked:
        return extract(reader, as_images(given)).features
    return given.reshape(len(given), -1).astype(np.float32)


def report(found: Mapping[str, Any]) -> str:
    """What the command prints: the findings in words, then a row for the model and for each baseline."""
    words = "\n".join(f"{finding['title']}. {finding['text']}" for finding in found["findings"])
    return "\n\n".join(filter(None, [words, counted(found), table_of(found, plain=True), survivors(found, plain=True)]))


def counted(found: Mapping[str, Any]) -> str:
    """How many images were looked at, and by which extractor."""
    seen = "that no training has seen" if found["unseen"] else "of the training set, as there are no others"
    return f"{found['n']} inputs {seen}; features of {found['extractor']}"


def table_of(found: Mapping[str, Any], plain: bool = False) -> str:
    """A row for the model and each baseline, a column a figure."""
    keys = list(dict.fromkeys(key for row in found["rows"].values() for key in row))
    rows = [["", *keys]]
    rows += [[name, *(number(row[key]) if key in row else "" for key in keys)] for name, row in found["rows"].items()]
    return laid_out(rows, plain)


def survivors(found: Mapping[str, Any], plain: bool = False) -> str:
    """A row for each attribute; "" where there is none."""
    if not found["attributes"]:
        return ""
    sides = list(next(iter(found["attributes"].values())))
    titles = {"made": "read off the output", "real": "off the truth"}
    rows = [["attribute", *(titles[side] for side in sides)]]
    rows += [[name, *(f"{row[side]:.3f}" for side in sides)] for name, row in found["attributes"].items()]
    return laid_out(rows, plain)


def laid_out(rows: list[list[str]], plain: bool) -> str:
    """A table for a terminal, or in Markdown."""
    if plain:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [[row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows]
        return "\n".join("  ".join(line).rstrip() for line in lines)
    head, *rest = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, "|".join(["", " --- ", *[" ---: "] * (len(rows[0]) - 1), ""]), *rest])


def write_into_card(folder: Path, found: Mapping[str, Any]) -> None:
    """Replace the section on the evaluation in the model card, or add it. Raises UserError if it cannot be written."""
    own = found["rows"][MODEL]
    keys = [key for key, figure in all_figures().items() if figure.card and key in own]
    rows = "\n".join(f"| {key} | {own[key]:.4g} |" for key in keys)
    words = "\n\n".join(f"**{finding['title']}.** {finding['text']}" for finding in found["findings"])
    parts = [
        words,
        f"| {found['n']:,} generated, {found['n']:,} real images | |\n| --- | ---: |\n{rows}",
        f"Features of {found['extractor']}; {counted(found)}. Beside what costs nothing:",
        table_of(found),
        survivors(found),
        f"`python -m trainer evaluate {folder.name}` repeats the evaluation.",
    ]
    write_section(folder, "\n## Evaluated\n\n" + "\n\n".join(filter(None, parts)) + "\n")
