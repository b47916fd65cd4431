"""Learns who has new notifications as long as anyone listens, and starts again after every failure."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing

from pamps.db import current_dialect
from pamps.db.listen import postgresql, sqlite
from pamps.queries.notification import newest_of_all, recipients_since
from pamps.services.live.publish import CHANNEL, read_payloads

logger = logging.getLogger(__name__)

# Ids of users who may have new notifications; None is everybody, when something may have been missed.
Recipients = Collection[int] | None

# Seconds before a retry: initially, and at most.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0


async def watch(wake: Callable[[Recipients], None]) -> None:
    """Wake those who have new notifications until cancelled, and everybody at each new start."""
    pause = FIRST_PAUSE
    while True:
        try:
            async with aclosing(_source()) as source:
                async for recipients in source:
                    pause = FIRST_PAUSE
                    wake(recipients)
        except Exception as error:  # whatever it is, it may be transient
            # Subscribers also check the database periodically, so they are late and miss nothing.
            logger.warning("Cannot watch notifications: %s. Retrying in %s s", type(error).__name__, pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _source() -> AsyncGenerator[Recipients]:
    """Who has new notifications, from the database in use: everybody first, then as it becomes known. Ends
    with an error of the driver."""
    return _receive() if current_dialect().can_notify else _look()


async def _receive() -> AsyncGenerator[Recipients]:
    async with aclosing(postgresql.listen(CHANNEL)) as received:
        async for payloads in received:
            yield read_payloads(payloads) or None


async def _look() -> AsyncGenerator[Recipients]:
    async with aclosing(sqlite.poll(NewRecipients().read)) as looks:
        async for recipients in looks:
            if recipients != set():
                yield recipients


class NewRecipients:
    """Who got notifications since the last look at a SQLite file."""

    def __init__(self) -> None:
        self._newest: int | None = None

    def read(self, run: sqlite.Run) -> set[int] | None:
        """Users with notifications that are newer than the last look; None for everybody at the first one."""
        if self._newest is None:
            ((self._newest,),) = run(newest_of_all())
            return None
        newest_of: dict[int, int] = dict(run(recipients_since(), after=self._newest))
        self._newest = max(newest_of.values(), default=self._newest)
        return set(newest_of)
