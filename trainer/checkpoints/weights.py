"""The weights of a checkpoint's network, read once, so that what is checked is what is used."""

import hashlib
import io
from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor

from trainer.checkpoints.building import first_misfit
from trainer.util.errors import UserError
from trainer.util.reading import Unfit, place, read_bytes, reason
from trainer.util.tensors import from_bytes, header_of

MAX_WEIGHTS = 2**29  # bytes; StyleGAN2 at 1024 pixels has 120 MB


def checked_weights(
    path: Path, what: str, wanted: Callable[[int], Mapping[str, Tensor]], sha256: str
) -> dict[str, Tensor]:
    """The tensors of a file that config.json vouches for.

    Args: what: the network, in the sentence on a file that does not fit it. wanted: from the number of tensors in the
        file to those that the network has, not allocated; raises Unfit for options that it does not take.

    Raises UserError for truncated, pickled or mismatched files, wrong shapes and NaN.
    """
    try:
        data = read_bytes(path, MAX_WEIGHTS)
        header = header_of(io.BytesIO(data), len(data))
    except (Unfit, OSError) as error:
        raise no_weights(path, error) from error
    try:
        expected = wanted(len(header.tensors))
    except Unfit as error:
        config = place(path.with_name("config.json"))
        raise UserError(f"{config}: {error}. Restore the file or publish the checkpoint again.") from error
    if misfit := first_misfit(expected, header.tensors):
        raise UserError(f"{place(path)} does not fit the {what} that its config.json describes: {misfit}.")
    try:
        weights = from_bytes(data)
    except Unfit as error:
        raise no_weights(path, error) from error
    check_finite(path, weights)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise UserError(
            f"{place(path)} is not the file that config.json describes: their hashes differ. Publish it again."
        )
    return weights


def check_finite(path: Path, weights: Mapping[str, Tensor], advice: str = "") -> None:
    """Raise UserError, ending with a sentence of advice if there is one, for weights that are NaN or infinite."""
    broken = [name for name, tensor in weights.items() if tensor.is_floating_point() and not tensor.isfinite().all()]
    if broken:
        told = f"{place(path)} has NaN or infinite weights, {broken[0]} among {len(broken)}: its training diverged."
        raise UserError(f"{told} {advice}".rstrip())


def no_weights(path: Path, error: Exception) -> UserError:
    """The error for a file of weights that safetensors cannot read."""
    return UserError(
        f"{place(path)} is damaged or not a safetensors file ({reason(error)}). Copy or publish the checkpoint again."
    )
