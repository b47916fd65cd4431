"""Slots for limited resources: connections, writers, cores. A request that waits too long gets a 503."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import NoReturn
from weakref import WeakKeyDictionary

import anyio

from pamps.config import settings
from pamps.db import current_dialect
from pamps.errors import Unavailable


class Slots:
    """Limits concurrency to `limit` requests. The others wait in order, holding neither a thread nor a
    connection, for at most `timeout` seconds; then they fail with Unavailable.

    Use one instance per resource. A route that needs a slot has `Depends(slots)` among its dependencies.
    """

    def __init__(self, limit: Callable[[], int], timeout: Callable[[], float]) -> None:
        """Both are functions because settings are loaded at first use, not at import."""
        self._limit = limit
        self._timeout = timeout
        # One per event loop: a server has one, tests may have several.
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, anyio.Semaphore] = WeakKeyDictionary()

    def __call__(self) -> NoReturn:
        """Never called: routes of `make_router` enter it."""
        raise NotImplementedError("Slots need a route of make_router()")

    async def enter(self) -> Callable[[], None]:
        """Wait for a slot; returns the function that releases it. Raises Unavailable on timeout."""
        loop = asyncio.get_running_loop()
        if (queue := self._queues.get(loop)) is None:
            queue = self._queues[loop] = anyio.Semaphore(self._limit())
        try:
            queue.acquire_nowait()
        except anyio.WouldBlock:
            try:
                with anyio.fail_after(self._timeout()):
                    await queue.acquire()
            except TimeoutError:
                raise Unavailable from None
        return queue.release


@asynccontextmanager
async def holding(slots: Sequence[Slots]) -> AsyncIterator[None]:
    """Hold one slot of each, acquired in this order, until the block ends. Raises Unavailable on timeout."""
    leave: list[Callable[[], None]] = []
    try:
        for each in slots:
            leave.append(await each.enter())
        yield
    finally:
        for function in reversed(leave):
            function()


def _writers() -> int:
    """The limit of concurrent writers. SQLite allows one: waiting inside the database would occupy a
    connection and is not fair. On PostgreSQL, writers that wait for the same row leave a third of the
    connections to readers."""
    return 1 if current_dialect().has_one_writer else max(1, settings.db.pool_size * 2 // 3)


def _wait_timeout() -> float:
    return settings.db.wait_timeout


# As many slots as connections, so that no request holds a thread while it waits for a connection.
connection_slots = Slots(lambda: settings.db.pool_size, _wait_timeout)
writer_slots = Slots(_writers, _wait_timeout)
# Reads outside a request leave most connections to requests.
background_slots = Slots(lambda: max(1, settings.db.pool_size // 3), _wait_timeout)
# Hashing a password takes a third of a second of one core: more than one per core would not be faster, and
# would leave no processor time for other requests.
hashing_slots = Slots(lambda: os.cpu_count() or 1, lambda: 30)
