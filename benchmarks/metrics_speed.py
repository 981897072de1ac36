"""How fast are the measures beside the reference packages? Paired in one process; goal: not slower than they are.

Each round runs ours and theirs one after the other on the same features, in turns as to who begins; short ones run many
times over. One thread each (`prdc` starts eight of its own), because on a busy machine threads wait for each other.
"""

import contextlib
import io
import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from benchmarks.common import Record, circumstances, main, markdown, median
from trainer.metrics.fid import frechet_distance
from trainer.metrics.kid import kernel_distance
from trainer.metrics.prdc import prdc
from trainer.metrics.vendi import vendi_score
from trainer.util import torchvision_fix  # noqa: F401 - before torchvision, which both torch packages import
from trainer.util.errors import UserError

Run = Callable[[], dict[str, float]]


def rivals(real: np.ndarray, fake: np.ndarray) -> dict[tuple[str, str], tuple[Run, Run]]:
    """(measure, package) -> (ours, theirs), both giving the same figures. Raises UserError if a package is missing."""
    try:
        from prdc import compute_prdc
        from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
        from torch_fidelity.metric_kid import kid_features_to_metric
        from torchmetrics.image.fid import _compute_fid
        from torchmetrics.image.kid import poly_mmd
        from vendi_score.vendi import score_dual
    except ImportError as error:
        raise UserError(f"{error.name} is not installed. `pip install -r requirements-dev.txt` adds it.") from error
    real_torch, fake_torch = torch.from_numpy(real), torch.from_numpy(fake)
    whole = {"kid_subsets": 1, "kid_subset_size": len(real), "rng_seed": 0, "verbose": False}

    def fid_torchmetrics() -> float:
        sets = ((x.mean(0), torch.cov(x.T)) for x in (real_torch, fake_torch))
        return float(_compute_fid(*(part for both in sets for part in both)))

    def fid_torch_fidelity() -> float:
        statistics = map(fid_features_to_statistics, (fake_torch, real_torch))
        return fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]

    def ours_fid() -> dict[str, float]:
        return {"fid": frechet_distance(real=real, fake=fake)}

    def ours_kid() -> dict[str, float]:
        return {"kid": kernel_distance(real=real, fake=fake)["kid"]}

    def theirs_prdc() -> dict[str, float]:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints the numbers of rows
            return compute_prdc(real_features=real, fake_features=fake, nearest_k=5)

    return {
        ("Frechet", "torchmetrics"): (ours_fid, lambda: {"fid": fid_torchmetrics()}),
        ("Frechet", "torch-fidelity"): (ours_fid, lambda: {"fid": fid_torch_fidelity()}),
        ("kernel, with its error", "torchmetrics"): (
            ours_kid,
            lambda: {"kid": float(poly_mmd(real_torch, fake_torch))},
        ),
        ("kernel, with its error", "torch-fidelity"): (
            ours_kid,
            lambda: {"kid": kid_features_to_metric(fake_torch, real_torch, **whole)["kernel_inception_distance_mean"]},
        ),
        ("precision to coverage", "prdc"): (lambda: prdc(real=real, fake=fake), theirs_prdc),
        ("Vendi", "vendi-score"): (lambda: {"vendi": vendi_score(points=fake)}, lambda: {"vendi": score_dual(fake)}),
    }


def timed(run: Run) -> tuple[float, dict[str, float]]:
    """Seconds a run, over as many runs as take half a second, and what it found."""
    started, runs = time.perf_counter(), 0
    while not runs or time.perf_counter() - started < 0.5:
        found = run()
        runs += 1
    return (time.perf_counter() - started) / runs, found


def measure(*, n: int = 10_000, width: int = 64, repeats: int = 5, threads: int = 1, seed: int = 0) -> Record:
    torch.set_num_threads(threads)
    with threadpool_limits(threads):
        return compare(n, width, repeats, seed)


def compare(n: int, width: int, repeats: int, seed: int) -> Record:
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(size=(n, width)), 1.1 * rng.normal(size=(n, width)) + 0.1
    results = []
    for (name, package), (ours, theirs) in rivals(real, fake).items():
        seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
        for turn in range(repeats):
            pair = [("ours", ours), ("theirs", theirs)]
            for who, run in pair[:: 1 if turn % 2 else -1]:
                took, found = timed(run)
                seconds[who].append(round(took, 4))
                if who == "ours":
                    mine = found
                else:
                    other = found
        ratios = [a / b for a, b in zip(seconds["ours"], seconds["theirs"], strict=True)]
        results.append(
            {
                "measure": name,
                "package": f"{package} {version(package)}",
                **{f"{who}_seconds": values for who, values in seconds.items()},
                "ratio": round(median(ratios), 3),
                "largest_difference": max(abs(mine[key] - other[key]) / abs(other[key]) for key in mine),
            }
        )
        print(f"{name} beside {package}: {results[-1]['ratio']:.2f} of its time", flush=True)
    return {"pairs": results, "goal_met": all(pair["ratio"] <= 1 for pair in results)}


def table(record: Record) -> str:
    rows = [
        [
            pair["measure"], pair["package"], f"{median(pair['ours_seconds']):.3g}",
            f"{median(pair['theirs_seconds']):.3g}", f"{pair['ratio']:.2f}", f"{pair['largest_difference']:.0e}",
        ]
        for pair in record["results"]["pairs"]
    ]  # fmt: skip
    settings = record["settings"]
    return (
        f"{markdown(['measure', 'beside', 'ours, s', 'theirs, s', 'ours / theirs', 'relative difference'], rows)}\n\n"
        f"{settings['n']:,} real and as many generated rows of {settings['width']} numbers, float64; medians of "
        f"{settings['repeats']} pairs, {settings['threads']} thread. Goal: no ratio above 1 "
        f"({'met' if record['results']['goal_met'] else 'missed'}). {circumstances(record)}"
    )


if __name__ == "__main__":
    main(measure, table)
