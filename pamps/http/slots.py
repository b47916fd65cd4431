"""Slots for what is scarce: connections, writers, cores. A request that waits too long gets a 503."""

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
    """Lets at most `limit` requests in at once. The others wait in order, holding nothing, and for at most
    `timeout` seconds: then they are refused with Unavailable.

    Use one object for one scarce thing. A route that needs a slot has `Depends(slots)` among its
    dependencies.
    """

    def __init__(self, limit: Callable[[], int], timeout: Callable[[], float]) -> None:
        """Both are functions because settings are read at the first use, not when a module is imported."""
        self._limit = limit
        self._timeout = timeout
        # One per event loop: a server has one, tests may have several.
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, anyio.Semaphore] = WeakKeyDictionary()

    def __call__(self) -> NoReturn:
        """Never called: routes of `make_router` enter it."""
        raise NotImplementedError("Slots need a route of make_router()")

    async def enter(self) -> Callable[[], None]:
        """Wait for a slot; returns the function that gives it back."""
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
    """A slot of each, in this order, until the block ends."""
    leave: list[Callable[[], None]] = []
    try:
        for each in slots:
            leave.append(await each.enter())
        yield
    finally:
        for function in reversed(leave):
            function()


def _writers() -> int:
    """SQLite lets one transaction write at a time. Whoever waited for it inside the database would keep a
    connection from all readers, and get its turn by luck. On PostgreSQL writers that wait for the same row
    leave a third of the connections to readers."""
    return 1 if current_dialect().has_one_writer else max(1, settings.db.pool_size * 2 // 3)


def _wait_timeout() -> float:
    return settings.db.wait_timeout


# As many requests as there are connections, so that none of them holds a thread while it waits for one.
connection_slots = Slots(lambda: settings.db.pool_size, _wait_timeout)
writer_slots = Slots(_writers, _wait_timeout)
# What is read outside of a request leaves most connections to requests.
background_slots = Slots(lambda: max(1, settings.db.pool_size // 3), _wait_timeout)
# Hashing a password takes a third of a second of one core: more at once than there are cores would not be
# faster, and would leave nothing for everybody else.
hashing_slots = Slots(lambda: os.cpu_count() or 1, lambda: 30)
