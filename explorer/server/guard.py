"""In front of everything that the app serves, its own files included: who may ask what, and how much.

A request is answered if its Host is known here, no page of another origin sent it, the person has logged in where a
login is asked for, and, unless it only reads, it carries the token that the page got: so no other site, and no script
that has never seen the page, can start or change anything. What only draws and measures is everybody's: the named
endpoints of the API, and, where it is asked for, the same as tools of the Model Context Protocol (MCP).
"""

import asyncio
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.rpc.handler import check_question
from explorer.server.bodies import Budget, Gone, Incoming, Refused, again, check_room, declared, streamed, too_long
from explorer.server.hosts import asked_host, is_own_origin
from explorer.server.logins import Attempts, network
from trainer.util.errors import UserError

TOKEN = "X-Explorer-Token"
API = "/gradio_api/"
READS, METHODS = ("GET", "HEAD"), ("GET", "HEAD", "POST", "OPTIONS")
SERVER, UPLOAD, LOGIN, NEW_TOKEN = f"{API}component_server", f"{API}upload", "/login", "/explorer/token"
MCP, MCP_SCHEMA = f"{API}mcp", f"{API}mcp/schema"
CALL = re.compile(f"{API}(?:queue/join|(?:run|api|call|call/v2)/([^/]+))")
WITHOUT_TOKEN = {LOGIN, f"{API}cancel", f"{API}reset", MCP}  # a password, a secret hash each, public tools alone
LOGIN_PAGE = {
    "/", LOGIN, "/theme.css", "/favicon.ico", "/robots.txt", "/manifest.json", "/pwa_icon", f"{API}login_check",
    f"{API}theme.css",
}  # fmt: skip
LOGIN_FILES = ("/assets/", "/static/", "/svelte/", "/pwa_icon/")
# Parts of Gradio that this page never uses: they fetch from other hosts, edit code, or keep what strangers send.
UNUSED = re.compile(
    f"/monitoring.*|{API}(?:proxy=|file=https?:|vibe-|undo-vibe|run-history|runs|process_recording|dev/|profiling"
    "|custom_component|startup-events|deep_link|stream/|mcp).*",
    re.IGNORECASE | re.DOTALL,
)
QUESTION, EVENT, PUBLIC, SMALL = 8_000_000, 2_000_000, 256_000, 16_000  # bytes of a body; a dropped image is 7 MB
SENTENCE = "The app cannot answer this request: it refers to an event or component that does not exist."
FAILED = json.dumps({"error": SENTENCE, "detail": SENTENCE}).encode()
EXTRA = 1_000_000  # bytes of an upload beside its files
UPLOADS_AT_ONCE = 4


@dataclass(frozen=True)
class Rules:
    """What the guard goes by.

    Attributes:
        names: hosts that are known, see `explorer.server.hosts.own_names`.
        public: the endpoints that need no token, by number and by name.
        folder: where uploads arrive.
        upload: bytes that one may have, 0 where nobody may train.
        mcp: whether assistants may call the public endpoints as tools.
        root: the path below which a proxy shows the app, "" or "/name".
        user: the name that cookies stand for, None for nobody; None itself where no login is asked for.
        framed: whether pages of other sites may show the app in a frame, as a Space is shown.
        token: what the page knows, and no other page can read.
    """

    names: frozenset[str]
    public: Mapping[int, str]
    folder: Path
    upload: int = 0
    mcp: bool = False
    root: str = ""
    user: Callable[[Mapping[str, str]], str | None] | None = None
    framed: bool = False
    token: str = field(default_factory=lambda: token_urlsafe(32), repr=False)


