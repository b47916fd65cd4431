"""The migrations: which of them the database has seen, and how to apply the others."""

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

# Alembic's own table; declared so that it can be read and dropped like the others.
VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32)))


class NotMigrated(Unavailable):
    code = "not_migrated"
    detail = "The database is not at the newest migration. Run `pamps migrate`."


def apply_migrations() -> None:
    """Bring the database to the newest migration. Several starters at once are safe: one migrates, the others
    wait for it and find nothing left to do (see migrations/env.py).

    Raises SchemaError if a newer Pamps has been here, or if the migrations cannot be followed."""
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
        raise NotMigrated from error  # there is no such table
    if found != [_newest()]:
        raise NotMigrated


@cache
def _newest() -> str | None:
    """The version that this code is written for."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    """Alembic without its ini file: the wheel carries the migrations inside the package."""
    here = Path(__file__).parent.parent
    inside = here / "migrations"
    config = Config()
    location = inside if inside.is_dir() else here.parent / "migrations"
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
