"""Queues in front of what is scarce: connections, writers, cores."""

from collections.abc import AsyncIterator

import anyio
from anyio.lowlevel import RunVar

from pamps.errors import Unavailable


class Turn:
    """A dependency that lets at most `places` requests in at once. The others wait in order, holding nothing,
    and for at most `patience` seconds: then they are refused with Unavailable.

    Use one object for one scarce thing, by `Depends(turn, scope="function")`.
    """

    def __init__(self, places: int, patience: float) -> None:
        self.places = places
        self.patience = patience
        # One for each event loop: a server has one, a test may have several.
        self._queue: RunVar[anyio.Semaphore] = RunVar(f"turn-{id(self)}")

    async def __call__(self) -> AsyncIterator[None]:
        queue = self._queue.get(None)
        if queue is None:
            queue = anyio.Semaphore(self.places)
            self._queue.set(queue)
        try:
            with anyio.fail_after(self.patience):
                await queue.acquire()
        except TimeoutError:
            raise Unavailable from None
        try:
            yield
        finally:
            queue.release()
