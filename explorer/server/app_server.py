"""The page behind its guard, served: by Gradio's public way to mount it, in a server whose options are ours.

`Blocks.launch` builds its own server, without time limits, reaches for it through the machine's proxies, and puts what
is added to the app behind its own answers to strangers.
"""

import errno
import importlib.util
import json
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from explorer.rendering.client import ROUTES
from explorer.server.connections import impatient
from explorer.server.guard import MCP, NEW_TOKEN, Guard, Rules
from trainer.util.errors import UserError

OPEN_FILES = 8192  # sockets included; the usual limit is 1024
LAST_ANSWERS = 3  # seconds that open answers have when the app is stopped
NO_TOOL = "/render"
INSTALL_MCP = "pip install -r requirements-mcp.txt"
ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
OWN = tempfile.TemporaryDirectory(prefix="explorer-gradio-")


def guarded(demo: gr.Blocks, rules: Rules, auth: tuple[str, str] | None, options: Mapping[str, Any]) -> Guard:
    """The whole app. `options`: of the page, see `explorer.ui.page_options`."""

    def new_token(_: object) -> PlainTextResponse:
        return PlainTextResponse(rules.token, headers={"Cache-Control": "no-store"})

    app = Starlette(routes=[Route(NEW_TOKEN, new_token)])
    files: Any = {"routes": ROUTES}  # behind Gradio's compression
    gr.mount_gradio_app(app, demo, path="", app_kwargs=files, auth=auth, mcp_server=rules.mcp, **options)  # type: ignore[arg-type]
    if rules.mcp:
        prepare_tools(demo)
    demo.is_running = True  # as after `launch`: long answers are kept alive only then
    page: Any = app.routes[-1]
    cookies = [f"access-token-{kind}{page.app.cookie_id}" for kind in ("", "unsecure-")]

    def user(found: Mapping[str, str]) -> str | None:
        return next((page.app.tokens[found[name]] for name in cookies if found.get(name) in page.app.tokens), None)

    return Guard(app, replace(rules, user=user if auth else None))


def check_mcp() -> None:
    """Raises UserError where the package of --mcp is not installed."""
    if importlib.util.find_spec("mcp") is None:
        raise UserError(f"--mcp needs a package: `{INSTALL_MCP}`.")


def prepare_tools(demo: gr.Blocks) -> None:
    """Let assistants have facts as JSON, and not `/render`, whose picture as text would only fill their memory.

    Raises UserError if Gradio could not start its MCP server, as with another version of the package.
    """
    server: Any = demo.mcp_server_obj
    if server is None:
        reason = (demo.mcp_error or "no reason given").splitlines()[0]
        raise UserError(f"--mcp cannot work here ({reason}). `{INSTALL_MCP}` installs the version that does.")
    tools = server.tool_to_endpoint.items()
    server.tool_to_endpoint = {tool: endpoint for tool, endpoint in tools if endpoint != NO_TOOL}
    told = server.postprocess_output_data  # which would write facts as Python does
    server.postprocess_output_data = lambda data, root: told([as_json(one) for one in data], root)


def as_json(answer: Any) -> Any:
    """Facts as a text; a file stays what it is."""
    is_facts = isinstance(answer, list) or (isinstance(answer, dict) and "meta" not in answer)
    return json.dumps(answer, ensure_ascii=False) if is_facts else answer


def public_endpoints(demo: gr.Blocks) -> dict[int, str]:
    """What the page's API offers to everybody."""
    return {
        number: fn.api_name
        for number, fn in demo.fns.items()
        if fn.fn is not None and fn.api_visibility == "public" and isinstance(fn.api_name, str)
    }


class Server(uvicorn.Server):
    """Says where it is once it answers."""

    address, has_mcp = "", False

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the server, and take its temporary folder with it."""
        await super().shutdown(sockets)
        OWN.cleanup()  # a signal ends the process right after this

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say the address once the server listens: launchers wait for this line."""
        await super().startup(sockets)
        print(f"* Running on local URL:  {self.address}", flush=True)
        if self.has_mcp:
            print(f"* MCP server: {self.address}{MCP}/", flush=True)


def run(app: Guard, sockets: list[socket.socket], host: str) -> None:
    """Serve until somebody stops it."""
    protocol = impatient(max_idle=allow_more_files() // 4)
    options: dict[str, Any] = {
        "http": protocol,
        "ws": "none",
        "loop": "asyncio",
        "log_level": "warning",
        "server_header": False,
    }
    server = Server(uvicorn.Config(app, timeout_graceful_shutdown=LAST_ANSWERS, **options))
    server.has_mcp = app.rules.mcp
    server.address = f"http://{in_address(host)}:{sockets[0].getsockname()[1]}"
    try:
        server.run(sockets)
    except KeyboardInterrupt:
        print("Stopped.")


def in_address(host: str) -> str:
    """A host as it stands in an address."""
    bare = host.removeprefix("[").removesuffix("]") or "0.0.0.0"
    return f"[{bare}]" if ":" in bare else bare


def listening(host: str, port: int) -> list[socket.socket]:
    """Sockets for every address that a host stands for; `::` means both kinds of addresses, port 0 any free one.

    Raises: UserError if the host is not this machine's, or the port is taken.
    """
    bare = host.removeprefix("[").removesuffix("]")
    try:
        found = socket.getaddrinfo(bare or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise UserError(f"Cannot serve on {host!r}: not an address of this machine. Choose another --host.") from error
    sockets: list[socket.socket] = []
    for family, _, _, _, address in dict.fromkeys(found):
        number = sockets[0].getsockname()[1] if sockets else port
        try:
            sockets.append(bound(family, (address[0], number, *address[2:]), both=bare == "::"))
        except OSError as error:
            if error.errno in ABSENT and (sockets or len(found) > 1):  # localhost, where there is no IPv6
                continue
            for one in sockets:
                one.close()
            reason = f"Cannot serve on {in_address(host)}:{port} ({error.strerror or error})."
            raise UserError(f"{reason} Choose another --port, or --host.") from error
    if not sockets:
        raise UserError(f"Cannot serve on {host!r}: not an address of this machine. Choose another --host.")
    return sockets


def bound(family: int, address: tuple[Any, ...], both: bool) -> socket.socket:
    """One socket. `both`: of IPv6, and for IPv4 too."""
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not both)
        one.bind(address)
        one.listen()  # a port that is taken shows only now where the socket may be reused
    except OSError:
        one.close()
        raise
    return one


def allow_more_files() -> int:
    """As many open files as the system lets us have, up to OPEN_FILES. Returns how many these are."""
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return OPEN_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    maximum = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft == resource.RLIM_INFINITY or soft >= maximum:
        return OPEN_FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (maximum, hard))
    return maximum


def upload_folder(given: str | None) -> Path:
    """Where Gradio keeps uploads and videos: as told, else a folder of our own, which goes with the app.

    Its default is one folder of all users of the machine, whoever made it first. Raises UserError if nothing can be
    written into the folder that is given.
    """
    if not given:
        return Path(OWN.name)
    folder = Path(given).expanduser().absolute() / "latent-explorer"  # what is in it is ours, and swept
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"GRADIO_TEMP_DIR {given} cannot be written ({reason}). Set another, or unset it.") from error
