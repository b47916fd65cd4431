"""Watches for new notifications while there are subscriptions; reconnects after any failure."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing

from pamps.db.prepared import IS_SQLITE
from pamps.services.live import postgresql, sqlite

logger = logging.getLogger(__name__)

# Users who may have new notifications; None means all users, because something may have been missed.
Told = Collection[int] | None

# Seconds before a retry: initially, and at most.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0


async def watch(ring: Callable[[Told], None]) -> None:
    """Call `ring` with the users who have new notifications, and with None after each (re)connection. Runs
    until cancelled."""
    pause = FIRST_PAUSE
    while True:
        try:
            async with aclosing(_source()) as source:
                async for user_ids in source:
                    pause = FIRST_PAUSE
                    ring(user_ids)
        except Exception as error:  # any failure may be temporary
            # Subscribers also check the database periodically, so they are late and miss nothing.
            logger.warning("Cannot watch notifications: %s. Retrying in %s s", type(error).__name__, pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _source() -> AsyncGenerator[Told]:
    """The source for the database in use: None first, then ids of users. Ends with an error of the driver."""
    return sqlite.watch() if IS_SQLITE else postgresql.watch()
