"""The schema as a whole: brought to the newest version with what posts need to be found, or dropped."""

import logging

from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

import pamps.models  # noqa: F401 - registers every table
from pamps.db import get_database, make_engine
from pamps.db.migrate import VERSION, apply_migrations
from pamps.models.search_index import search_index
from pamps.services.reindex import count_missing, index_missing

logger = logging.getLogger(__name__)


def upgrade() -> None:
    """Bring the database to the newest migration, and index posts that an older version wrote. Several
    starters at once are safe: one migrates, all of them index.

    Raises SchemaError if a newer Pamps has been here, or if the migrations cannot be followed."""
    apply_migrations()
    if missing := count_missing():
        logger.warning("Indexing posts of an older version, so that search finds them: %s", f"{missing:,}")
        index_missing()


def drop_all() -> None:
    """Drop every table of Pamps, and Alembic's note of the version. Other tables are not touched."""
    # SQLite deletes the rows of a table that it drops; with foreign keys on, a reply forbids that.
    engine = make_engine(get_database().settings, poolclass=NullPool, foreign_keys=False)
    with engine.execution_options(writes=True).begin() as connection:
        search_index().drop(connection, checkfirst=True)
        SQLModel.metadata.drop_all(connection)
        VERSION.drop(connection, checkfirst=True)
