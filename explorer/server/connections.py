"""Connections that do not wait for ever: uvicorn's own protocol times only what comes after a first request."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


def impatient(max_idle: int, head_seconds: float = 15.0, read_seconds: float = 30.0) -> type[H11Protocol]:
    """The protocol of one server. Of more than `max_idle` connections without a request, the oldest give way.

    Args:
        head_seconds: for the head of a request to arrive whole.
        read_seconds: for a client to take what it is sent.
    """
    idle: dict[Any, asyncio.TimerHandle] = {}  # in the order in which they began to wait

    class Connection(H11Protocol):
        """HTTP/1.1 that ends what stands still."""

        reading: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self.watch()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self.watch()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            self.busy()
            self.read()

        def pause_writing(self) -> None:
            super().pause_writing()
            self.reading = self.reading or self.loop.call_later(read_seconds, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            self.read()

        def watch(self) -> None:
            """Begin to count the seconds of a connection without a request; what trickles in does not stop them."""
            if self.transport.is_closing() or (self.cycle is not None and not self.cycle.response_complete):
                self.busy()
            elif self not in idle:
                idle[self] = self.loop.call_later(head_seconds, self.transport.abort)
                if len(idle) > max_idle:
                    oldest = next(iter(idle))
                    oldest.busy()
                    oldest.transport.abort()

        def busy(self) -> None:
            if self in idle:
                idle.pop(self).cancel()

        def read(self) -> None:
            if self.reading:
                self.reading.cancel()
                self.reading = None

    return Connection
