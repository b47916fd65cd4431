"""Prepared statements for frequent queries: built once, planned once, executed directly by the driver.

SQLAlchemy compiles them and supplies the types. Executing them through it takes longer than the database does
(ADR 0012).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import cache, wraps
from time import perf_counter
from typing import Any, ParamSpec, cast

from sqlalchemy import Connection, Engine, Select, UpdateBase
from sqlalchemy import Dialect as SQLAlchemyDialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.types import TypeEngine
from sqlmodel import Session, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from pamps.db.database import current_dialect, get_database
from pamps.db.dialect import Dialect, Processor, Row
from pamps.db.observers import observers
from pamps.db.sessions import note_write

__all__ = ["Row", "Statement", "insert_into", "prepared_statement", "run"]

Shape = ParamSpec("Shape")
Query = Select[Any] | UpdateBase


class Statement:
    """A statement compiled for the driver. Its rows have the Python types of their columns."""

    def __init__(self, query: Query, *, prepared: bool = True) -> None:
        """With `prepared=False` it is planned each time, with its values: for statements with many shapes."""
        database = get_database()
        dialect, compiler = database.dialect, database.engine.dialect
        self.is_prepared = prepared and database.settings.prepared_statements and dialect.can_prepare
        self.writes = isinstance(query, UpdateBase)
        # Driver values of times and booleans have to be converted to the types of their columns.
        readers = [_reader_of(column.type, dialect) for column in query.exported_columns]
        self._readers = [(place, read) for place, read in enumerate(readers) if read]
        compiled = query.compile(dialect=compiler)
        self.text = str(compiled)
        # With positional parameters (`?`) in order of occurrence; with named ones, each once.
        self.names: list[str] = list(compiled.positiontup or compiled.params)
        self._is_positional = compiled.positional
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}
        self._to_driver = {
            name: process
            for name, parameter in compiled.binds.items()
            if (process := parameter.type.dialect_impl(compiler).bind_processor(compiler))
        }

    def values(self, given: dict[str, Any]) -> Any:
        """The parameters in the form of the driver."""
        given = self._constants | given
        for name, process in self._to_driver.items():
            given[name] = process(given[name])
        return tuple(given[name] for name in self.names) if self._is_positional else given

    def rows(self, fetched: Sequence[Any]) -> list[Row]:
        """Convert fetched rows to the types of their columns."""
        return [self._read(row) for row in fetched] if self._readers else list(fetched)

    def _read(self, row: Row) -> Row:
        values = list(row)
        for place, read in self._readers:
            if values[place] is not None:
                values[place] = read(values[place])
        return tuple(values)


def _reader_of(type_: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    if isinstance(type_, UTCDateTime):
        return dialect.read_time
    compiler = get_database().engine.dialect
    return type_.dialect_impl(compiler).result_processor(compiler, None)


def prepared_statement(build: Callable[Shape, Query]) -> Callable[Shape, Statement]:
    """Decorates a function that builds a statement: each shape is built at first use and cached.

    The arguments are those that change the SQL text, and must have few combinations; values that change from
    request to request are `bindparam`s. `cache_clear()` empties the cache.
    """

    @cache
    def kept(_: Dialect, *shape: Any, **more: Any) -> Statement:
        return Statement(build(*shape, **more))

    find: Callable[..., Statement] = kept  # `cache` hides the arguments from the type checker

    @wraps(build)
    def built(*shape: Shape.args, **more: Shape.kwargs) -> Statement:
        return find(current_dialect(), *shape, **more)

    built.cache_clear = kept.cache_clear  # type: ignore[attr-defined]
    return built


def insert_into(table: type[SQLModel]) -> Any:
    """An INSERT that supports ON CONFLICT, for the database in use."""
    return current_dialect().insert(table)


def run(session: Session, statement: Statement, **values: Any) -> list[Row]:
    """Execute a statement and return its rows: in the transaction of the session if there is one or if the
    statement writes, otherwise outside any transaction.

    Pending changes of the session are flushed first. A read outside a transaction is retried once if the
    connection was lost. Raises the errors of SQLAlchemy.
    """
    sent = statement.values(values)
    bind = session.get_bind()
    if statement.writes:
        note_write(session)
    if statement.writes or session.in_transaction() or isinstance(bind, Connection):
        session.flush()
        connection = session.connection()
        try:
            return _execute(connection.connection, bind.dialect, statement, sent)
        except DBAPIError as error:
            _find_lost(connection, error)
            raise
    try:
        with _borrowed(bind) as borrowed:
            return _execute(borrowed, bind.dialect, statement, sent)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        with suppress(DBAPIError), bind.connect() as other:
            _find_lost(other, error)
    # The database may have restarted. Reading again is safe, because nothing was written.
    with _borrowed(bind) as borrowed:
        return _execute(borrowed, bind.dialect, statement, sent)


@contextmanager
def _borrowed(bind: Engine) -> Iterator[PoolProxiedConnection]:
    """A connection of the pool, outside any transaction."""
    try:
        connection = bind.raw_connection()
    except bind.dialect.loaded_dbapi.Error as error:
        raise _translate(error, bind.dialect) from error
    try:
        current_dialect().leave_transactions(connection.driver_connection)
        yield connection
    except DBAPIError as error:
        if error.connection_invalidated:
            connection.invalidate()
        raise
    finally:
        connection.close()


def _execute(
    connection: PoolProxiedConnection, dialect: SQLAlchemyDialect, statement: Statement, sent: Any
) -> list[Row]:
    """Execute a statement with the driver. Raises the errors that SQLAlchemy would raise."""
    try:
        with closing(connection.cursor()) as cursor:
            current_dialect().leave_times_as_text(cursor)
            call = statement.text
            if statement.is_prepared:
                call = _prepared_call(connection.info, statement, cursor)
            _send(cursor, statement.text, call, sent)
            return statement.rows(cursor.fetchall()) if cursor.description else []
    except dialect.loaded_dbapi.Error as error:
        raise _translate(error, dialect, connection, statement.text) from error


def _send(cursor: Any, text: str, call: str, *values: Any) -> None:
    """Execute a statement, and pass its text and duration to the observers."""
    if not observers:
        cursor.execute(call, *values)
        return
    began = perf_counter()
    try:
        cursor.execute(call, *values)
    finally:
        for observe in observers:
            observe(text, perf_counter() - began)


def _prepared_call(info: dict[Any, Any], statement: Statement, cursor: Any) -> str:
    """The EXECUTE for a statement, which is prepared first if needed; `info` of the connection records which
    statements are.

    PostgreSQL then plans it once per connection rather than once per request: planning takes longer than most
    statements. The driver of SQLite caches its statements itself.
    """
    calls: dict[Statement, str] = info.setdefault("prepared", {})
    if statement not in calls:
        name = f"pamps_{len(calls)}"
        numbered = {key: f"${number}" for number, key in enumerate(statement.names, 1)}
        prepare = f"PREPARE {name} AS {statement.text % numbered}"
        _send(cursor, prepare, prepare)
        places = ", ".join(f"%({key})s" for key in statement.names)
        calls[statement] = f"EXECUTE {name}({places})" if places else f"EXECUTE {name}"
    return calls[statement]


def _translate(
    error: Any, dialect: Any, connection: PoolProxiedConnection | None = None, text: str | None = None
) -> Exception:
    """The SQLAlchemy exception for an error of the driver."""
    known: dict[str, Any] = {
        "hide_parameters": True,
        "connection_invalidated": dialect.is_disconnect(error, connection, None),
        "dialect": dialect,
    }
    return cast(Exception, DBAPIError.instance(text, None, error, dialect.loaded_dbapi.Error, **known))


def _find_lost(connection: Connection, error: DBAPIError) -> None:
    """If the connection was lost, let SQLAlchemy notice and invalidate the other connections of the pool."""
    if error.connection_invalidated:
        with suppress(DBAPIError):
            connection.exec_driver_sql("SELECT 1")
