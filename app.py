"""The latent explorer: `python app.py`, or a Space. Builds `demo` and launches it."""

import os
import re
import sys
import threading
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # the page asks no other host for anything
# Gradio makes its clients when it is imported, and ends there if they cannot speak to this machine's proxy.
os.environ |= {"no_proxy": "*", "had_no_proxy": os.environ.get("no_proxy", "")}

from explorer.core.library import Library
from explorer.core.limits import UPLOADS
from explorer.core.remote import named
from explorer.server import app_server
from explorer.server.guard import Rules
from explorer.server.hosts import is_loopback, own_names, place
from explorer.server.logins import VARIABLE, credentials
from explorer.tabs.diagnosis import handlers
from explorer.ui import build_ui, page_options
from trainer.util.errors import UserError

os.environ["no_proxy"] = os.environ.pop("had_no_proxy") or os.environ.get("NO_PROXY", "")
HERE = Path(__file__).parent
ON_SPACE = "SPACE_ID" in os.environ


def parser() -> ArgumentParser:
    """The options of `python app.py`."""
    p = ArgumentParser(description="Explore the latent space of a GAN in the browser.")
    p.add_argument("--host", default="0.0.0.0" if ON_SPACE else "127.0.0.1", help="address to serve on [127.0.0.1]")
    p.add_argument("--port", type=port, default=7860, help="port; 0 picks a free one [7860]")
    p.add_argument("--checkpoints", type=Path, default=HERE / "checkpoints", help="folder of the checkpoints")
    p.add_argument("--runs", type=Path, default=HERE / "runs", help="folder of the trainer's runs")
    p.add_argument("--recordings", type=Path, default=HERE / "recordings", help="folder of recorded runs")
    p.add_argument("--checkpoint", help="checkpoint to show first: a name, a checkpoint's folder, or hf://user/repo")
    p.add_argument(
        "--allow-train",
        "--train",
        dest="train",
        action=BooleanOptionalAction,
        default=None,
        help="let visitors train [default: only on a local address or with --auth; never on a Space]",
    )
    p.add_argument(
        "--auth",
        metavar="USER:PASSWORD",
        help="require this user name and password; visible to every user of this machine",
    )
    p.add_argument(
        "--auth-file",
        type=Path,
        metavar="FILE",
        help=f"read them from a file instead; or set {VARIABLE} in the environment",
    )
    p.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="also answer to this host name, such as a proxy's; repeatable [localhost, this machine's name, addresses]",
    )
    p.add_argument(
        "--root-path",
        default=os.environ.get("GRADIO_ROOT_PATH", ""),
        metavar="/PATH",
        help="path or full URL at which a proxy serves the app [GRADIO_ROOT_PATH]",
    )
    p.add_argument(
        "--mcp",
        action="store_true",
        default=os.environ.get("GRADIO_MCP_SERVER", "").lower() == "true",
        help="also be an MCP server, whose tools AI assistants can call [GRADIO_MCP_SERVER]",
    )
    return p


def port(text: str) -> int:
    """A port's number. Raises ValueError, which argparse tells in a sentence."""
    if not 0 <= int(text) <= 65535:
        raise ValueError
    return int(text)


def library_for(arguments: Namespace) -> tuple[Library, str | None]:
    """The library and the name of the first checkpoint. Raises UserError for folders that are not there."""
    if not arguments.checkpoints.is_dir():
        raise UserError(f"--checkpoints {arguments.checkpoints} is not a folder. Create it, or leave the flag out.")
    if arguments.runs != HERE / "runs" and not arguments.runs.is_dir():
        raise UserError(f"--runs {arguments.runs} is not a folder. Create it, or leave the flag out.")
    library = Library(arguments.checkpoints, arguments.runs, arguments.recordings)
    first = arguments.checkpoint and named(library, arguments.checkpoint)
    if first and first not in library.every():
        known = ", ".join(library.every()) or "none"
        raise UserError(f"--checkpoint {first} is neither a known checkpoint (found: {known}) nor a folder.")
    return library, first


