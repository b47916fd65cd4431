"""What SQLite and PostgreSQL do differently. Callers say what they want, and the dialect says how."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from psycopg2.extensions import UNICODE, new_type, register_type
from sqlalchemy import (
    JSON,
    URL,
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    String,
    Subquery,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from pamps.config.url import database_file
from pamps.db.full_text import Fts5, FullText, TsVector

Row = tuple[Any, ...]
# Makes what a type promises of what the driver gave.
Processor = Callable[[Any], Any]
_TIME_AS_TEXT = new_type((1184,), "TIME_AS_TEXT", UNICODE)  # of timestamptz, always in ISO 8601


class Dialect(Protocol):
    """One kind of database."""

    full_text: FullText
    # Whether one transaction writes at a time, so that writers need no locks and should queue outside.
    has_one_writer: bool
    # Whether a statement is planned once for each connection if it is sent as PREPARE first.
    can_prepare: bool
    # Whether `notify` reaches other processes; otherwise they look for changes (see `pamps.db.listen`).
    can_notify: bool

    def __hash__(self) -> int:
        """It is the key of what is kept for each dialect."""

    def insert(self, table: type[SQLModel]) -> Any:
        """An INSERT that has an ON CONFLICT."""

    def packed(self, query: Select[Any]) -> Select[Any]:
        """A query with the same rows in the form that takes the driver least time."""

    def unpacked(self, fetched: Sequence[Any]) -> list[Row]:
        """The rows of a query that was `packed`."""

    def leave_transactions(self, connection: Any) -> None:
        """Let each statement on this connection of the driver be a transaction of its own."""

    def leave_times_as_text(self, cursor: Any) -> None:
        """Let this cursor give times as text if it can. Making objects of the times of a page takes as long
        as its query, and few are ever looked at."""

    def read_time(self, text: str) -> datetime:
        """The time, aware that it is UTC, that the driver gives as this text."""

    def numbers(self, name: str, *columns: str) -> Subquery:
        """A table of whole numbers that is the value `name` of the statement: a list of rows, each a list.
        It has these columns, and `position`, by which they are in order."""

    def is_one_of(self, text: Any, name: str) -> ColumnElement[bool]:
        """Whether a text is in the list that is the value `name`: however long that is, it is one value."""

    def for_each(self, outer: FromClause, ids: Select[Any]) -> tuple[FromClause, ColumnElement[Any]]:
        """A table to join with `outer`: for each row of it the ids that the query finds, and the column that
        they are in. The query has one column, `id`, and is correlated with `outer`."""

    def notify(self, session: Session, channel: str, payload: str) -> None:
        """Send those who listen on a channel a text of at most 8,000 bytes, with the commit."""

    def limit_lock_wait(self, connection: Connection, milliseconds: int) -> None:
        """Give up what waits longer for a row in this transaction, if others may hold rows."""

    def lift_statement_timeout(self, connection: Connection) -> None:
        """Let statements of this transaction take as long as they take."""


class SQLite:
    """An embedded file."""

    full_text: FullText = Fts5()
    has_one_writer = True
    can_prepare = False  # the driver does it by itself
    can_notify = False

    def insert(self, table: type[SQLModel]) -> Any:
        return sqlite.insert(table)

    def packed(self, query: Select[Any]) -> Select[Any]:
        # As one JSON text. The driver lets go of the interpreter for every row, and under load it takes
        # longer to get it back than to read the whole page.
        rows = query.subquery()
        return select(func.json_group_array(func.json_array(*rows.c)))

    def unpacked(self, fetched: Sequence[Any]) -> list[Row]:
        return [tuple(row) for row in json.loads(fetched[0][0])]

    def leave_transactions(self, connection: Any) -> None:
        """The driver begins none (see `pamps.db.engines`)."""

    def leave_times_as_text(self, cursor: Any) -> None:
        """It knows nothing else."""

    def read_time(self, text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    def numbers(self, name: str, *columns: str) -> Subquery:
        each = func.json_each(bindparam(name, type_=JSON)).table_valued("key", "value")
        cells = [
            func.json_extract(each.c.value, literal_column(f"'$[{n}]'")).label(column)
            for n, column in enumerate(columns)
        ]
        return select(each.c.key.label("position"), *cells).subquery(name)

    def is_one_of(self, text: Any, name: str) -> ColumnElement[bool]:
        each = func.json_each(bindparam(name, type_=JSON)).table_valued("value")
        found: ColumnElement[bool] = text.in_(select(each.c.value))
        return found

    def for_each(self, outer: FromClause, ids: Select[Any]) -> tuple[FromClause, ColumnElement[Any]]:
        # It has no LATERAL, but a function that gives a table may take what stands before it.
        found = ids.subquery()
        listed = select(func.json_group_array(found.c.id)).correlate(outer).scalar_subquery()
        each = func.json_each(listed).table_valued("value")
        return each, each.c.value

    def notify(self, session: Session, channel: str, payload: str) -> None:
        """Nobody listens."""

    def limit_lock_wait(self, connection: Connection, milliseconds: int) -> None:
        """Rows are not locked."""

    def lift_statement_timeout(self, connection: Connection) -> None:
        """There is none."""


class PostgreSQL:
    """A server."""

    full_text: FullText = TsVector()
    has_one_writer = False
    can_prepare = True
    can_notify = True

    def insert(self, table: type[SQLModel]) -> Any:
        return postgresql.insert(table)

    def packed(self, query: Select[Any]) -> Select[Any]:
        return query

    def unpacked(self, fetched: Sequence[Any]) -> list[Row]:
        return list(fetched)

    def leave_transactions(self, connection: Any) -> None:
        connection.autocommit = True

    def leave_times_as_text(self, cursor: Any) -> None:
        register_type(_TIME_AS_TEXT, cursor)

    def read_time(self, text: str) -> datetime:
        return datetime.fromisoformat(text)  # with its offset; the time zone of each connection is UTC

    def numbers(self, name: str, *columns: str) -> Subquery:
        # PostgreSQL knows that this is in order of its position, and need not sort.
        each = func.json_array_elements(bindparam(name, type_=JSON)).table_valued(
            "value", with_ordinality="position"
        )
        each = each.render_derived()
        cells = [
            cast(each.c.value.op("->>")(literal_column(str(n))), BigInteger).label(column)
            for n, column in enumerate(columns)
        ]
        return select(each.c.position.label("position"), *cells).subquery(name)

    def is_one_of(self, text: Any, name: str) -> ColumnElement[bool]:
        found: ColumnElement[bool] = text == any_(bindparam(name, type_=postgresql.ARRAY(String)))
        return found

    def for_each(self, outer: FromClause, ids: Select[Any]) -> tuple[FromClause, ColumnElement[Any]]:  # noqa: ARG002 - for SQLite
        each = ids.lateral()
        return each, each.c.id

    def notify(self, session: Session, channel: str, payload: str) -> None:
        session.execute(select(func.pg_notify(channel, payload)))

    def limit_lock_wait(self, connection: Connection, milliseconds: int) -> None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{milliseconds}ms'")

    def lift_statement_timeout(self, connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


SQLITE, POSTGRESQL = SQLite(), PostgreSQL()


def dialect_of(url: URL) -> Dialect:
    """The dialect of the database that a URL names."""
    return POSTGRESQL if database_file(url) is None else SQLITE
