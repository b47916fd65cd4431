"""The schema of the database: which version it has, and how to bring it to the newest."""

import logging
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Column, MetaData, String, Table, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlmodel import Session, SQLModel

import pamps.models  # noqa: F401 - registers every table
from pamps.config import settings
from pamps.db import make_engine
from pamps.db.failures import SchemaError, is_transient
from pamps.errors import Unavailable
from pamps.models.search_index import SEARCH_INDEX
from pamps.services.reindex import count_missing, index_missing

logger = logging.getLogger(__name__)

# Alembic's own table; declared so that it can be read and dropped like the others.
_version = Table("alembic_version", MetaData(), Column("version_num", String(32)))


class NotMigrated(Unavailable):
    code = "not_migrated"
    detail = "The database is not at the newest migration. Run `pamps migrate`."


def upgrade() -> None:
    """Bring the database to the newest migration, and make posts found that an older version wrote. Several
    starters at once are safe: one migrates, the others wait for it and find nothing left to do (see
    migrations/env.py); all of them index.

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
    if missing := count_missing():
        logger.warning("Indexing posts of an older version, so that search finds them: %s", f"{missing:,}")
        index_missing()


def require_current_schema(session: Session) -> None:
    """Raise NotMigrated unless the database is at the newest migration."""
    try:
        found = session.execute(select(_version.c.version_num)).scalars().all()
    except DBAPIError as error:
        if is_transient(error):
            raise
        raise NotMigrated from error  # there is no such table
    if found != [_newest()]:
        raise NotMigrated


def drop_all() -> None:
    """Drop every table of Pamps, and Alembic's note of the version. Other tables are not touched."""
    # SQLite deletes the rows of a table that it drops; with foreign keys on, a reply forbids that.
    engine = make_engine(settings.db, poolclass=NullPool, foreign_keys=False)
    with engine.execution_options(writes=True).begin() as connection:
        SEARCH_INDEX.drop(connection, checkfirst=True)
        SQLModel.metadata.drop_all(connection)
        _version.drop(connection, checkfirst=True)


@cache
def _newest() -> str | None:
    """The version that this code was written for."""
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
