"""Directions in a file that people can pass on: safetensors with names and provenance. Nothing is unpickled."""

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from safetensors.numpy import save

from explorer.core.directions.explicit import spelled
from explorer.core.recipe import MAX_STRENGTH, Edit
from explorer.core.wording import shown
from trainer.util.errors import UserError
from trainer.util.reading import Unfit, parse_json
from trainer.util.tensors import from_bytes as tensors_of
from trainer.util.tensors import metadata_of

if TYPE_CHECKING:
    from explorer.core.model import Model

KEY = "directions"  # of the record in the file's metadata
FORMAT = 1
MAX_SHARED = 200
MAX_TITLE = 100  # characters
MAX_NOTE = 500


class Shared(NamedTuple):
    """A direction as a file holds it.

    Attributes:
        id: as a recipe spells it; in a file always carried whole, so that no method has to be fitted to use it.
        title: what the person calls it.
        first, last: layers; None: to the finest.
        low, high: its slider's ends, in strength.
        note: where it comes from, in words.
    """

    id: str
    title: str
    first: int
    last: int | None
    low: float
    high: float
    note: str

    @classmethod
    def of(cls, model: "Model", plain: Any) -> "Shared":
        """From plain values, checked. Raises UserError for anything that is no direction of this model."""
        if not isinstance(plain, dict) or not set(cls._fields) >= set(plain) >= {"id"}:
            raise UserError(f"This is not a direction: {shown(plain)}.")
        one = cls(
            plain["id"], plain.get("title", ""), plain.get("first", 0), plain.get("last"), plain.get("low", -3.0),
            plain.get("high", 3.0), plain.get("note", ""),
        )  # fmt: skip
        edit = Edit(one.id, 1.0, one.first, one.last)  # checks these
        for name, maximum in (("title", MAX_TITLE), ("note", MAX_NOTE)):
            value = getattr(one, name)
            if not isinstance(value, str) or len(value) > maximum:
                raise UserError(f"The direction's {name} is {shown(value)}; it must be text of at most {maximum}.")
        if not all(type(end) in (int, float) and abs(end) <= MAX_STRENGTH for end in one[4:6]) or one.low >= one.high:
            raise UserError(f"The direction's ends are {shown(one.low)}, {shown(one.high)}; the first must be lower.")
        model.layers(edit.first, edit.last, "The direction")
        return one._replace(id=spelled(model.step(one.id, 1.0)))


def to_bytes(model: "Model", shared: list[Shared]) -> bytes:
    """The file. Raises UserError for none, or more than MAX_SHARED."""
    if not 0 < len(shared) <= MAX_SHARED:
        raise UserError(f"A file holds 1 to {MAX_SHARED} directions; {len(shared)} were chosen.")
    arrays = {f"direction.{i}": model.step(one.id, 1.0) for i, one in enumerate(shared)}
    record = {
        "format": FORMAT,
        "checkpoint": model.name,
        "sha256": model.info.sha256,
        "directions": [{k: v for k, v in one._asdict().items() if k != "id"} for one in shared],
    }
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, {KEY: json.dumps(record)})


def from_bytes(model: "Model", data: bytes) -> list[Shared]:
    """The directions of such a file. Raises UserError for another file, and for one of another model."""
    try:
        tensors = {name: tensor.float().numpy() for name, tensor in tensors_of(data).items()}
        record = parse_json(metadata_of(data)[KEY].encode())
        found, name, weights = record["directions"], str(record["checkpoint"]), record["sha256"]
        plain = [{**one, "id": spelled(tensors[f"direction.{i}"])} for i, one in enumerate(found)]
    except (Unfit, KeyError, TypeError, ValueError) as error:
        raise UserError("This is not a file of directions. Choose one that was exported from Slide.") from error
    if weights != model.info.sha256:
        raise UserError(
            f"These directions belong to {shown(name)}, whose w means something else. Choose that model, or a file "
            f"that was exported from {model.name}."
        )
    if len(plain) > MAX_SHARED:
        raise UserError(f"The file holds {len(plain):,} directions; at most {MAX_SHARED} are read.")
    return [Shared.of(model, one) for one in plain]
