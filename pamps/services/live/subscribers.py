"""The subscriptions of notification streams in this process.

Waking a subscription is a hint and carries no data: its stream reads new notifications from the database.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from weakref import WeakKeyDictionary

from pamps.config import settings
from pamps.errors import PampsError, Unavailable
from pamps.services.live import watcher
from pamps.services.live.stopping import told_to_stop

# Maximum number of subscriptions per user and process. One more ends the oldest, which may be a dead
# connection of a phone.
MAX_PER_USER = 10
# Seconds that the watcher keeps running after the last subscription ends, because clients often reconnect.
LINGER = 60.0


class TooManyStreams(PampsError):
    status = 503
    code = "too_many_streams"
    detail = "Too many notification streams are open. Try again later."
    headers = {"Retry-After": "30"}  # noqa: RUF012 - never changed


class Subscription:
    """The subscription of one stream. It starts awake, so that the stream reads once at the start."""

    def __init__(self) -> None:
        self._awake = asyncio.Event()
        self._awake.set()
        # Whether the stream should end.
        self.over = False

    def wake(self) -> None:
        """Make the next or current `wait` return at once."""
        self._awake.set()

    def end(self) -> None:
        """Ask the stream to end, and wake it."""
        self.over = True
        self._awake.set()

    async def wait(self, seconds: float) -> None:
        """Return as soon as woken, including since the last call, or after this time in seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0, seconds)):
                await self._awake.wait()
        # Before the stream reads rather than after, so that being woken while it reads causes another read.
        self._awake.clear()


class Subscribers:
    """The subscriptions of one process, and the watcher that wakes them."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._subscriptions: dict[int, list[Subscription]] = {}
        self._count = 0
        self._stopped = False
        self._watcher: asyncio.Task[None] | None = None
        self._idle_timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """The number of open subscriptions."""
        return self._count

    def require_room(self) -> None:
        """Raise TooManyStreams at the limit, or Unavailable if the server is stopping."""
        if self._stopped:
            raise Unavailable
        if self._count >= self.limit:
            raise TooManyStreams

    @contextmanager
    def listening(self, user_id: int) -> Iterator[Subscription]:
        """A subscription that is woken when this user may have new notifications; it may be woken without
        any. If the user has MAX_PER_USER, the oldest one ends."""
        subscription = Subscription()
        own = self._subscriptions.setdefault(user_id, [])
        alive = [one for one in own if not one.over]
        if len(alive) >= MAX_PER_USER:
            alive[0].end()
        own.append(subscription)
        self._count += 1
        self._watch()
        if self._stopped:
            subscription.end()
        try:
            yield subscription
        finally:
            own.remove(subscription)
            self._count -= 1
            if not own:
                del self._subscriptions[user_id]
            if not self._count:
                self._idle_timer = asyncio.get_running_loop().call_later(LINGER, self._stop_watching)

    def wake(self, user_ids: Collection[int] | None) -> None:
        """Wake the subscriptions of these users; None wakes all of them."""
        for user_id in self._subscriptions if user_ids is None else user_ids:
            for subscription in self._subscriptions.get(user_id, ()):
                subscription.wake()

    def stop(self) -> None:
        """End every subscription and refuse new ones."""
        self._stopped = True
        for subscriptions in self._subscriptions.values():
            for subscription in subscriptions:
                subscription.end()

    async def close(self) -> None:
        """Stop, and wait until the watcher has released its connection."""
        self.stop()
        watching = self._watcher
        self._stop_watching()
        if watching:
            await asyncio.wait([watching])

    def _watch(self) -> None:
        self._cancel_idle_timer()
        if self._watcher is None and not self._stopped:
            self._watcher = asyncio.get_running_loop().create_task(watcher.watch(self.wake))

    def _stop_watching(self) -> None:
        self._cancel_idle_timer()
        if self._watcher:
            self._watcher.cancel()
            self._watcher = None

    def _cancel_idle_timer(self) -> None:
        if self._idle_timer:
            self._idle_timer.cancel()
            self._idle_timer = None


# One per event loop: a server has one, tests may have several.
_of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, Subscribers] = WeakKeyDictionary()


def get_subscribers() -> Subscribers:
    """The subscribers of this process."""
    loop = asyncio.get_running_loop()
    if loop not in _of_loops:
        _of_loops[loop] = Subscribers(settings.notifications.streams)
    return _of_loops[loop]


@asynccontextmanager
async def open_subscribers() -> AsyncIterator[Subscribers]:
    """The subscribers of a server. They stop as soon as it receives a signal to stop, or at the end of the
    block."""
    subscribers = get_subscribers()
    try:
        with told_to_stop(subscribers.stop):
            yield subscribers
    finally:
        await subscribers.close()
        del _of_loops[asyncio.get_running_loop()]