class Guard:
    """The ASGI app around the app."""

    def __init__(self, app: ASGIApp, rules: Rules):
        self.app, self.rules = app, rules
        self.budget, self.attempts, self.uploads = Budget(), Attempts(), 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        else:
            await self.answer(scope, receive, headed(send, self.rules.framed))

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one HTTP request, and pass it on or refuse it with a sentence."""
        incoming = Incoming(receive)
        try:
            outside, scope = scope["path"], inside(scope, self.rules.root)
            self.check(scope)
            if outside == self.rules.root and scope["method"] in READS:
                return await RedirectResponse(f"{outside}/")(scope, receive, send)
            await self.pass_on(scope, incoming, send)
        except Gone:
            return
        except Refused as refused:
            await incoming.drain()
            response = refusal(scope, refused)
            response.headers["Connection"] = "close"
            await response(scope, receive, send)

    def check(self, scope: Scope) -> None:
        """Raises Refused for what the head of a request rules out already."""
        headers, path, method = Headers(scope=scope), scope["path"], scope["method"]
        host, unknown = asked_host(headers, self.rules.names)
        if host is None:
            known = (
                f"The host {unknown!r} is not allowed." if unknown else "The request must have exactly one Host header."
            )
            raise Refused(403, f"{known} The operator of the app can add --allow-host NAME.")
        is_mcp = self.rules.mcp and path.rstrip("/") in (MCP, MCP_SCHEMA)
        if not path.startswith("/") or (UNUSED.fullmatch(path) and not is_mcp):
            raise Refused(404, "Not found.")
        if is_mcp and (method in READS) != (path.rstrip("/") == MCP_SCHEMA):
            raise Refused(405, "This is the address of the MCP server: give it to an MCP client.", Allow="POST")
        if method not in METHODS:
            raise Refused(405, f"{method[:20]} is not supported.", Allow=", ".join(METHODS))
        visits = method in READS and path == "/" and headers.get("sec-fetch-mode") == "navigate"
        if not is_own_origin(headers, host) and not (visits and "origin" not in headers):
            raise Refused(403, "This request came from another site. Open the app itself.")
        if self.rules.user and not is_for_login(path) and self.rules.user(Request(scope).cookies) is None:
            raise Refused(401, "Log in first.")

    async def pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body within its limits, and hand all of it to the app."""
        headers, path = Headers(scope=scope), scope["path"].rstrip("/")
        reads = scope["method"] != "POST"
        send = send if reads else excused(send)
        has_token = is_equal(headers.get(TOKEN, ""), self.rules.token)
        if not (reads or has_token or path in WITHOUT_TOKEN or CALL.fullmatch(path)):
            raise Refused(403, "Only the app's own page can request this. Reload the page.", **{TOKEN: "needed"})
        if path == UPLOAD and not reads:
            return await self.take_upload(scope, receive, send)
        limit = SMALL if reads else limit_of(path, has_token)
        if declared(headers.get("content-length")) > limit:
            raise too_long(limit)
        body = await self.budget.body(receive, limit)
        try:
            if CALL.fullmatch(path) and not (reads or has_token or is_public(path, body, self.rules.public)):
                raise Refused(403, "Only the app's own page can request this. Reload the page.", **{TOKEN: "needed"})
            if path == LOGIN and not reads:
                return await self.login(scope, again(body, receive), send)
            if not reads and path != SERVER:  # whose handlers say more about it themselves
                check_event(body)
            if path not in (SERVER, MCP) or reads:
                return await self.app(scope, again(body, receive), send)
            async with self.budget.turn(network(client(scope))):
                await self.app(scope, again(body, receive), send)
        finally:
            self.budget.release(len(body))

    async def login(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A password: not looked at while its sender has to wait."""
        address = client(scope)
        wait = self.attempts.wait(address)
        if wait:
            seconds = f"{wait:.0f}"
            raise Refused(429, f"Too many wrong passwords. Try again in {seconds} s.", **{"Retry-After": seconds})
        self.attempts.start(address)

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                self.attempts.succeeded(address)
            await send(message)

        await self.app(scope, receive, watched)

    async def take_upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an upload on while it stays within its limits. Raises Refused: 403, 413, 415, 503 or 507."""
        headers, maximum = Headers(scope=scope), self.rules.upload
        if not maximum:
            raise Refused(403, "Uploads are disabled, as training is.")
        if not re.match(r"multipart/form-data\s*;.*\bboundary=", headers.get("content-type", ""), re.IGNORECASE):
            raise Refused(415, "An upload must be multipart/form-data.")
        size = declared(headers.get("content-length"))
        if size > maximum + EXTRA:
            raise too_long(maximum + EXTRA)
        if self.uploads >= UPLOADS_AT_ONCE:
            raise Refused(503, f"{UPLOADS_AT_ONCE} uploads are in progress. Try again when one has finished.")
        self.uploads += 1
        try:
            await asyncio.to_thread(check_room, self.rules.folder, size or maximum, 3 * maximum)
            await self.app(scope, streamed(receive, maximum + EXTRA), send)
        finally:
            self.uploads -= 1


def inside(scope: Scope, root: str) -> Scope:
    """The request as if no proxy showed the app below `root`: proxies take that path away, or leave it."""
    path = scope["path"]
    if not root or not (path == root or path.startswith(root + "/")):
        return scope
    raw = scope.get("raw_path", path.encode()).removeprefix(root.encode())
    return dict(scope) | {"path": path.removeprefix(root) or "/", "raw_path": raw or b"/"}


def is_for_login(path: str) -> bool:
    """Whether the page that asks for the password needs this."""
    return (path.rstrip("/") or "/") in LOGIN_PAGE or (path.startswith(LOGIN_FILES) and ".." not in path)


def limit_of(path: str, has_token: bool) -> int:
    """Bytes that a body may have."""
    if path == SERVER:
        return QUESTION
    if path == MCP:
        return PUBLIC
    return (EVENT if has_token else PUBLIC) if CALL.fullmatch(path) else SMALL


def is_public(path: str, body: bytes, public: Mapping[int, str]) -> bool:
    """Whether an event is one that needs no token: by its number, and by its name where the path has one."""
    try:
        question = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "The request is not valid JSON.") from error
    index = question.get("fn_index") if isinstance(question, dict) else None
    name = CALL.fullmatch(path)[1]  # type: ignore[index]  # the caller has seen that it matches
    if name is None:
        return type(index) is int and index in public
    return name in public.values() and (index is None or (type(index) is int and index in public))


