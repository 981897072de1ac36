"""Distances between many points, a block at a time, so that no n x m matrix is ever held."""

from collections.abc import Iterator

import numpy as np
from numpy import ndarray
from sklearn.neighbors import NearestNeighbors

BLOCK = 2**21  # numbers in a block: 16 MiB


def blocks(n: int, width: int, numbers: int = BLOCK) -> Iterator[slice]:
    """Slices that cover n rows of `width` numbers, each of about so many numbers."""
    rows = max(1, numbers // max(width, 1))
    return (slice(start, min(start + rows, n)) for start in range(0, n, rows))


def neighbours(points: ndarray, among: ndarray, k: int, block: int = BLOCK) -> tuple[ndarray, ndarray]:
    """The k nearest `among` others of each point: distances, ascending, and rows. (n, d), (m, d) -> (n, k), (n, k).

    Neighbours are found by matrix products, which round, and their distances then taken from the differences: so a
    copy is at distance 0 exactly, and equal distances are equal bits.
    """
    points, among = (
        np.asarray(points, np.float64),
        np.asarray(among, np.float64),
    )  # of one type: a fast path asks for it
    centre = among.mean(0)
    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(among - centre)
    found = search.kneighbors(points - centre, return_distance=False)
    distance = np.empty(found.shape)
    for rows in blocks(len(points), k * points.shape[1], block):
        gap = points[rows, None] - among[found[rows]]  # [rows, k, d]
        distance[rows] = np.sqrt(np.square(gap, out=gap).sum(2))
    order = np.argsort(distance, axis=1, kind="stable")
    return np.take_along_axis(distance, order, 1), np.take_along_axis(found, order, 1)


def nearest(points: ndarray, among: ndarray, k: int) -> ndarray:
    """Distances from each point to its k nearest `among` others, ascending. (n, d), (m, d) -> (n, k)."""
    return neighbours(points, among, k)[0]


def kth_radius(points: ndarray, k: int) -> ndarray:
    """Distance from each point to its k-th nearest other, (n, d) -> (n,). Copies count as others."""
    return nearest(points, points, k + 1)[:, k]


def squared_distances(
    rows: ndarray, columns: ndarray, ties: int, block: int = BLOCK
) -> Iterator[tuple[slice, ndarray]]:
    """Yield (slice of rows, squared distances to all columns [rows, m]), rounded as `factors` says."""
    left, right = factors(rows, columns, ties)
    for part in blocks(len(rows), len(columns), block):
        yield part, left[part] @ right.T


def pair_distances(points: ndarray, block: int = BLOCK) -> Iterator[ndarray]:
    """Yield the squared distances of all n (n - 1) / 2 pairs in pieces (p,), never too large and never negative."""
    left, right = factors(points, points, ties=-1)
    for part in blocks(len(points), len(points), block):
        square = left[part] @ right[part.start :].T  # [rows, rows and all after them]
        own, after = np.split(square, [len(square)], axis=1)
        yield np.concatenate([own[np.triu_indices(len(own), 1)], after.ravel()]).clip(0)


def close_pairs(points: ndarray, distance: float, maximum: int, block: int = BLOCK) -> ndarray:
    """Rows of pairs no further apart than `distance`, the first `maximum` of them in order: int64 (p, 2)."""
    left, right = factors(points, points, ties=-1)
    found: list[ndarray] = []
    for part in blocks(len(points), len(points), block):
        first, second = np.nonzero(left[part] @ right.T <= distance**2)
        first += part.start
        found.append(np.column_stack([first, second])[first < second])
        if sum(map(len, found)) >= maximum:
            break
    return np.concatenate(found)[:maximum]


def factors(rows: ndarray, columns: ndarray, ties: int) -> tuple[ndarray, ndarray]:
    """left (n, d + 2), right (m, d + 2) with left @ right.T = squared distances, up to rounding.

    By `ties` = +1 these are never too small, by -1 never too large. So `<` something that they equal in exact
    arithmetic is surely false with +1, and `<=` surely true with -1.
    """
    centre = columns.mean(0)
    rows, columns = rows - centre, columns - centre
    slack = 1 + ties * 8 * np.finfo(np.float64).eps * np.sqrt(rows.shape[1])
    left = np.column_stack([-2 * rows, slack * np.square(rows).sum(1), np.ones(len(rows))])
    right = np.column_stack([columns, np.ones(len(columns)), slack * np.square(columns).sum(1)])
    return left, right
