"""Polls a SQLite file for changes by any process, and reads what is new."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar

from pamps.db.database import get_database
from pamps.db.prepared import Row, Statement

# Seconds between two polls, each of which takes a few microseconds (PRAGMA data_version).
PAUSE = 0.2

News = TypeVar("News")


class Run(Protocol):
    """Executes a statement on the connection of the poller."""

    def __call__(self, statement: Statement, **values: Any) -> list[Row]:
        """The rows of the statement."""


async def poll(read: Callable[[Run], News]) -> AsyncGenerator[News]:
    """Yield the result of `read`: once at the start, and again after each change of the file.

    `read` is called in a thread. Raises an error of sqlite3 if the file cannot be read.
    """
    loop, poller = asyncio.get_running_loop(), ChangePoller(read)
    # A thread because the disk may be slow, and always the same because the connection is bound to it.
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
    """A connection, and the version of the file at the last poll."""

    def __init__(self, read: Callable[[Run], News]) -> None:
        self._read = read
        self._connection: Any = None
        self._version: int | None = None

    def has_changed(self) -> bool:
        """Whether the file has changed since the last call; True at the first one."""
        if self._connection is None:
            self._connection = get_database().open_connection()
        # Before reading, so that a commit in between causes another poll to read.
        ((version,),) = self._connection.execute("PRAGMA data_version").fetchall()
        before, self._version = self._version, int(version)
        return before != self._version

    def read(self) -> News:
        """The result of the `read` function."""
        return self._read(self._run)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _run(self, statement: Statement, **values: Any) -> list[Row]:
        found = self._connection.execute(statement.text, statement.values(values))
        return statement.rows(found.fetchall())
