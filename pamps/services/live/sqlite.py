"""Detects new notifications by polling the SQLite file for changes by any process."""

import asyncio
from collections.abc import AsyncGenerator, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pamps.db import open_connection
from pamps.db.prepared import Row, Statement
from pamps.queries.notification import newest_of_all, recipients_since

# Seconds between polls. A poll costs a few microseconds (PRAGMA data_version, in the SQLite manual).
PAUSE = 0.2


async def watch() -> AsyncGenerator[Collection[int] | None]:
    """Yield the ids of users with new notifications. The first item is None, for all users: from then on,
    nothing is missed. Raises a sqlite3 error if the file cannot be read."""
    loop, poller = asyncio.get_running_loop(), ChangePoller()
    # In a thread, because the disk may be slow; always the same one, because the connection is bound to it.
    thread = ThreadPoolExecutor(1, "pamps-live")
    try:
        while True:
            notified = await loop.run_in_executor(thread, poller.look)
            if notified != set():
                yield notified
            await asyncio.sleep(PAUSE)
    finally:
        thread.submit(poller.close)
        thread.shutdown(wait=False)


class ChangePoller:
    """Polls the database and remembers the state of the last poll."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._version = self._newest = 0

    def look(self) -> set[int] | None:
        """The ids of users notified since the last poll; None at the first."""
        if self._connection is None:
            self._connection = open_connection()
            self._version = self._read_version()
            ((self._newest,),) = self._run(newest_of_all())
            return None
        version = self._read_version()
        if version == self._version:
            return set()
        told: dict[int, int] = dict(self._run(recipients_since(), after=self._newest))
        # The version read before the query: what was committed in between triggers another query.
        self._version, self._newest = version, max(told.values(), default=self._newest)
        return set(told)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _read_version(self) -> int:
        ((version,),) = self._connection.execute("PRAGMA data_version").fetchall()
        return int(version)

    def _run(self, statement: Statement, **values: Any) -> list[Row]:
        found = self._connection.execute(statement.text, statement.values(values))
        return statement.rows(found.fetchall())
