"""The schema of the database: which version it has, and how to bring it to the newest."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Engine, MetaData, String, Table, select
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlmodel import Session, SQLModel

import pamps.models  # noqa: F401 - registers every table
from pamps.errors import Unavailable

# Alembic's own table; declared so that it can be read and dropped like the others.
_version = Table("alembic_version", MetaData(), Column("version_num", String(32)))


class NotMigrated(Unavailable):
    code = "not_migrated"
    detail = "The database is not at the newest migration. Run `pamps migrate`."


def upgrade() -> None:
    """Bring the database to the newest migration. Several starters at once are safe: one migrates, the
    others wait for it and find nothing left to do (see migrations/env.py)."""
    command.upgrade(_config(), "head")


def require_current_schema(session: Session) -> None:
    """Raise NotMigrated unless the database is at the newest migration."""
    try:
        found = session.execute(select(_version.c.version_num)).scalars().all()
    except (OperationalError, ProgrammingError) as error:  # no such table, on SQLite and on PostgreSQL
        if getattr(error, "connection_invalidated", False):
            raise
        raise NotMigrated from error
    if found != [_newest()]:
        raise NotMigrated


def drop_all(engine: Engine) -> None:
    """Drop every table of Pamps, and Alembic's note of the version. Other tables are not touched."""
    SQLModel.metadata.drop_all(engine)
    _version.drop(engine, checkfirst=True)


@cache
def _newest() -> str | None:
    """The version that this code was written for."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    """Alembic without its ini file: the wheel carries the migrations inside the package."""
    here = Path(__file__).parent
    inside = here / "migrations"
    config = Config()
    location = inside if inside.is_dir() else here.parent / "migrations"
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
