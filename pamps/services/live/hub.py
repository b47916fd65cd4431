"""The subscriptions of this process to live notifications.

A wake-up is a hint without content: the subscriber reads from the database what is new.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from weakref import WeakKeyDictionary

from pamps.config import settings
from pamps.errors import PampsError, Unavailable
from pamps.services.live import watcher
from pamps.services.live.stopping import told_to_stop

# Per user and process. Beyond it, the oldest is closed: its client may have vanished.
MOST_OF_ONE = 10
# Seconds the watcher outlives the last subscription: clients often reconnect at once.
LINGER = 60.0


class TooManyStreams(PampsError):
    status = 503
    code = "too_many_streams"
    detail = "Too many streams are open. Try again later."
    headers = {"Retry-After": "30"}  # noqa: RUF012 - never changed


class Subscription:
    """A stream's subscription. It starts out awake, for an initial look at the database."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._rung.set()
        # Whether the stream should end.
        self.over = False

    def ring(self) -> None:
        """Wake the subscriber, now or at its next `wait`."""
        self._rung.set()

    def end(self) -> None:
        """Tell the subscriber to end."""
        self.over = True
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Return once woken since the last call, or after `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0, seconds)):
                await self._rung.wait()
        # Cleared before the subscriber looks, not after: what arrives during the look requires another one.
        self._rung.clear()


class Subscribers:
    """The subscriptions of one process, and the one watcher that wakes them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._by_user: dict[int, list[Subscription]] = {}
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
        if self._count >= self.most:
            raise TooManyStreams

    @contextmanager
    def listening(self, user_id: int) -> Iterator[Subscription]:
        """A subscription woken whenever this user may have new notifications; may wake spuriously."""
        subscription = Subscription()
        own = self._by_user.setdefault(user_id, [])
        alive = [one for one in own if not one.over]
        if len(alive) >= MOST_OF_ONE:
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
                del self._by_user[user_id]
            if not self._count:
                self._idle_timer = asyncio.get_running_loop().call_later(LINGER, self._stop_watching)

    def ring(self, user_ids: Collection[int] | None) -> None:
        """Wake the subscriptions of these users, or all of them for None."""
        for user_id in self._by_user if user_ids is None else user_ids:
            for subscription in self._by_user.get(user_id, ()):
                subscription.ring()

    def stop(self) -> None:
        """End all subscriptions and accept no new ones."""
        self._stopped = True
        for subscriptions in self._by_user.values():
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
        if self._idle_timer:
            self._idle_timer.cancel()
            self._idle_timer = None
        if self._watcher is None and not self._stopped:
            self._watcher = asyncio.get_running_loop().create_task(watcher.watch(self.ring))

    def _stop_watching(self) -> None:
        if self._idle_timer:
            self._idle_timer.cancel()
            self._idle_timer = None
        if self._watcher:
            self._watcher.cancel()
            self._watcher = None


# One per event loop: a server has one, tests may have several.
_subscribers: WeakKeyDictionary[asyncio.AbstractEventLoop, Subscribers] = WeakKeyDictionary()


def get_subscribers() -> Subscribers:
    """The subscribers of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _subscribers:
        _subscribers[loop] = Subscribers(settings.notifications.streams)
    return _subscribers[loop]


@asynccontextmanager
async def open_subscribers() -> AsyncIterator[Subscribers]:
    """The subscribers of a starting server. They are stopped as soon as the server gets a stop signal, or on
    exit."""
    subscribers = get_subscribers()
    try:
        with told_to_stop(subscribers.stop):
            yield subscribers
    finally:
        await subscribers.close()
        del _subscribers[asyncio.get_running_loop()]
