"""Inputs as the measures want them, or a sentence on what is wrong with them."""

from typing import Any

import numpy as np
from numpy import ndarray

from trainer.util.errors import UserError

LARGEST = 1e20  # its sixth power, in the error of the cubic kernel, is still a float64


def features(minimum: int = 2, **sets: Any) -> list[ndarray]:
    """Feature sets of shape (n, d) as float64, in the order given.

    Raises UserError unless each has `minimum` rows or more and the same width, and holds finite numbers.
    """
    arrays = [one_set(name, values, minimum) for name, values in sets.items()]
    widths = [array.shape[1] for array in arrays]
    if len(set(widths)) > 1:
        found = ", ".join(f"{name} {width}" for name, width in zip(sets, widths, strict=True))
        raise UserError(f"The feature dimensions differ ({found}). Use the same extractor for all.")
    return arrays


def one_set(name: str, values: Any, minimum: int) -> ndarray:
    """One set of features as float64 (n, d), n at least `minimum`.

    Raises: UserError for other shapes, fewer rows, or numbers that are not finite or above LARGEST.
    """
    array = finite(name, values)
    if array.ndim != 2 or not array.shape[1]:
        raise UserError(f"{name} has shape {array.shape}; features have shape (n, d): one row per image.")
    if len(array) < minimum:
        raise UserError(f"{name} has {len(array)} rows; this measure needs at least {minimum}. Give more images.")
    largest = max(array.max(), -array.min())
    if largest > LARGEST:
        raise UserError(f"{name} holds {largest:.3g}; features above {LARGEST:g} overflow. Scale down both sets.")
    return array


def finite(name: str, values: Any) -> ndarray:
    """Real finite numbers as float64. Raises UserError otherwise, naming the first row that is not."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise UserError(f"{name} holds values of type {array.dtype}; it must hold real numbers.")
    array = array.astype(np.float64, copy=False)
    if array.size and not (np.isfinite(array.min()) and np.isfinite(array.max())):
        bad = ~np.isfinite(array).reshape(len(array), -1).all(1)
        raise UserError(
            f"{name} holds NaN or infinity in {bad.sum()} of {len(array)} rows, first in row {bad.argmax()}. "
            "Find their cause; metrics of the other rows would mislead."
        )
    return array


def counts(name: str, labels: Any, k_classes: int) -> ndarray:
    """Labels (n,) -> how many images each class has, float64 (k_classes,). Raises UserError for unfit labels."""
    if k_classes < 2:
        raise UserError(f"k_classes is {k_classes}; there must be at least 2 classes.")
    array = finite(name, labels)
    if array.ndim != 1 or not len(array):
        raise UserError(f"{name} has shape {array.shape}; labels have shape (n,) with n of 1 or more.")
    wrong = (array < 0) | (array >= k_classes) | (array != np.floor(array))
    if wrong.any():
        row = wrong.argmax()
        raise UserError(
            f"{name} holds {array[row]:g} in row {row}; with k_classes = {k_classes} a label is a whole number "
            f"from 0 to {k_classes - 1}."
        )
    return np.bincount(array.astype(np.int64), minlength=k_classes).astype(np.float64)


def classes(name: str, labels: Any, rows: int) -> ndarray:
    """Labels as int64 (rows,). Raises UserError unless they are whole numbers from 0, one for each row of features."""
    array = finite(name, labels)
    if array.shape != (rows,):
        raise UserError(f"{name} has shape {array.shape}; give one class for each of the {rows} rows of features.")
    if (array < 0).any() or (array != np.floor(array)).any():
        raise UserError(f"{name} holds {array.min():g} to {array.max():g}; a class is a whole number from 0.")
    return array.astype(np.int64)


def probabilities(name: str, values: Any, minimum: int) -> ndarray:
    """Class probabilities of shape (n, k) as float64. Raises UserError unless each row is a distribution."""
    array = finite(name, values)
    if array.ndim != 2 or array.shape[1] < 2:
        raise UserError(f"{name} has shape {array.shape}; probabilities have shape (n, k), k of 2 or more.")
    if len(array) < minimum:
        raise UserError(f"{name} has {len(array)} rows; this measure needs at least {minimum}. Give more images.")
    wrong = (array < 0).any(1) | (abs(array.sum(1) - 1) > 1e-3)
    if wrong.any():
        row = wrong.argmax()
        raise UserError(
            f"{name} is not a distribution in row {row} (smallest {array[row].min():.3g}, sum {array[row].sum():.6g}). "
            "Give probabilities, after the softmax."
        )
    return array


def image_batch(name: str, values: Any, minimum: int, side: int) -> ndarray:
    """Images of shape (n, C, H, W) in [-1, 1], not yet float64. Raises UserError for others."""
    array = np.asarray(values)
    if array.ndim != 4 or array.shape[1] not in (1, 3):
        raise UserError(f"{name} has shape {array.shape}; images have shape (n, C, H, W) with C = 1 or 3.")
    if len(array) < minimum:
        raise UserError(f"{name} holds {len(array)} images; this measure needs at least {minimum}.")
    if min(array.shape[2:]) < side:
        found = " x ".join(map(str, array.shape[2:]))
        raise UserError(f"{name} holds images of {found} pixels; this measure needs {side} x {side} or more.")
    if array.dtype.kind != "f" or not -1.001 <= array.min() <= array.max() <= 1.001:
        raise UserError(
            f"{name} holds {array.dtype} from {array.min():.4g} to {array.max():.4g}; "
            "pixels are floating point numbers from -1 to 1."
        )
    return array
