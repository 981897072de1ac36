"""Keyframes -> frames: a walk through recipes whose every step is again a plain recipe."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from explorer.core.model import Model
from explorer.core.recipe import Edit, Recipe, pack
from trainer.util.errors import UserError
from trainer.util.registry import Registry

MIN_KEYFRAMES, MAX_KEYFRAMES = 2, 8
MAX_FRAMES = 600
SPACES = ("z", "w")

Interpolation = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
INTERPOLATIONS: Registry[Interpolation] = Registry("interpolation")


@INTERPOLATIONS.add("lerp")
def lerp(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    """Straight line from a (t = 0) to b (t = 1), both (..., d)."""
    between: np.ndarray = a + t * (b - a)
    return between


@INTERPOLATIONS.add("slerp")
def slerp(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    """Great circle from a (t = 0) to b (t = 1), each row of (..., d) by itself; the length changes linearly.

    Shoemake 1985, for latent vectors White 2016. Written with the unit vector at right angles to a towards b, it needs
    no case of its own for parallel rows; for opposite ones, which fix no circle, that vector is chosen by `aside`.
    """
    length_a, length_b = (np.linalg.norm(v, axis=-1, keepdims=True) for v in (a, b))
    u, v = (vector / np.where(length == 0, 1, length) for vector, length in ((a, length_a), (b, length_b)))
    along = (u * v).sum(-1, keepdims=True)  # cosine of the angle
    across = v - along * u
    sine = np.linalg.norm(across, axis=-1, keepdims=True)
    side = np.where(sine > 1e-6, across / np.maximum(sine, 1e-6), aside(u))
    angle = t * np.arctan2(sine, along)
    on_circle = np.cos(angle) * u + np.sin(angle) * side
    straight = (length_a == 0) | (length_b == 0)  # from or to the centre there is no angle
    return np.where(straight, lerp(a, b, t), lerp(length_a, length_b, t) * on_circle)


def aside(u: np.ndarray) -> np.ndarray:
    """For each unit row of (..., d) one at right angles: from the coordinate axis that it has least of."""
    axis = np.eye(u.shape[-1])[np.abs(u).argmin(-1)]
    axis = axis - (axis * u).sum(-1, keepdims=True) * u
    across: np.ndarray = axis / np.maximum(np.linalg.norm(axis, axis=-1, keepdims=True), 1e-12)
    return across


def frames(
    model: Model,
    keyframes: Sequence[Recipe],
    n: int,
    *,
    interpolation: str = "lerp",
    space: str = "w",
    loop: bool = False,
) -> list[Recipe]:
    """n recipes, evenly over the path; each keyframe is one of them, unchanged.

    In `w`, what the synthesis reads is interpolated, layer by layer, truncated and edited; slerp turns about w_avg, so
    that no frame is nearer to the mean image than its neighbours ask for. In `z`, z is interpolated, psi and the
    edits' strengths linearly (an edit that one end lacks has strength 0 there). What cannot be interpolated is the
    nearer keyframe's: seed and noise, and in `z` also the label and the cutoff.

    Args: loop: walk from the last keyframe on towards the first; the last frame is one step before it, so that a video
        that starts over runs without a halt.
    Raises: UserError for fewer than 2 or more than 8 keyframes, another model's, a count of frames that is less than
        that of keyframes or above 600, unknown names, and in `z` for a keyframe that has a w of its own.
    """
    check_path(model, keyframes, n, space)
    between = INTERPOLATIONS[interpolation]
    step = step_in_z if space == "z" else step_in_w
    ends = [*keyframes, keyframes[0]] if loop else list(keyframes)
    places = [round(k * (n if loop else n - 1) / (len(ends) - 1)) for k in range(len(ends))]  # frame of each end
    path: list[Recipe] = []
    for k, (first, last) in enumerate(pairwise(places)):
        moments = [i / (last - first) for i in range(1, last - first)]
        path += [ends[k], *step(model, ends[k], ends[k + 1], moments, between)]
    return path if loop else [*path, ends[-1]]


def check_path(model: Model, keyframes: Sequence[Recipe], n: int, space: str) -> None:
    """Raises UserError for a path that `frames` refuses."""
    if not MIN_KEYFRAMES <= len(keyframes) <= MAX_KEYFRAMES:
        raise UserError(f"A path needs {MIN_KEYFRAMES} to {MAX_KEYFRAMES} keyframes; found {len(keyframes)}.")
    others = sorted({recipe.checkpoint for recipe in keyframes} - {model.name})
    if others:
        raise UserError(f"A path must stay in one model, {model.name}. Remove the keyframes of {', '.join(others)}.")
    if not len(keyframes) <= n <= MAX_FRAMES:
        raise UserError(
            f"The number of frames is {n}; choose from {len(keyframes)} (one per keyframe) to {MAX_FRAMES}."
        )
    if space not in SPACES:
        raise UserError(f"Unknown space {space!r}. Choose from: {', '.join(SPACES)}.")
    without_z = [i for i, recipe in enumerate(keyframes, start=1) if recipe.w or recipe.mix]
    if space == "z" and without_z:
        raise UserError(f"Keyframe {without_z[0]} is a point of w and has no z. Interpolate in w.")


def step_in_w(model: Model, a: Recipe, b: Recipe, moments: list[float], between: Interpolation) -> Iterator[Recipe]:
    """The recipes between two keyframes, each with a w of its own."""
    centre = model.generator.w_avg.numpy().astype(np.float64)
    start, end = (ws.numpy() - centre for ws in model.ws([a, b]))  # (num_ws, w_dim)
    for t in moments:
        ws = centre + between(start, end, t)
        w = ws[:1] if (ws == ws[:1]).all() else ws  # all layers alike: one row says it
        yield replace(a if t < 0.5 else b, label=None).at(w)


def step_in_z(model: Model, a: Recipe, b: Recipe, moments: list[float], between: Interpolation) -> Iterator[Recipe]:
    """The recipes between two keyframes, each with a z of its own."""
    start, end = model.z(a).astype(np.float64), model.z(b).astype(np.float64)  # (z_dim,)
    for t in moments:
        yield replace(
            a if t < 0.5 else b,
            z=pack(between(start, end, t)),
            psi=a.psi + t * (b.psi - a.psi),
            edits=blended(a.edits, b.edits, t),
        )


def blended(a: Sequence[Edit], b: Sequence[Edit], t: float) -> tuple[Edit, ...]:
    """Edits of both, strengths interpolated; edits add up, so those of one direction on the same layers are one."""
    strength: dict[tuple[str, int, int | None], float] = {}
    for edits, share in ((a, 1 - t), (b, t)):
        for edit in edits:
            key = (edit.direction, edit.first, edit.last)
            strength[key] = strength.get(key, 0.0) + share * edit.strength
    return tuple(Edit(direction, s, first, last) for (direction, first, last), s in strength.items() if s)
