"""What a diagnosis needs of the real data, in one file beside the checkpoint: the data set itself is not needed again.

reference.safetensors holds, with a JSON record in its metadata: real images that no training was shown (features,
class probabilities, pixel coordinates, thumbnails), the images trained on (pixel coordinates in 8 bits, to tell
copies), the pixel space, the extractor's weights where it is a new one for each data set, and for several sizes the
figures of disjoint splits of real data, which say what is healthy. Nothing is unpickled.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save
from threadpoolctl import threadpool_limits

from trainer.checkpoints import critic_features  # noqa: F401 - importing it registers critic:CHECKPOINT
from trainer.data import Attribute
from trainer.diagnosis.declared import (
    DRAWN,
    FORMAT,
    MAX_BYTES,
    REAL,
    SCORED_BY,
    SCORES,
    check_declared,
    cut,
    record_of,
)
from trainer.features import EXTRACTORS, Extractor
from trainer.features.feature_set import FeatureSet
from trainer.features.groups import Grouped
from trainer.features.pixels import PixelSpace
from trainer.metrics.distances import nearest
from trainer.util.atomic_io import write_atomically
from trainer.util.errors import UserError
from trainer.util.images import sheet
from trainer.util.reading import place, printable, reason
from trainer.util.tensors import read_header, read_numpy

FILE = "reference.safetensors"
GOLDEN = (5**0.5 - 1) / 2  # its multiples are evenly spread between 0 and 1
COLUMNS = 100  # of the sheet of thumbnails
WEBP_MOST = 16_000  # pixels a side of a WebP file


@dataclass(frozen=True)
class Reference:
    """The real side of every comparison.

    Attributes:
        data, dataset_size, resolution, channels: of the data set.
        extractor, version: which extractor made the features.
        heads: what its class probabilities speak of; never empty.
        counts: for each head how many unseen images it reads as each class, int64 (k,); `real` is part of these.
        real: up to REAL unseen images.
        seen: float32 (m, p), pixel coordinates of images that were trained on.
        unseen: False if all images were trained on: then `real` and `seen` are two halves of them.
        space: the pixel space.
        thumbs: uint8 (n, t, t, C), of `real`.
        nulls: size -> figure -> float32 (splits,): what disjoint splits of real data give.
        real_accuracy: share of the unseen images of each class of the first attribute that are read as it, 0 to 1; ()
            where their true classes are not known, as in references of before.
        temperature: that at which the probabilities of the first attribute are calibrated on unseen images; None where
            `real_accuracy` is ().
        carried: tensors of the extractor, where each data set has its own, and of its groups.
        real_scores: float32 (n,), of `real`, the logits of the checkpoint's critic; None where it has not scored them.
        scored_by: SHA-256 of that critic's file.
    """

    data: str
    dataset_size: int
    resolution: int
    channels: int
    extractor: str
    version: str
    heads: tuple[Attribute, ...]
    counts: tuple[np.ndarray, ...]
    real: FeatureSet
    seen: np.ndarray
    unseen: bool
    space: PixelSpace
    thumbs: np.ndarray
    nulls: Mapping[int, Mapping[str, np.ndarray]]
    real_accuracy: tuple[float, ...] = ()
    temperature: float | None = None
    carried: Mapping[str, np.ndarray] = field(default_factory=dict)
    real_scores: np.ndarray | None = None
    scored_by: str = ""

    @cached_property
    @torch.inference_mode(False)  # it outlives whoever opens it first, and inversions need gradients through it
    def reader(self) -> Extractor:
        """The extractor, opened. Raises UserError if this version has another one, or it cannot be had."""
        weights = {name: torch.from_numpy(tensor).float() for name, tensor in self.carried.items()}
        centres, variance = weights.pop("groups.centres", None), weights.pop("groups.variance", None)
        heads = () if centres is not None else self.heads
        opened = EXTRACTORS[self.extractor].open(weights, heads)
        if centres is not None and variance is not None:
            opened = Grouped(opened, centres.numpy(), float(variance))
        if opened.version != self.version:
            raise UserError(
                f"The reference was built with version {self.version} of the extractor {self.extractor!r}; this is "
                f"version {opened.version}, whose features differ. Build it again: `python -m trainer reference NAME`."
            )
        return opened

    @cached_property
    def unseen_distances(self) -> np.ndarray:
        """From each real image to the nearest one trained on, in pixel space, float64 (n,)."""
        with threadpool_limits(1, "blas"):
            return nearest(self.real.pixels, self.seen, 1)[:, 0]

    @property
    def grouped(self) -> bool:
        """Whether its classes are groups of similar images: no generator can be asked for these."""
        return "groups.centres" in self.carried

    @property
    def seen_share(self) -> float:
        """How much of the training set `seen` holds, 0 to 1."""
        return len(self.seen) / self.dataset_size

    def check_fits(self, name: str, resolution: int, channels: int) -> None:
        """Raises UserError unless the reference was made of images like those of this model."""
        if (self.resolution, self.channels) != (resolution, channels):
            colour = {1: "grey", 2: "point", 3: "colour"}
            raise UserError(
                f"{name} generates {colour[channels]} images of {resolution} pixels, but its reference has "
                f"{colour[self.channels]} ones of {self.resolution}. Build it again: `python -m trainer reference "
                f"{name}`."
            )

    def rows_of(self, label: int | None) -> np.ndarray:
        """Rows of the real images of a class of the first attribute, of all for None."""
        return np.arange(len(self.real)) if label is None else np.flatnonzero(self.real.labels(0) == label)

    def labels_to_ask(self, num_classes: int, numbers: Sequence[int]) -> np.ndarray | None:
        """The classes to ask a conditional generator for, for its images of these numbers, int64 (n,): as often as
        they appear in the real data, evenly mixed (multiples of the golden ratio).

        In turn where the model's classes are not those of the first attribute; None for a model without classes.
        """
        if not num_classes:
            return None
        number = np.asarray(numbers, np.int64)
        if self.grouped or len(self.counts[0]) != num_classes:
            return number % num_classes
        at = (0.5 + number * GOLDEN) % 1
        result: np.ndarray | None = np.searchsorted(np.cumsum(self.counts[0]), at * self.counts[0].sum(), side="right")
        return result

    def size_for(self, n: int) -> int | None:
        """The largest size up to n for which healthy values are kept; None if there is none."""
        return max((size for size in self.nulls if size <= n), default=None)


def save_reference(path: Path, reference: Reference) -> None:
    """Replace the file atomically. Raises UserError if it cannot be written."""
    data = to_bytes(reference)
    write_atomically(path, lambda temporary: temporary.write_bytes(data))


def to_bytes(reference: Reference) -> bytes:
    """The reference as a safetensors file, most of it in 16 bits or fewer; `read_reference` is the inverse."""
    real, space = reference.real, reference.space
    figures = sorted(next(iter(reference.nulls.values()), {}))
    seen, scale = quantised(reference.seen)
    buffer = io.BytesIO()
    columns = min(COLUMNS, WEBP_MOST // reference.thumbs.shape[1])
    sheet(reference.thumbs, columns).save(buffer, "WEBP", quality=70)
    tensors = {
        "real.features": real.features.astype(np.float16),
        "real.pixels": real.pixels.astype(np.float16),
        "seen": seen,
        "seen.scale": scale,
        "space.mean": space.mean.astype(np.float16),
        "space.axes": space.axes.astype(np.float16),
        "thumbs": np.frombuffer(buffer.getvalue(), np.uint8),
    }
    tensors["unseen_distances"] = reference.unseen_distances.astype(np.float32)
    tensors |= {f"real.probabilities.{i}": p.astype(np.float16) for i, p in enumerate(real.probabilities)}
    for size, values in reference.nulls.items():
        tensors[f"nulls.{size}"] = np.stack([values[name] for name in figures], 1).astype(np.float32)
    tensors |= {f"extractor.{name}": tensor for name, tensor in reference.carried.items()}
    record = {
        "format": FORMAT,
        "data": reference.data,
        "pictures": reference.dataset_size,
        "resolution": reference.resolution,
        "channels": reference.channels,
        "extractor": reference.extractor,
        "version": reference.version,
        "heads": [[head.name, list(head.values)] for head in reference.heads],
        "counts": [counts.tolist() for counts in reference.counts],
        "real_accuracy": list(reference.real_accuracy),
        "temperature": reference.temperature,
        "unseen": reference.unseen,
        "side": space.side,
        "figures": figures,
        "thumb": reference.thumbs.shape[1],
    }
    return save({k: np.ascontiguousarray(v) for k, v in tensors.items()}, {"record": json.dumps(record)})


def quantised(coordinates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float32 (m, p) -> int8 (m, p) and the step of each column (p,)."""
    scale = np.maximum(np.abs(coordinates).max(0, initial=0) / 127, 1e-12).astype(np.float32)
    return np.round(coordinates / scale).astype(np.int8), scale


