"""Classifies database errors: whether a retry may succeed, and which constraint was violated."""

import sqlite3

from psycopg2 import Error as PostgresError
from psycopg2 import OperationalError as PostgresOperationalError
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from pamps.errors import Unavailable

TRANSIENT_SQLITE_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PROTOCOL,
}
# SQLSTATE of PostgreSQL while it is read-only, as a standby is until it is promoted.
READ_ONLY = "25006"
DATABASE_ERRORS = (DBAPIError, PostgresError, sqlite3.Error)


class SchemaError(Exception):
    """The schema cannot be migrated to the newest version; the message is a single line that says why."""


def violated_constraint(error: IntegrityError) -> str:
    """The name of the violated constraint; for SQLite its message, which names columns but no values."""
    diagnosis = getattr(error.orig, "diag", None)
    return str(diagnosis.constraint_name if diagnosis else error.orig)


def is_transient(error: BaseException | None) -> bool:
    """Whether the same request may succeed later, for errors of drivers, of SQLAlchemy and of our own queues.
    SQLite uses one class for a locked file and for a misspelt column, so the error code decides."""
    cause: object = error
    if isinstance(error, Unavailable | PoolTimeoutError):
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        cause = error.orig
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in TRANSIENT_SQLITE_CODES
    is_operational = isinstance(error, OperationalError | PostgresOperationalError)
    return is_operational or getattr(cause, "pgcode", None) == READ_ONLY
