"""The database of this process, made at its first use."""

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
    """One database: its engines, and what is particular about it. Connects at the first statement.

    There is one pool of connections. What the writing engine begins takes SQLite's write lock at once. What
    the reading engine begins is no transaction on PostgreSQL: at READ COMMITTED, its default, several reads
    in one see no more of the same moment than without, and leaving it out saves two round trips.
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
        """A session, which connects when it is first used. What it loaded stays usable after its end."""
        return Session(self.writing_engine if writes else self.reading_engine, expire_on_commit=False)

    def open_connection(self) -> Any:
        """A connection of the driver outside of the pool and of any transaction, for the caller to close."""
        borrowed = make_engine(self.settings, poolclass=NullPool).raw_connection()
        connection = borrowed.driver_connection
        borrowed.detach()
        return connection

    def dispose(self) -> None:
        """Close the connections that nobody uses. The next statement opens one again."""
        self.engine.dispose()


_current: Database | None = None
_making = Lock()


def get_database() -> Database:
    """The database of the settings, made at the first call, or the one of `use_database`."""
    return _current or _make()


def _make() -> Database:
    global _current
    with _making:
        if _current is None:
            _current = Database(settings.db)
    return _current


def has_database() -> bool:
    """Whether the process has made its database."""
    return _current is not None


def current_dialect() -> Dialect:
    """The dialect of the database of this process."""
    return get_database().dialect


@contextmanager
def use_database(database: Database) -> Iterator[Database]:
    """Let the whole process, every thread of it, use another database inside. Whoever made it disposes of
    it."""
    global _current
    before, _current = _current, database
    try:
        yield database
    finally:
        _current = before
