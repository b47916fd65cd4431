"""Empty databases for tests that need one of their own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect, text
from sqlmodel import Session

from pamps.config import settings
from pamps.config.schema import DatabaseSettings
from pamps.db import Database, use_database
from pamps.services import schema
from tests.support.schemas import drop_schema, own_schema


def count_at_once(connection: Connection) -> None:
    """Count tag uses immediately, for a transaction that never commits: PostgreSQL counts at commit."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")


class DatabaseInside(Database):
    """A database whose sessions are all inside the transaction of one connection; their commits are
    savepoints."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(settings.db)
        self.connection = connection

    def session(self, *, writes: bool) -> Session:
        return Session(self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False)


@contextmanager
def empty_database(test_uri: str, folder: Path) -> Iterator[str]:
    """A SQLite file in `folder` or, if `test_uri` names a PostgreSQL, a schema of its own in it."""
    if not test_uri:
        yield f"sqlite:///{folder}/pamps.db"
        return
    name = f"test_{uuid.uuid4().hex}"
    yield own_schema(test_uri, name)
    drop_schema(test_uri, name)


def open_database(uri: str) -> Database:
    """The database at `uri`, with the settings of the suite."""
    return Database(DatabaseSettings.model_validate({**settings.db.model_dump(), "uri": uri}))


def migrate(uri: str) -> None:
    """Migrate the database at `uri` like `pamps migrate`, but in this process."""
    with use_database(open_database(uri)) as database:
        schema.upgrade()
    database.dispose()


# Except the shadow tables of a virtual table, which are emptied with it.
_SQLITE_TABLES = """
    SELECT name FROM pragma_table_list
    WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite_schema'
"""


def empty_tables(uri: str) -> None:
    """Delete all rows of a migrated database and reset its ids to start at 1."""
    engine = create_engine(uri)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            names = set(inspect(connection).get_table_names()) - {"alembic_version"}
            quoted = ", ".join(f'"{name}"' for name in names)
            connection.execute(text(f"TRUNCATE {quoted} RESTART IDENTITY"))
        else:
            names = set(connection.execute(text(_SQLITE_TABLES)).scalars()) - {"alembic_version"}
            for name in names:
                connection.execute(text(f'DELETE FROM "{name}"'))  # noqa: S608 - our own word
    engine.dispose()
