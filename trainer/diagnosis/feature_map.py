"""Real and generated features in one plane, with the uncovered real samples and the off-manifold generated ones."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from trainer.diagnosis.examined import Examined
from trainer.metrics.distances import neighbours
from trainer.util.errors import UserError
from trainer.util.registry import Registry

SLOW_MOST = 1000  # points a side that a method without a formula for new points is given


class Plane(NamedTuple):
    """Points of both sides, float32 (n, 2) and (m, 2), and what the axes mean."""

    real: np.ndarray
    fake: np.ndarray
    axes: tuple[str, str]


class Marked(NamedTuple):
    """Rows of reference images that no generated one covers, of generated ones off the data; the worst first."""

    uncovered: np.ndarray
    off_manifold: np.ndarray


METHODS: Registry[Callable[[np.ndarray, np.ndarray], Plane]] = Registry("map method")


@METHODS.add("PCA")
def pca(real: np.ndarray, fake: np.ndarray) -> Plane:
    """Linear projection onto the two principal axes of the real features: distances along them are exact."""
    fitted = PCA(2, svd_solver="full").fit(real)
    shares = fitted.explained_variance_ratio_
    first, second = (f"PC {i + 1} ({100 * share:.0f} % of the variance)" for i, share in enumerate(shares))
    return Plane(fitted.transform(real), fitted.transform(fake), (first, second))


@METHODS.add("t-SNE")
def tsne(real: np.ndarray, fake: np.ndarray) -> Plane:
    """Keeps neighbours together; large distances mean nothing. 1,000 + 1,000 points, takes a few seconds."""
    from sklearn.manifold import TSNE

    real, fake = real[:SLOW_MOST], fake[:SLOW_MOST]
    joint = np.concatenate([real, fake])
    perplexity = min(30.0, (len(joint) - 1) / 3)
    found = TSNE(2, init="pca", perplexity=perplexity, random_state=0, max_iter=500).fit_transform(joint)
    return Plane(found[: len(real)], found[len(real) :], ("t-SNE 1", "t-SNE 2"))


def umap_method(real: np.ndarray, fake: np.ndarray) -> Plane:
    """Like t-SNE, but keeps more of the global structure; fitted to the real features."""
    from umap import UMAP

    fitted = UMAP(n_components=2, random_state=0).fit(real[:SLOW_MOST])
    return Plane(fitted.embedding_, fitted.transform(fake[:SLOW_MOST]), ("UMAP 1", "UMAP 2"))


if find_spec("umap"):  # a heavy package, so not one of ours; offered where the person has it
    METHODS["UMAP"] = umap_method


def plane(examined: Examined, method: str) -> Plane:
    """The map of an examination, by a name of METHODS. Raises UserError for another name or a single image."""
    make = METHODS[method]
    if len(examined.fake) < 2:
        raise UserError("A map needs at least 2 generated images.")
    with threadpool_limits(1, "blas"):
        return make(examined.reference.real.features, examined.fake.features)


def marked(examined: Examined) -> Marked:
    """Uncovered real and off-manifold generated samples (k = 5, as in `prdc`), the furthest first."""
    panel, nothing = examined.diagnosis.measurements, np.empty(0, np.int64)
    if panel is None:
        return Marked(nothing, nothing)
    real, fake = examined.reference.real.features[panel.rows], examined.fake.features[: panel.n]
    return Marked(panel.rows[furthest(real, fake, ~panel.looks.covered)], furthest(fake, real, ~panel.looks.precise))


def furthest(points: np.ndarray, others: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Rows of the points that `among` (bool) picks, those whose nearest other is furthest first."""
    rows = np.flatnonzero(among)
    if not len(rows):
        return rows
    distance = neighbours(points[rows], others, 1)[0][:, 0]
    return rows[np.argsort(-distance, kind="stable")]
