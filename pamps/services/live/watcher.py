"""Watches for new notifications while there are subscriptions, and restarts after every failure."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing

from pamps.db import current_dialect
from pamps.db.listen import postgresql, sqlite
from pamps.queries.notification import newest_of_all, recipients_since
from pamps.services.live.publish import CHANNEL, read_payloads

logger = logging.getLogger(__name__)

# Ids of users who may have new notifications; None for all users, when something may have been missed.
Recipients = Collection[int] | None

# Seconds before a retry: initially, and at most.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0


async def watch(wake: Callable[[Recipients], None]) -> None:
    """Wake users with new notifications until cancelled, and all users at the start and after failures."""
    pause = FIRST_PAUSE
    while True:
        try:
            async with aclosing(_source()) as source:
                async for recipients in source:
                    pause = FIRST_PAUSE
                    wake(recipients)
        except Exception as error:  # any failure may be transient
            # Streams also read the database at every heartbeat, so notifications are delayed but not lost.
            logger.warning("Cannot watch notifications: %s. Retrying in %s s", type(error).__name__, pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _source() -> AsyncGenerator[Recipients]:
    """Recipients of new notifications, from the database in use; None first, for all users. Raises an error
    of the driver if the database fails."""
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
    """Reads the recipients of notifications since the last poll of a SQLite file."""

    def __init__(self) -> None:
        self._newest: int | None = None

    def read(self, run: sqlite.Run) -> set[int] | None:
        """The ids of users with notifications since the last call; None for all users at the first one."""
        if self._newest is None:
            ((self._newest,),) = run(newest_of_all())
            return None
        newest_of: dict[int, int] = dict(run(recipients_since(), after=self._newest))
        self._newest = max(newest_of.values(), default=self._newest)
        return set(newest_of)
