"""Hears of new notifications by looking whether a SQLite file has changed, whoever changed it."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pamps.db import open_connection
from pamps.db.prepared import Row, Statement
from pamps.queries.notification import newest_of_all, recipients_since

# Seconds between two looks. One costs a few microseconds (PRAGMA data_version, in the manual of SQLite).
PAUSE = 0.2


async def watch() -> AsyncGenerator[Collection[int] | None]:
    """Who has new notifications; first, when nothing is missed any more, None for everybody. Raises an error
    of sqlite3 when the file cannot be read."""
    loop, eye = asyncio.get_running_loop(), ChangePoller()
    # A thread, because a disk may be slow, and one of its own, because the connection is for one thread.
    thread = ThreadPoolExecutor(1, "pamps-live")
    try:
        while True:
            told = await loop.run_in_executor(thread, eye.look)
            if told != set():
                yield told
            await asyncio.sleep(PAUSE)
    finally:
        thread.submit(eye.close)
        thread.shutdown(wait=False)


class ChangePoller:
    """What was there at the last look."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._version = self._newest = 0

    def look(self) -> set[int] | None:
        """Who got notifications since the last look; None at the first."""
        if self._connection is None:
            self._connection = open_connection()
            self._version = self._read_version()
            ((self._newest,),) = self._run(newest_of_all())
            return None
        version = self._read_version()
        if version == self._version:
            return set()
        told: dict[int, int] = dict(self._run(recipients_since(), after=self._newest))
        # The version from before it: what was committed between the two makes for another look.
        self._version, self._newest = version, max(told.values(), default=self._newest)
        return set(told)

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()

    def _read_version(self) -> int:
        ((version,),) = self._connection.execute("PRAGMA data_version").fetchall()
        return int(version)

    def _run(self, statement: Statement, **values: Any) -> list[Row]:
        found = self._connection.execute(statement.text, statement.values(values))
        return statement.rows(found.fetchall())
