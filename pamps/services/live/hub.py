"""Who listens in this process, and the bells that tell them to look.

A bell is a hint and carries nothing: whoever hears it reads from the database what is new to them.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from weakref import WeakKeyDictionary

from pamps.config import settings
from pamps.errors import PampsError, Unavailable
from pamps.services.live import watcher
from pamps.services.live.stopping import told_to_stop

# Of one user in one process. Beyond, the oldest makes room: it may be the one that a phone left behind.
MOST_OF_ONE = 10
# Seconds that a watcher stays when the last listener has gone: they often come right back.
LINGER = 60.0


class TooManyStreams(PampsError):
    status = 503
    code = "too_many_streams"
    detail = "Too many streams are open. Try again later."
    headers = {"Retry-After": "30"}  # noqa: RUF012 - never changed


class Subscription:
    """What one listener waits for. It has rung when it is made: there is a first look to take."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._rung.set()
        # Whether to stop listening.
        self.over = False

    def ring(self) -> None:
        """Let the listener look again, also one that does not wait just now."""
        self._rung.set()

    def end(self) -> None:
        """Let the listener go."""
        self.over = True
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Return when it has rung since the last time, or else after so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0, seconds)):
                await self._rung.wait()
        # Before the listener looks, and not after: what comes while they look wants another look.
        self._rung.clear()


class Subscribers:
    """The listeners of one process, and the one watcher that rings for them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._bells: dict[int, list[Subscription]] = {}
        self._count = 0
        self._stopped = False
        self._watcher: asyncio.Task[None] | None = None
        self._idle_timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """How many listen."""
        return self._count

    def require_room(self) -> None:
        """Raises TooManyStreams, or Unavailable when the server is about to stop."""
        if self._stopped:
            raise Unavailable
        if self._count >= self.most:
            raise TooManyStreams

    @contextmanager
    def listening(self, user_id: int) -> Iterator[Subscription]:
        """A bell that rings when this user may have new notifications, and at times for nothing."""
        bell = Subscription()
        own = self._bells.setdefault(user_id, [])
        alive = [one for one in own if not one.over]
        if len(alive) >= MOST_OF_ONE:
            alive[0].end()
        own.append(bell)
        self._count += 1
        self._watch()
        if self._stopped:
            bell.end()
        try:
            yield bell
        finally:
            own.remove(bell)
            self._count -= 1
            if not own:
                del self._bells[user_id]
            if not self._count:
                self._idle_timer = asyncio.get_running_loop().call_later(LINGER, self._stop_watching)

    def ring(self, user_ids: Collection[int] | None) -> None:
        """Ring for these users, or for everybody."""
        for user_id in self._bells if user_ids is None else user_ids:
            for bell in self._bells.get(user_id, ()):
                bell.ring()

    def stop(self) -> None:
        """Let every listener go, and let nobody in any more."""
        self._stopped = True
        for bells in self._bells.values():
            for bell in bells:
                bell.end()

    async def close(self) -> None:
        """Stop, and give back what the watcher held."""
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


# One for each event loop: a server has one, a test may have several.
_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Subscribers] = WeakKeyDictionary()


def get_subscribers() -> Subscribers:
    """The hub of this process."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Subscribers(settings.notifications.streams)
    return _hubs[loop]


@asynccontextmanager
async def open_subscribers() -> AsyncIterator[Subscribers]:
    """The hub of a server that begins. It stops as soon as the server is told to, or at the end."""
    hub = get_subscribers()
    try:
        with told_to_stop(hub.stop):
            yield hub
    finally:
        await hub.close()
        del _hubs[asyncio.get_running_loop()]
