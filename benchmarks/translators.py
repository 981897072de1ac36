"""The verdict on translators that were really trained: sound ones, and ones whose training was broken on purpose.

Small trainings on avatars at 32 pixels. Each failure is one that people meet: pairs out of order, one
folder in the place of both, a critic that never learns beside no L1 distance, a style that nothing rewards.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from benchmarks.common import Record, begun, circumstances, main, markdown
from trainer.data import Dataset
from trainer.diagnosis.reference_build import part, reader_for
from trainer.networks import Translator
from trainer.reports.translation import evaluated, extractor_of, images_for, tried_on
from trainer.runs.images import training_images
from trainer.training.config import TrainConfig, config_from
from trainer.training.loop import train

SIDE, LIMIT, TRIED = 32, 2000, 300
DEAF = 1e-12  # a learning rate at which a critic never learns


class Case(NamedTuple):
    """A training: its preset, what is changed, what becomes of the data, and the verdict that is hoped for."""

    preset: str
    settings: dict[str, Any]
    hoped: str
    share: float = 1.0  # of the images that the others see
    spoiled: Callable[[Dataset], Dataset] | None = None


def out_of_order(data: Dataset) -> Dataset:
    """The same images, each beside what belongs to another one."""
    assert data.given_images is not None
    order = np.random.default_rng(0).permutation(len(data.given_images))
    return replace(data, given_images=np.asarray(data.given_images)[order])


def a_in_both(data: Dataset) -> Dataset:
    """The inputs in the place of the truth, as where one folder was copied twice."""
    assert data.given_images is not None
    return replace(data, images=data.given_images)


def one_in_b(data: Dataset) -> Dataset:
    """One image as the truth of all, as where one file was copied under every name."""
    return replace(data, images=np.asarray(data.images)[[0] * len(data)])


SMALL: dict[str, Any] = {"resolution": SIDE, "width": 16, "limit": LIMIT}
CYCLE: dict[str, Any] = {"limit": LIMIT}
CASES: dict[str, Case] = {
    "pix2pix": Case("pix2pix-avatars", SMALL, "follows"),
    "pix2pix, L1 alone": Case("pix2pix-avatars", SMALL | {"l1_weight": 1e6}, "follows"),
    "pix2pix, pairs out of order": Case("pix2pix-avatars", SMALL, "input-ignored", spoiled=out_of_order),
    "pix2pix, A in both folders": Case("pix2pix-avatars", SMALL, "input-copied", spoiled=a_in_both),
    "pix2pix, one image in B": Case("pix2pix-avatars", SMALL, "one-output", spoiled=one_in_b),
    "pix2pix, no L1, critic never learns": Case(
        "pix2pix-avatars", SMALL | {"l1_weight": 0.0, "lr_d": DEAF}, "input-ignored"
    ),
    "BicycleGAN": Case("styles-avatars", SMALL, "follows"),
    "BicycleGAN, nothing rewards a style": Case(
        "styles-avatars",
        SMALL | {"data": "avatar-pairs:lines", "code_weight": 0.0, "beta": 1e4, "l1_weight": 100.0},
        "style-ignored",
        share=2.0,
    ),
    "CycleGAN": Case("cycle-avatars", CYCLE, "follows", share=0.5),
    "CycleGAN, identity weight of 500": Case("cycle-avatars", CYCLE | {"identity_weight": 500.0}, "input-copied"),
}


def measure(*, kimg: float = 12.0, only: str = "", data_dir: Path = Path("data")) -> Record:
    """kimg: thousands of images of a training, CycleGAN half as many. only: of the cases, those that begin so."""
    torch.set_num_threads(1)
    found: Record = {}
    for name, case in CASES.items():
        if not name.startswith(only):
            continue
        config = config_from({"kimg": kimg * case.share, "threads": 1, "seed": 0, **case.settings}, case.preset)
        since = time.perf_counter()
        translator = trained(config, case, data_dir)
        data, unseen = images_for(config, data_dir, TRIED)
        reader = reader_for(extractor_of(config.data), part(data, slice(0, None, 2)), data_dir, print)
        evaluation = evaluated(translator, tried_on(translator, data, unseen, TRIED, 0), reader)
        found[name] = {
            "kimg": config.kimg,
            "seconds": round(time.perf_counter() - since, 1),
            "hoped": case.hoped,
            "verdict": evaluation["verdict"],
            "findings": evaluation["findings"],
            **{key: evaluation[key] for key in ("spread", "following", "change", "style")},
            "rows": evaluation["rows"],
            "attributes": evaluation["attributes"],
        }
        print(name, found[name]["verdict"], evaluation["findings"][0]["text"], flush=True)
    return found


def trained(config: TrainConfig, case: Case, data_dir: Path) -> Translator:
    """The moving average at the end."""
    dataset = training_images(config, data_dir)
    state = begun(config, dataset)
    for _ in train(state, case.spoiled(dataset) if case.spoiled else dataset, config):
        pass
    translator: Translator = state.ema.module.eval()
    return translator


def table(record: Record) -> str:
    rows = []
    for name, run in record["results"].items():
        own = run["rows"]["model"]
        near = f"{own['truth_l1']:.3f}" if "truth_l1" in own else ""
        verdicts = ", ".join(finding["title"].lower() for finding in run["findings"])
        rows.append([name, f"{run['kimg']:g}", near, f"{own['fid']:.0f}", verdicts])
    head = ["trained", "kimg", "L1", "FID", "verdict"]
    return f"{markdown(head, rows)}\n\n{circumstances(record)}"


if __name__ == "__main__":
    main(measure, table)
