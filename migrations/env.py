"""Alembic environment: uses the database of the Pamps settings, one migrating process at a time."""

import warnings
from logging.config import fileConfig

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

import pamps.models  # noqa: F401 - registers every table
from pamps.db import get_database, make_engine

# An arbitrary key for the advisory lock.
MIGRATION_LOCK = 7_262_671_125

if context.config.config_file_name is not None:
    fileConfig(context.config.config_file_name, disable_existing_loggers=False)

# SQLite cannot reflect expressions of indexes such as lower(email), so Alembic warns for each that it cannot
# compare it. On PostgreSQL it can, and ./test.sh checks there.
for known in (
    "Skipped unsupported reflection of expression-based index",
    "autogenerate skipping metadata-specified expression-based index",
):
    warnings.filterwarnings("ignore", known)


def is_ours(name: str | None, kind: str, _: object) -> bool:
    """Whether Alembic compares the object with the models. The search index is not a model: on SQLite it is a
    virtual table with shadow tables."""
    return not (kind == "table" and name is not None and name.startswith("search_index"))


def wait_for_turn(connection: Connection) -> None:
    """Block other migrating processes until this transaction ends. On SQLite, BEGIN IMMEDIATE already
    does."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})


def check_references(connection: Connection) -> None:
    """Check that no foreign key was broken: SQLite migrates with foreign keys off (see make_engine)."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RuntimeError(f"The migration would break references: {broken[:5]}")


def run_online() -> None:
    """Migrate in one transaction: all or nothing, on both databases."""
    engine = make_engine(get_database().settings, poolclass=NullPool, foreign_keys=False)
    with engine.execution_options(writes=True).connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_as_batch=True,
            transactional_ddl=True,
            include_name=is_ours,
        )
        with context.begin_transaction():
            wait_for_turn(connection)
            context.run_migrations()
            check_references(connection)


def run_offline() -> None:
    """Print the SQL instead (`alembic upgrade head --sql`)."""
    context.configure(
        url=get_database().settings.uri,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        transactional_ddl=True,
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
