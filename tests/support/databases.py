"""Empty databases for tests that need one of their own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect, text

from pamps.config import settings
from pamps.config.schema import DatabaseSettings
from pamps.db import migrate as schema
from tests.support.schemas import drop_schema, own_schema


def count_at_once(connection: Connection) -> None:
    """Count tag uses immediately, for a transaction that never commits: PostgreSQL counts at commit."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")


@contextmanager
def empty_database(test_uri: str, folder: Path) -> Iterator[str]:
    """A SQLite file in `folder` or, if `test_uri` names a PostgreSQL, a schema of its own in it."""
    if not test_uri:
        yield f"sqlite:///{folder}/pamps.db"
        return
    name = f"test_{uuid.uuid4().hex}"
    yield own_schema(test_uri, name)
    drop_schema(test_uri, name)


def migrate(uri: str) -> None:
    """Migrate the database at `uri` like `pamps migrate`, but in this process."""
    db = DatabaseSettings.model_validate({**settings.db.model_dump(), "uri": uri})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pamps.config.settings", settings.model_copy(update={"db": db}))
        schema.upgrade()


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
