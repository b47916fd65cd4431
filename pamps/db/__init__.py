"""The database: engines, sessions and transactions, dialects, prepared statements, migrations.

Importing has no side effects: `engine`, `reading_engine` and `writing_engine` are those of `get_database()`,
created at first use.
"""

from typing import TYPE_CHECKING, Any

from pamps.db.database import Database, current_dialect, get_database, has_database, use_database
from pamps.db.engines import make_engine
from pamps.db.sessions import (
    UncommittedWrites,
    commit_early,
    own_transaction,
    transaction,
    unit_of_work,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

    engine: Engine
    reading_engine: Engine
    writing_engine: Engine

__all__ = [
    "Database",
    "UncommittedWrites",
    "commit_early",
    "current_dialect",
    "engine",
    "get_database",
    "has_database",
    "make_engine",
    "own_transaction",
    "reading_engine",
    "transaction",
    "unit_of_work",
    "use_database",
    "writing_engine",
]


def __getattr__(name: str) -> Any:
    if name in ("engine", "reading_engine", "writing_engine"):
        return getattr(get_database(), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
