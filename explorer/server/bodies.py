"""What comes after the head of a request: counted in bytes and seconds while it arrives, before anything reads it."""

import asyncio
import os
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.formparsers import MultiPartException
from starlette.types import Message, Receive

HELD = 256_000_000  # bytes of questions, all together, that are in memory at once
SECONDS = 30.0  # for a question to arrive, and for an upload to stand still
SLOWEST = 10_000  # bytes a second, of an upload that has had its SECONDS
DRAINED = 64_000_000  # bytes of a refused body that are read and thrown away, so that its sender hears why
AT_ONCE, WAITING = 24, 400  # questions of one address that are answered, and of all that wait
SPARE = 500_000_000  # bytes that an upload leaves free on the disk
ORPHANED = 3600.0  # seconds after which a part of an upload belongs to nobody


class Refused(Exception):
    """A request that is not answered: status and one sentence."""

    def __init__(self, status: int, sentence: str, **headers: str):
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, headers


class Gone(Exception):
    """Whoever asked has hung up."""


class Budget:
    """Bytes in memory, and questions in work, each with its limit."""

    def __init__(
        self, *, max_held: int = HELD, seconds: float = SECONDS, at_once: int = AT_ONCE, max_waiting: int = WAITING
    ) -> None:
        self.max_held, self.seconds, self.at_once, self.max_waiting = max_held, seconds, at_once, max_waiting
        self.held = self.waiting = 0
        self.places: dict[str, asyncio.Semaphore] = {}
        self.users: Counter[str] = Counter()

    async def body(self, receive: Receive, limit: int) -> bytes:
        """A whole body, counted in `held` until `release`. Raises Refused if it is long or slow, Gone if it ends."""
        found = bytearray()
        try:
            async with asyncio.timeout(self.seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Gone
                    chunk = message.get("body", b"")
                    self.held += len(chunk)
                    found += chunk
                    if len(found) > limit:
                        raise too_long(limit)
                    if self.held > self.max_held:
                        raise Refused(503, "The server is busy. Try again in a moment.")
                    if not message.get("more_body"):
                        return bytes(found)
        except TimeoutError as error:
            self.release(len(found))
            raise Refused(408, f"The request did not arrive within {self.seconds:.0f} s.") from error
        except BaseException:
            self.release(len(found))
            raise

    def release(self, count: int) -> None:
        """Give back `count` bytes that were held."""
        self.held -= count

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Wait for one of the places of an address. Raises Refused if too many wait already."""
        if self.waiting >= self.max_waiting:
            raise Refused(503, "Too many requests are waiting. Try again in a moment.")
        place = self.places.setdefault(address, asyncio.Semaphore(self.at_once))
        self.users[address] += 1
        try:
            self.waiting += 1
            try:
                await place.acquire()
            finally:
                self.waiting -= 1
            try:
                yield
            finally:
                place.release()
        finally:
            self.users[address] -= 1
            if not self.users[address]:
                del self.users[address], self.places[address]


def too_long(limit: int) -> Refused:
    """The answer to a body of more than `limit` bytes: status 413."""
    return Refused(413, f"The request is too long: at most {limit:,} bytes are accepted.")


def declared(text: str | None) -> int:
    """Content-Length in bytes, 0 where none is given."""
    return int(text) if text and text.isascii() and text.isdigit() else 0


def again(body: bytes, receive: Receive) -> Receive:
    """`receive` that gives the body which has been read, and then what else there is."""
    left = [body]

    async def replay() -> Message:
        return {"type": "http.request", "body": left.pop(), "more_body": False} if left else await receive()

    return replay


def streamed(
    receive: Receive, limit: int, *, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
) -> Receive:
    """`receive` of an upload, which ends if it is too long, stands still, crawls or is broken off.

    It ends with the exception on which Gradio's parser removes what it has written.
    """
    begun, count, more = clock(), 0, True

    async def watched() -> Message:
        nonlocal count, more
        if not more:
            return await receive()
        try:
            async with asyncio.timeout(seconds):
                message = await receive()
        except TimeoutError as error:
            raise MultiPartException(f"The upload stalled for {seconds:.0f} s.") from error
        if message["type"] == "http.disconnect":
            raise MultiPartException("The upload was interrupted.")
        count, more = count + len(message.get("body", b"")), message.get("more_body", False)
        if count > limit:
            raise MultiPartException(f"The upload exceeds the maximum allowed size of {limit:,} bytes.")
        elapsed = clock() - begun
        if more and elapsed > seconds and count < SLOWEST * elapsed:
            raise MultiPartException(f"The upload is slower than {SLOWEST:,} bytes a second.")
        return message

    return watched


class Incoming:
    """`receive` that knows whether the body has ended."""

    def __init__(self, receive: Receive):
        self.receive, self.ended = receive, False

    async def __call__(self) -> Message:
        message = await self.receive()
        self.ended = self.ended or not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Throw away what is still sent of a refused request, a few seconds long."""
        count = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                while not self.ended and count < DRAINED:
                    count += len((await self()).get("body", b""))


def check_room(folder: Path, size: int, maximum: int, orphaned: float = ORPHANED) -> None:
    """Raises Refused unless `size` bytes more fit on the disk, and beside what was uploaded and is not yet used.

    Parts of uploads that nobody finished are swept first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stored = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                path = Path(place, name)
                found = path.lstat()
                if place == str(folder) and name.startswith("tmp") and time.time() - found.st_mtime > orphaned:
                    path.unlink()
                else:
                    stored += found.st_size
    if stored + size > maximum or shutil.disk_usage(folder).free < size + SPARE:
        raise Refused(507, "The server has no disk space for this upload.")
