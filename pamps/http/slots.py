"""Queues in front of what is scarce (connections, writers, cores), threads, and the end of a request."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import anyio
from fastapi import Request

from pamps.config import settings
from pamps.errors import Unavailable

ENDINGS = "pamps.endings"
Result = TypeVar("Result")
# Nearly all of them wait for the database, and each has a turn there: more are never busy.
_THREADS = ThreadPoolExecutor(settings.db.pool_size, "pamps")


def endings(request: Request) -> AsyncExitStack:
    """What is to be done when the route has returned and before its answer leaves, last come first served.

    Opened by `pamps.http.route.Route`. A dependency that adds to it costs a fraction of one with a `yield`.
    """
    stack: AsyncExitStack = request.scope[ENDINGS]
    return stack


async def in_thread(work: Callable[..., Result], *values: Any) -> Result:
    """What `work` returns, run in a thread. Costs half of what the framework's own way does."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work, *values)


class Turn:
    """A dependency that lets at most `places` requests in at once. The others wait in order, holding nothing,
    and for at most `patience` seconds: then they are refused with Unavailable.

    Use one object for one scarce thing, by `Depends(turn)`.
    """

    def __init__(self, places: int, patience: float) -> None:
        self.places = places
        self.patience = patience
        # One for each event loop: a server has one, a test may have several.
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, anyio.Semaphore] = WeakKeyDictionary()

    async def __call__(self, request: Request) -> None:
        """Stay inside until the end of the request."""
        endings(request).callback(await self.enter())

    async def enter(self) -> Callable[[], None]:
        """Wait for a place; gives the function that gives it back."""
        loop = asyncio.get_running_loop()
        if (queue := self._queues.get(loop)) is None:
            queue = self._queues[loop] = anyio.Semaphore(self.places)
        try:
            queue.acquire_nowait()
        except anyio.WouldBlock:
            try:
                with anyio.fail_after(self.patience):
                    await queue.acquire()
            except TimeoutError:
                raise Unavailable from None
        return queue.release
