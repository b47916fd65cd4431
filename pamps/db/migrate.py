"""Migrations: applying them, and checking that the database is at the newest one."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Column, MetaData, String, Table, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from pamps.db.failures import SchemaError, is_transient
from pamps.errors import Unavailable

# Alembic's table, declared so that it can be read and dropped like the others.
VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32)))


class NotMigrated(Unavailable):
    code = "not_migrated"
    detail = "The database is not at the newest migration. Run `pamps migrate`."


def apply_migrations() -> None:
    """Migrate the database to the newest version. Concurrent calls are safe: one migrates, and the others
    wait for it and then have nothing to do (see migrations/env.py).

    Raises SchemaError if the database was migrated by a newer Pamps, or if a migration cannot be applied."""
    try:
        command.upgrade(_config(), "head")
    except CommandError as error:
        if not isinstance(error.__cause__, ResolutionError):
            raise SchemaError(str(error)) from error
        found = error.__cause__.argument
        raise SchemaError(
            f"The database is at migration {found}, which this Pamps does not know: install a newer one."
        ) from error


def require_current_schema(session: Session) -> None:
    """Raise NotMigrated unless the database is at the newest migration."""
    try:
        found = session.execute(select(VERSION.c.version_num)).scalars().all()
    except DBAPIError as error:
        if is_transient(error):
            raise
        raise NotMigrated from error  # the table does not exist
    if found != [_newest()]:
        raise NotMigrated


@cache
def _newest() -> str | None:
    """The newest migration that this code has."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    """The configuration of Alembic, without its ini file. A wheel has the migrations inside the package."""
    here = Path(__file__).parent.parent
    inside = here / "migrations"
    config = Config()
    location = inside if inside.is_dir() else here.parent / "migrations"
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