def is_owners(arguments: Namespace, has_login: bool = False) -> bool:
    """Whether only the person at this machine can reach the page: its own address, and nothing that names a proxy."""
    behind_proxy = bool(arguments.allow_host or arguments.root_path.strip())
    return is_loopback(arguments.host) and not (has_login or behind_proxy)


def may_train(arguments: Namespace, has_login: bool = False) -> bool:
    """Whether the page may start trainings: never on a Space; as asked; else only where strangers cannot reach it."""
    if ON_SPACE or arguments.train is not None:
        return bool(arguments.train) and not ON_SPACE
    return has_login or is_owners(arguments)


def may_fetch(arguments: Namespace, has_login: bool = False) -> bool:
    """Whether the page may download checkpoints that a person names: where it may train, or is its owner's."""
    return not ON_SPACE and (may_train(arguments, has_login) or is_owners(arguments))


def root_path(text: str) -> tuple[str, str]:
    """Host, "" where none is named, and path of --root-path. Raises UserError for what is no path or address."""
    found = re.fullmatch(r"(?:https?://([^/?#\s]+))?((?:/[\w.~-]+)*)/?", text.strip())
    if not found or (found[1] and not place(found[1])):
        raise UserError(
            f"--root-path {text!r} is neither a path such as /gan nor a URL such as https://example.org/gan."
        )
    return found[1] or "", found[2]


def rules(arguments: Namespace) -> Rules:
    """What the guard goes by. Raises UserError for hosts that cannot be."""
    shown_at, root = root_path(arguments.root_path)
    given = [*arguments.allow_host, arguments.host, shown_at]
    bad = [name for name in arguments.allow_host if not place(name)]
    if bad:
        raise UserError(f"--allow-host {bad[0]!r} is not a host name such as gan.example.org.")
    return Rules(
        names=own_names(os.environ.get("SPACE_HOST", "") if ON_SPACE else None, given),
        public=app_server.public_endpoints(demo),
        folder=Path(os.environ["GRADIO_TEMP_DIR"]),
        upload=UPLOADS if may_train(arguments, AUTH is not None) else 0,
        mcp=arguments.mcp,
        root=root,
        framed=ON_SPACE,
    )


def warm_up() -> None:
    """Load torch and the models, then what a diagnosis needs."""
    LIBRARY.entries()
    handlers.warm_up()


def main(arguments: Namespace) -> None:
    """Serve the page until it is stopped. Raises UserError for an address, a port or a host that cannot be used."""
    if arguments.mcp:
        app_server.check_mcp()
    guard = rules(arguments)
    sockets = app_server.listening(arguments.host, arguments.port)
    LIBRARY.any_folder = is_owners(arguments, AUTH is not None)
    if ON_SPACE and arguments.train:
        print("Training is disabled on a Space; --allow-train has no effect.", file=sys.stderr)
    threading.Thread(target=warm_up, daemon=True).start()  # while the first page loads
    options = page_options(guard.token, bool(guard.upload)) | {"root_path": arguments.root_path.strip().rstrip("/")}
    app = app_server.guarded(demo, guard, AUTH, options)
    app_server.run(app, sockets, arguments.host)


# Imported (by a test, by Gradio's own reloader), the defaults apply; run, the command line's.
ARGUMENTS = parser().parse_args(None if __name__ == "__main__" else [])

try:
    os.environ["GRADIO_TEMP_DIR"] = str(app_server.upload_folder(os.environ.get("GRADIO_TEMP_DIR")))
    AUTH = credentials(ARGUMENTS.auth, ARGUMENTS.auth_file, os.environ)
    LIBRARY, FIRST = library_for(ARGUMENTS)
    allowed = may_train(ARGUMENTS, AUTH is not None), may_fetch(ARGUMENTS, AUTH is not None)
    demo = build_ui(LIBRARY, FIRST, *allowed)
    if __name__ == "__main__":
        main(ARGUMENTS)
except UserError as error:
    sys.exit(f"error: {error}")
