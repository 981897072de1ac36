"""What the import dialog may ask: what an uploaded file is, and to make a checkpoint of it.

Only given to the page where it may upload, and only of files that were uploaded: no other file of the machine is read.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from explorer.core.library import Library
from explorer.core.limits import Gate
from explorer.rpc.handler import Answer, rpc_handler
from explorer.rpc.question import text
from trainer.util.atomic_io import check_name
from trainer.util.errors import UserError
from trainer.util.reading import is_own_file

MAX_PLACE = 1000  # characters of a path
MAX_NAME = 200  # of what should name a checkpoint; a sound one has fewer
ODD = re.compile(r"[^A-Za-z0-9._-]+")
IMPORTING = Gate("imports", at_once=1, waiting=2)


@rpc_handler
@IMPORTING
def look(library: Library, question: Answer) -> Answer:
    """{path} -> what the file is: recognised, facts, tensors, licence, lost, and a name that is free."""
    from trainer.checkpoints.importers import look as found

    path = uploaded(question)
    with told_of(path):
        try:
            preview = found(path).preview
        except UserError:
            discard(path)
            raise
    return asdict(preview) | {"name": free_name(library, path.stem)}


@rpc_handler
@IMPORTING
def bring(library: Library, question: Answer) -> Answer:
    """{path, name} -> {name}: a checkpoint of that name; the uploaded file is then removed."""
    from trainer.checkpoints.importers import import_file

    path, name = uploaded(question), text(question, "name", MAX_NAME).strip()
    check_name(name, "checkpoint")
    if (library.checkpoints / name).exists():
        raise UserError(f"A checkpoint {name!r} already exists. Choose another name.")
    with told_of(path):
        import_file(path, library.checkpoints / name, lambda sentence: None)
    discard(path)
    return {"name": name}


def uploaded(question: Answer) -> Path:
    """The file that a question is about. Raises UserError for one that was not uploaded, or has been removed."""
    path = Path(text(question, "path", MAX_PLACE))
    if not is_own_file(path, Path(get_upload_folder())):
        raise UserError("The uploaded file is no longer there. Choose it again.")
    return path


@contextmanager
def told_of(path: Path) -> Iterator[None]:
    """While it lasts, a UserError speaks of the file by its own name, not by the folder that it was uploaded into."""
    try:
        yield
    except UserError as error:
        raise UserError(str(error).replace(f"{path.parent.name}/", ""), error.field) from error


def discard(path: Path) -> None:
    """Remove an uploaded file."""
    with suppress(OSError):
        path.unlink()


def free_name(library: Library, stem: str) -> str:
    """A checkpoint's name after that of a file, which no checkpoint has yet."""
    name = ODD.sub("-", stem).strip("-._")[:50].rstrip(".") or "imported"
    taken = {folder.name for folder in library.checkpoints.glob("*")}
    return next(way for way in (name, *(f"{name}-{i}" for i in range(2, len(taken) + 3))) if way not in taken)


HANDLERS: tuple[Any, ...] = (look, bring)
