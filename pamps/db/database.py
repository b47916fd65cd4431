"""The database of this process, created at first use."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from sqlalchemy import NullPool
from sqlmodel import Session

from pamps.config import settings
from pamps.config.schema import DatabaseSettings
from pamps.db.dialect import Dialect, dialect_of
from pamps.db.engines import make_engine
from pamps.db.observers import start_echo


class Database:
    """One database: its engines and its dialect. Connects at the first statement.

    The engines share one connection pool. Transactions of the writing engine take SQLite's write lock when
    they begin. On PostgreSQL the reading engine does not open transactions: at READ COMMITTED, the default,
    they would not give several reads a common snapshot, and omitting them saves two round trips.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        self.settings = settings
        self.dialect: Dialect = dialect_of(settings.url)
        self.engine = make_engine(settings)
        self.writing_engine = self.engine.execution_options(writes=True)
        self.reading_engine = self.engine.execution_options(writes=False)
        if settings.echo:
            start_echo()

    def session(self, *, writes: bool) -> Session:
        """A session, which connects at first use. Loaded objects stay usable after it ends."""
        return Session(self.writing_engine if writes else self.reading_engine, expire_on_commit=False)

    def open_connection(self) -> Any:
        """A new driver connection outside the pool and outside any transaction. The caller closes it."""
        borrowed = make_engine(self.settings, poolclass=NullPool).raw_connection()
        connection = borrowed.driver_connection
        borrowed.detach()
        return connection

    def dispose(self) -> None:
        """Close the idle connections. The next statement opens a new one."""
        self.engine.dispose()


_current: Database | None = None
_making = Lock()


def get_database() -> Database:
    """The database in the settings, created at the first call, or the one set by `use_database`."""
    return _current or _make()


def _make() -> Database:
    global _current
    with _making:
        if _current is None:
            _current = Database(settings.db)
    return _current


def has_database() -> bool:
    """Whether the database of the process has been created."""
    return _current is not None


def current_dialect() -> Dialect:
    """The dialect of the database of this process."""
    return get_database().dialect


@contextmanager
def use_database(database: Database) -> Iterator[Database]:
    """Make the whole process, in every thread, use another database inside the block. The caller disposes of
    it afterwards."""
    global _current
    before, _current = _current, database
    try:
        yield database
    finally:
        _current = before
