"""A connection over which no whole request comes is closed: who holds it open half way keeps nobody else out."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

SECONDS = 10.0


class Impatient(H11Protocol):
    """HTTP/1.1 that waits for a request's head for a while, and no longer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._idle_since = self.loop.time()
        self._patience = self.loop.call_later(SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._patience.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self._idle_since = self.loop.time()
        super().on_response_complete()

    def _look(self) -> None:
        is_busy = self.cycle is not None and not self.cycle.response_complete
        left = SECONDS if is_busy else self._idle_since + SECONDS - self.loop.time()
        if left > 0:
            self._patience = self.loop.call_later(left, self._look)
        else:
            self.transport.close()