def reference_path(folder: Path) -> Path:
    """Where the reference of a checkpoint lies: in its folder; that of a run's snapshots in the folder of the run."""
    return (folder.parents[1] if folder.parent.name == "snapshots" else folder) / FILE


def load_reference(folder: Path) -> Reference:
    """The reference of the checkpoint in a folder. Raises UserError if it is missing, damaged or of another version."""
    path = reference_path(folder)
    if not path.is_file():
        raise UserError(
            f"{printable(folder.name)} has no {FILE}, so there are no real images to compare with. "
            f"`python -m trainer reference {printable(folder.name)}` builds it from the data of its training; a "
            "model from elsewhere is compared with any images as two sets of images (`python -m trainer diagnose`)."
        )
    return read_reference(path, printable(folder.name))


def read_reference(path: Path, name: str) -> Reference:
    """The reference in a file, of the checkpoint `name`. Raises UserError if it is damaged or of another version."""
    again = f"Build it again: `python -m trainer reference {name}`."
    try:
        header = read_header(path, MAX_BYTES)
        record = record_of(header)
        if record.get("format") != FORMAT:
            raise UserError(
                f"{place(path)} is of format {record.get('format')!s:.20}; this version reads {FORMAT}. {again}"
            )
        check_declared(record, header)
        tensors, _ = read_numpy(path, MAX_BYTES)
        return from_tensors(record, tensors)
    except UserError:
        raise
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, MemoryError) as error:
        raise UserError(f"{place(path)} cannot be read ({reason(error)}). {again}") from error


