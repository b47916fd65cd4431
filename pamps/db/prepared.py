"""Statements that are asked all the time: built once, planned once, run by the driver itself.

SQLAlchemy builds them and knows the types. Per request it would take longer than the database (ADR 0012).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache, wraps
from typing import Any, ParamSpec, cast

from psycopg2.extensions import UNICODE, new_type, register_type
from sqlalchemy import Connection, Engine, Select, UpdateBase, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.types import TypeEngine
from sqlmodel import Session, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from pamps.config import settings
from pamps.db import engine

Shape = ParamSpec("Shape")
IS_SQLITE = engine.dialect.name == "sqlite"
DRIVER_ERROR: Any = engine.dialect.loaded_dbapi.Error
# The INSERT of the database in use, which has an ON CONFLICT.
insert_into: Callable[[type[SQLModel]], Any] = sqlite.insert if IS_SQLITE else postgresql.insert
Query = Select[Any] | UpdateBase
_TIME_AS_TEXT = new_type((1184,), "TIME_AS_TEXT", UNICODE)  # of timestamptz, always in ISO 8601
Row = tuple[Any, ...]


class Statement:
    """A statement as the driver takes it. Its rows have what the types of their columns promise."""

    def __init__(self, query: Query, *, prepared: bool = True) -> None:
        """Without `prepared` it is planned each time, with its values: for what is asked in many shapes."""
        self.is_prepared = prepared and settings.db.prepared_statements and not IS_SQLITE
        self.writes = isinstance(query, UpdateBase)
        self.in_one_row = IS_SQLITE and not self.writes
        # Drivers know less of times and booleans than the types of the columns.
        readers = [_reader_of(column.type) for column in query.exported_columns]
        self._readers = [(place, read) for place, read in enumerate(readers) if read]
        if isinstance(query, Select) and IS_SQLITE:
            query = _in_one_row(query)
        compiled = query.compile(dialect=engine.dialect)
        self.text = str(compiled)
        # In their order where places are marked `?`; where they have names, each once.
        self.names: list[str] = list(compiled.positiontup or compiled.params)
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._to_driver = {
            name: process
            for name, parameter in compiled.binds.items()
            if (process := parameter.type.dialect_impl(engine.dialect).bind_processor(engine.dialect))
        }

    def values(self, given: dict[str, Any]) -> Any:
        """The values as the driver takes them."""
        given = self._constants | given
        for name, process in self._to_driver.items():
            given[name] = process(given[name])
        return given if engine.dialect.paramstyle == "pyformat" else tuple(given[name] for name in self.names)

    def rows(self, fetched: Sequence[Any]) -> list[Row]:
        """The rows of what was fetched."""
        rows = json.loads(fetched[0][0]) if self.in_one_row else fetched
        if not self._readers:
            return [tuple(row) for row in rows]
        return [self._read(row) for row in rows]

    def _read(self, row: Sequence[Any]) -> Row:
        values = list(row)
        for place, read in self._readers:
            if values[place] is not None:
                values[place] = read(values[place])
        return tuple(values)


def _in_one_row(query: Select[Any]) -> Select[Any]:
    """The same rows as one JSON text. The driver of SQLite lets go of the interpreter for every row, and
    under load it takes longer to get it back than to read the whole page."""
    rows = query.subquery()
    return select(func.json_group_array(func.json_array(*rows.c)))


def _reader_of(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    process = type_.dialect_impl(engine.dialect).result_processor(engine.dialect, None)
    if not isinstance(type_, UTCDateTime) or process is None or IS_SQLITE:
        return process
    return lambda time: process(datetime.fromisoformat(time) if isinstance(time, str) else time)


def prepared_statement(build: Callable[Shape, Query]) -> Callable[Shape, Statement]:
    """Decorates a function that builds a statement: each shape of it is built at its first use and kept.

    The arguments are what changes the words of the statement, and there must be few combinations of them;
    what changes from request to request stands in it as a `bindparam`.
    """

    @cache
    @wraps(build)
    def built(*shape: Shape.args, **more: Shape.kwargs) -> Statement:
        return Statement(build(*shape, **more))

    # `cache` hides the arguments from the type checker.
    return cast(Callable[Shape, Statement], built)


def run(session: Session, statement: Statement, **values: Any) -> list[Row]:
    """The rows of a statement: in the transaction of the session, or, if that has not begun and the statement
    only reads, outside of any."""
    sent = statement.values(values)
    bind = session.get_bind()
    if isinstance(bind, Connection) or bind.echo:
        return _run_watched(session, statement, sent)
    if statement.writes or session.in_transaction():
        return _run_inside(session, statement, sent)
    try:
        with _borrowed(bind) as connection:
            cursor = connection.cursor()
            _leave_times_as_text(cursor)
            cursor.execute(_call(connection.info, statement, cursor.execute), sent)
            return statement.rows(cursor.fetchall())
    except _Lost:
        # SQLAlchemy finds out which other connections are lost, and tells it if there is no getting through.
        return _run_watched(session, statement, sent)


def _leave_times_as_text(cursor: Any) -> None:
    """Making objects of the times of a page takes as long as its query, and few are ever looked at."""
    if not IS_SQLITE:
        register_type(_TIME_AS_TEXT, cursor)


class _Lost(Exception):
    """The connection is."""


@contextmanager
def _borrowed(bind: Engine) -> Iterator[PoolProxiedConnection]:
    """A connection of the pool, outside of any transaction: each statement sees what is there by then."""
    connection = bind.raw_connection()
    driver: Any = connection.driver_connection
    try:
        if not IS_SQLITE:
            driver.autocommit = True  # the driver of SQLite begins no transaction anyway
        yield connection
    except Exception as error:
        connection.invalidate()
        if getattr(driver, "closed", False):
            raise _Lost from error
        raise
    connection.close()


def _run_inside(session: Session, statement: Statement, sent: Any) -> list[Row]:
    """In the transaction of the session. An error is what SQLAlchemy would have made of it."""
    session.flush()
    connection = session.connection()
    cursor = connection.connection.cursor()
    try:
        cursor.execute(_call(connection.info, statement, cursor.execute), sent)
        return statement.rows(cursor.fetchall()) if cursor.description else []
    except DRIVER_ERROR as error:
        raise _translate(connection, statement, error) from error


def _translate(connection: Connection, statement: Statement, error: Any) -> Exception:
    """An error of the driver in the words of SQLAlchemy."""
    is_lost = engine.dialect.is_disconnect(error, connection.connection, None)
    if is_lost:
        with suppress(DBAPIError):
            connection.exec_driver_sql("SELECT 1")  # so SQLAlchemy finds out which others are lost
    told: dict[str, Any] = {
        "hide_parameters": True,
        "connection_invalidated": is_lost,
        "dialect": engine.dialect,
    }
    translated: Exception = DBAPIError.instance(statement.text, None, error, DRIVER_ERROR, **told)
    return translated


def _run_watched(session: Session, statement: Statement, sent: Any) -> list[Row]:
    """By SQLAlchemy, which prints the statement if somebody wants that, and tells who listens."""
    session.flush()
    connection = session.connection()
    text = _call(connection.info, statement, connection.exec_driver_sql)
    result = connection.exec_driver_sql(text, sent)
    return statement.rows(result.all()) if result.returns_rows else []


def _call(info: dict[Any, Any], statement: Statement, execute: Callable[[str], object]) -> str:
    """What to send for a statement on a connection of which `info` tells what it knows.

    PostgreSQL plans it once for each connection and not once for each request: planning takes longer than
    most of them do (PREPARE, in the manual of PostgreSQL). The driver of SQLite does the same by itself.
    """
    if not statement.is_prepared:
        return statement.text
    calls: dict[Statement, str] = info.setdefault("prepared", {})
    if statement not in calls:
        name = f"pamps_{len(calls)}"
        numbered = {key: f"${number}" for number, key in enumerate(statement.names, 1)}
        execute(f"PREPARE {name} AS {statement.text % numbered}")
        places = ", ".join(f"%({key})s" for key in statement.names)
        calls[statement] = f"EXECUTE {name}({places})" if places else f"EXECUTE {name}"
    return calls[statement]
