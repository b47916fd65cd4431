"""Looks whether a SQLite file has changed, whoever changed it, and what is new in it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar

from pamps.db.database import get_database
from pamps.db.prepared import Row, Statement

# Seconds between two looks. One costs a few microseconds (PRAGMA data_version, in the manual of SQLite).
PAUSE = 0.2

News = TypeVar("News")


class Run(Protocol):
    """Runs a statement on the connection of the poller."""

    def __call__(self, statement: Statement, **values: Any) -> list[Row]:
        """Its rows."""


async def poll(read: Callable[[Run], News]) -> AsyncGenerator[News]:
    """What `read` returns: once at the beginning, and again whenever the file has changed since.

    `read` is called in a thread. Raises an error of sqlite3 when the file cannot be read.
    """
    loop, poller = asyncio.get_running_loop(), ChangePoller(read)
    # A thread, because a disk may be slow, and one of its own, because the connection is for one thread.
    thread = ThreadPoolExecutor(1, "pamps-poll")
    try:
        while True:
            if await loop.run_in_executor(thread, poller.has_changed):
                yield await loop.run_in_executor(thread, poller.read)
            await asyncio.sleep(PAUSE)
    finally:
        thread.submit(poller.close)
        thread.shutdown(wait=False)


class ChangePoller(Generic[News]):
    """A connection, and the version of the file at the last look."""

    def __init__(self, read: Callable[[Run], News]) -> None:
        self._read = read
        self._connection: Any = None
        self._version: int | None = None

    def has_changed(self) -> bool:
        """Whether the file has changed since the last call; True at the first one."""
        if self._connection is None:
            self._connection = get_database().open_connection()
        # Before anything is read: what is committed between the two makes for another look.
        ((version,),) = self._connection.execute("PRAGMA data_version").fetchall()
        before, self._version = self._version, int(version)
        return before != self._version

    def read(self) -> News:
        """What there is to read."""
        return self._read(self._run)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _run(self, statement: Statement, **values: Any) -> list[Row]:
        found = self._connection.execute(statement.text, statement.values(values))
        return statement.rows(found.fetchall())
