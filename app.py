"""The latent explorer: `python app.py`, or a Space. Builds `demo` and launches it."""

import os
import socket
import sys
import threading
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # the page asks no other host for anything

from explorer import examination, sources
from explorer.library import Library
from explorer.ui import build_ui, launch_options
from trainer.errors import UserError

HERE = Path(__file__).parent
ON_SPACE = "SPACE_ID" in os.environ


def parser() -> ArgumentParser:
    p = ArgumentParser(description="Explore the latent space of a GAN in the browser.")
    p.add_argument("--host", default="0.0.0.0" if ON_SPACE else "127.0.0.1", help="address to serve on [127.0.0.1]")
    p.add_argument("--port", type=int, default=7860, help="port [7860]")
    p.add_argument("--checkpoints", type=Path, default=HERE / "checkpoints", help="folder of the checkpoints")
    p.add_argument("--runs", type=Path, default=HERE / "runs", help="folder of the trainer's runs")
    p.add_argument("--recordings", type=Path, default=HERE / "recordings", help="folder of recorded runs")
    p.add_argument("--checkpoint", help="the one to show first: a name, or the path of a checkpoint folder")
    p.add_argument(
        "--allow-train",
        "--train",
        dest="train",
        action=BooleanOptionalAction,
        default=None,
        help="let the page start trainings [only on this machine's own address, or with --auth; never on a Space]",
    )
    p.add_argument("--auth", metavar="USER:PASSWORD", help="ask for this name and password")
    return p


def library_for(arguments: Namespace) -> tuple[Library, str | None]:
    """The library and the name of the first checkpoint. Raises UserError for folders that are not there."""
    if not arguments.checkpoints.is_dir():
        raise UserError(f"--checkpoints {arguments.checkpoints} is no folder. Create it, or leave the flag out.")
    if arguments.runs != HERE / "runs" and not arguments.runs.is_dir():
        raise UserError(f"--runs {arguments.runs} is no folder. Create it, or leave the flag out.")
    library = Library(arguments.checkpoints, arguments.runs, arguments.recordings)
    first = arguments.checkpoint
    if first and first not in library.folders():
        folder = Path(first)
        if not folder.is_dir():
            known = ", ".join(library.folders()) or "none"
            raise UserError(f"--checkpoint {first} is neither a known checkpoint (found: {known}) nor a folder.")
        first = folder.resolve().name
        library.extra[first] = folder
    return library, first


def check_port(host: str, port: int) -> None:
    """Raises UserError if somebody else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UserError(f"Cannot serve on {host}:{port} ({reason}). Choose another --port.") from error


def may_train(arguments: Namespace) -> bool:
    """Whether the page may start trainings: as asked, else only where strangers cannot reach it."""
    if arguments.train is not None:
        return arguments.train
    return not ON_SPACE and (arguments.host in ("127.0.0.1", "localhost", "::1") or arguments.auth is not None)


def credentials(text: str | None) -> tuple[str, str] | None:
    """--auth USER:PASSWORD as a pair."""
    if text is None:
        return None
    name, colon, password = text.partition(":")
    if not (name and colon and password):
        raise UserError("--auth is not of the form USER:PASSWORD.")
    return name, password


def warm_up() -> None:
    """Load torch and the models, then what a diagnosis needs."""
    LIBRARY.entries()
    examination.warm_up()


def main(arguments: Namespace) -> None:
    check_port(arguments.host, arguments.port)
    auth = credentials(arguments.auth)
    sources.ANYWHERE = arguments.host in ("127.0.0.1", "localhost", "::1") and auth is None  # its owner's page
    threading.Thread(target=warm_up, daemon=True).start()  # while the first page loads
    demo.launch(
        server_name=arguments.host, server_port=arguments.port, auth=auth, **launch_options(may_train(arguments))
    )


# Imported (by a test, by Gradio's own reloader), the defaults apply; run, the command line's.
ARGUMENTS = parser().parse_args(None if __name__ == "__main__" else [])

try:
    LIBRARY, FIRST = library_for(ARGUMENTS)
    demo = build_ui(LIBRARY, FIRST, may_train=may_train(ARGUMENTS))
    if __name__ == "__main__":
        main(ARGUMENTS)
except UserError as error:
    sys.exit(f"error: {error}")