def check_event(body: bytes) -> None:
    """Raises Refused for an event that Gradio could not even repeat in its refusal."""
    try:
        check_question({"event": json.loads(body or b"{}")})
    except (ValueError, RecursionError) as error:
        raise Refused(400, "The request is not valid JSON.") from error
    except UserError as error:
        raise Refused(400, str(error)) from error


def is_equal(given: str, token: str) -> bool:
    """Whether two tokens are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode(), token.encode())


def client(scope: Scope) -> str:
    """The address that a request comes from."""
    return (scope.get("client") or ("nobody", 0))[0]


def refusal(scope: Scope, refused: Refused) -> Response:
    """One sentence: plain to a person at the address bar, JSON to a script."""
    if scope["method"] in READS and not scope["path"].startswith(API):
        return PlainTextResponse(refused.sentence, refused.status, refused.headers)
    said = {"error": refused.sentence, "detail": refused.sentence}
    return JSONResponse(said, refused.status, refused.headers)


def excused(send: Send) -> Send:
    """`send` that says in a sentence that an event failed, where the app's answer would be a bare status 500."""
    silent = False

    async def with_sentence(message: Message) -> None:
        nonlocal silent
        if message["type"] == "http.response.start" and message["status"] == 500:
            silent = not Headers(raw=message["headers"]).get("content-type", "").startswith("application/json")
            headers = [(b"content-type", b"application/json")] if silent else message["headers"]
            message = {**message, "status": 400, "headers": headers}
        elif message["type"] == "http.response.body" and silent:
            message = {"type": "http.response.body", "body": FAILED}
        await send(message)

    return with_sentence


def headed(send: Send, framed: bool) -> Send:
    """`send` that tells browsers to keep each answer from other sites' pages."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
            if not framed:
                headers["Content-Security-Policy"] = "frame-ancestors 'self'"
        await send(message)

    return with_headers