def from_tensors(record: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> Reference:
    """The inverse of `to_bytes`, of what `check_declared` has let pass. Raises LookupError or ValueError."""
    wide = {name: tensor.astype(np.float32) for name, tensor in tensors.items() if tensor.dtype == np.float16}
    heads = tuple(Attribute(str(name), tuple(map(str, values))) for name, values in record["heads"])
    probabilities = tuple(wide[f"real.probabilities.{i}"] for i in range(len(heads)))
    real = FeatureSet(wide["real.features"], probabilities, wide["real.pixels"])
    nulls = {
        int(name.removeprefix("nulls.")): dict(zip(record["figures"], tensor.astype(np.float32).T, strict=True))
        for name, tensor in tensors.items()
        if name.startswith("nulls.")
    }
    if not all(1 <= size <= REAL for size in nulls):
        raise ValueError("its null distributions have impossible sizes")
    space = PixelSpace(record["side"], record["channels"], wide["space.mean"], wide["space.axes"])
    seen, distances = tensors["seen"].astype(np.float32) * tensors["seen.scale"], tensors["unseen_distances"]
    carried = {k.removeprefix("extractor."): tensor for k, tensor in tensors.items() if k.startswith("extractor.")}
    numbers = (*wide.values(), seen, distances, *carried.values(), tensors.get(SCORES, np.empty(0)))
    if not all(np.isfinite(array).all() for array in numbers):
        raise ValueError("it holds NaN or infinity")
    reference = Reference(
        data=record["data"],
        dataset_size=record["pictures"],
        resolution=record["resolution"],
        channels=record["channels"],
        extractor=record["extractor"],
        version=record["version"],
        heads=heads,
        counts=tuple(np.array(counts, np.int64) for counts in record["counts"]),
        real=real,
        seen=seen,
        unseen=record["unseen"],
        space=space,
        thumbs=cut(tensors["thumbs"].tobytes(), record["thumb"], DRAWN[record["channels"]], len(real)),
        nulls=dict(sorted(nulls.items())),
        real_accuracy=tuple(map(float, record.get("real_accuracy", ()))),
        temperature=record.get("temperature"),
        carried=carried,
        real_scores=tensors.get(SCORES),
        scored_by=record.get(SCORED_BY, ""),
    )
    # Seconds of work, so it is kept; not a field, since it follows from `real` and `seen`.
    reference.__dict__["unseen_distances"] = distances.astype(np.float64)
    return reference
