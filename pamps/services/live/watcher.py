"""Hears of new notifications as long as somebody listens, and never gives up."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing

from pamps.db.prepared import IS_SQLITE
from pamps.services.live import postgresql, sqlite

logger = logging.getLogger(__name__)

# Users who may have new notifications; None is everybody, when something may have been missed.
Told = Collection[int] | None

# Seconds before the next try: the first time, and at most.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0


async def watch(ring: Callable[[Told], None]) -> None:
    """Ring for those who have new notifications until cancelled, and for everybody at each new beginning."""
    pause = FIRST_PAUSE
    while True:
        try:
            async with aclosing(_source()) as source:
                async for told in source:
                    pause = FIRST_PAUSE
                    ring(told)
        except Exception as error:  # whatever it is, it may pass
            # Listeners look at the database now and then anyway, so they are late and miss nothing.
            logger.warning("No word of new notifications: %s. Next try in %s s", type(error).__name__, pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _source() -> AsyncGenerator[Told]:
    """Who has new notifications, from the database in use: everybody first, then as it hears of them. Ends
    with an error of the driver."""
    return sqlite.watch() if IS_SQLITE else postgresql.watch()
