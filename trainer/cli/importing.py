"""`import`: a generator of another program as a checkpoint."""

import json
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from trainer.cli.arguments import add_places, note
from trainer.util.errors import UserError
from trainer.util.hub import fetched, is_address

if TYPE_CHECKING:
    from trainer.checkpoints.importers import Preview


def add_arguments(sub: ArgumentParser) -> None:
    """Arguments of `import`."""
    sub.add_argument(
        "source", help="the file, or its address, hf://user/repo/FILE: docs/importing.md lists what is read"
    )
    sub.add_argument("--out", help="name of the checkpoint, or a folder; needed unless --preview")
    sub.add_argument(
        "--preview", action="store_true", help="only say what the file is; nothing is built or written [no]"
    )
    sub.add_argument("--json", action=BooleanOptionalAction, default=False, help="print the result as JSON [no]")
    add_places(sub)


def import_(arguments: Namespace) -> None:
    """Make a checkpoint of another program's generator."""
    from trainer.checkpoints.importers import import_file, look

    if arguments.preview:
        preview = look(file_of(arguments.source)).preview
        print(json.dumps(asdict(preview), indent=2) if arguments.json else told(preview))
        return
    if not arguments.out:
        raise UserError("Name the checkpoint with --out NAME, or ask for --preview.", field="out")
    out = Path(arguments.out)
    folder = import_file(file_of(arguments.source), out if len(out.parts) > 1 else arguments.checkpoints / out, note)
    if arguments.json:
        print(json.dumps({"folder": str(folder), "name": folder.name}))
    else:
        print(f"{folder} is ready: python app.py --checkpoint {folder.name}")


def file_of(source: str) -> Path:
    """Where the file lies, downloaded if it is an address. Raises UserError as `fetched`, and for no file's address."""
    if is_address(source):
        from trainer.util.hub_download import parsed

        if not parsed(source).path_in_repo:
            raise UserError(
                f"{source} names a whole repository. Add the file to import: hf://user/repo/FILE.", "source"
            )
    return fetched(source, only=())


def told(preview: "Preview") -> str:
    """A preview as text."""
    rows = [("recognised", preview.recognised), *preview.facts, ("licence", preview.licence or "the file names none")]
    lines = [f"{name:<12} {value}" for name, value in rows]
    lines += [*preview.lost, f"{len(preview.tensors)} tensors", *(f"  {n:<60} {s}" for n, s in preview.tensors)]
    return "\n".join(lines)
