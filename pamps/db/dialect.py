"""The differences between SQLite and PostgreSQL, behind one interface."""

from collections.abc import Callable
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
# Converts a driver value to the Python type of its column.
Processor = Callable[[Any], Any]
_TIME_AS_TEXT = new_type((1184,), "TIME_AS_TEXT", UNICODE)  # for timestamptz, always in ISO 8601


class Dialect(Protocol):
    """The interface of a database system."""

    full_text: FullText
    # Whether one transaction can write at a time, so that writers need no locks and should queue outside.
    has_one_writer: bool
    # Whether PREPARE makes the database plan a statement only once per connection.
    can_prepare: bool
    # Whether `notify` reaches other processes; otherwise they poll for changes (see `pamps.db.listen`).
    can_notify: bool

    def __hash__(self) -> int:
        """Dialects are keys of caches."""

    def insert(self, table: type[SQLModel]) -> Any:
        """An INSERT that supports ON CONFLICT."""

    def leave_transactions(self, connection: Any) -> None:
        """Set this driver connection to autocommit."""

    def leave_times_as_text(self, cursor: Any) -> None:
        """Make this cursor return times as text if the driver supports it. Parsing the times of a page takes
        as long as its query, and few of them are used."""

    def read_time(self, text: str) -> datetime:
        """Parse a time that the driver returned as text; the result is aware, in UTC."""

    def numbers(self, name: str, *columns: str) -> Subquery:
        """A table of integers from the parameter `name`, a list of rows, each a list. It has these columns
        and `position`, which increases with the index of the row in the list."""

    def is_one_of(self, value: Any, name: str) -> ColumnElement[bool]:
        """Whether a value is in the list in the parameter `name`, one parameter for a list of any length."""

    def for_each(self, outer: FromClause, ids: Select[Any]) -> tuple[FromClause, ColumnElement[Any]]:
        """A lateral join: the table to join with `outer`, and its column of the ids that the query finds for
        each row of `outer`. The query has one column, `id`, and is correlated with `outer`."""

    def notify(self, session: Session, channel: str, payload: str) -> None:
        """Send a text of less than 8,000 bytes to the listeners of a channel when the transaction commits."""

    def limit_lock_wait(self, connection: Connection, milliseconds: int) -> None:
        """Fail statements of this transaction that wait longer for a row lock."""

    def lift_statement_timeout(self, connection: Connection) -> None:
        """Remove the statement timeout for this transaction."""


class SQLite:
    """An embedded database in a file."""

    full_text: FullText = Fts5()
    has_one_writer = True
    can_prepare = False  # the driver caches its statements itself
    can_notify = False

    def insert(self, table: type[SQLModel]) -> Any:
        return sqlite.insert(table)

    def leave_transactions(self, connection: Any) -> None:
        """Nothing to do: the driver begins no transactions (see `pamps.db.engines`)."""

    def leave_times_as_text(self, cursor: Any) -> None:
        """Nothing to do: the driver always returns text."""

    def read_time(self, text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    def numbers(self, name: str, *columns: str) -> Subquery:
        each = func.json_each(bindparam(name, type_=JSON)).table_valued("key", "value")
        cells = [
            func.json_extract(each.c.value, literal_column(f"'$[{n}]'")).label(column)
            for n, column in enumerate(columns)
        ]
        return select(each.c.key.label("position"), *cells).subquery(name)

    def is_one_of(self, value: Any, name: str) -> ColumnElement[bool]:
        each = func.json_each(bindparam(name, type_=JSON)).table_valued("value")
        found: ColumnElement[bool] = value.in_(select(each.c.value))
        return found

    def for_each(self, outer: FromClause, ids: Select[Any]) -> tuple[FromClause, ColumnElement[Any]]:
        # SQLite has no LATERAL, but a table-valued function may refer to the tables before it.
        found = ids.subquery()
        listed = select(func.json_group_array(found.c.id)).correlate(outer).scalar_subquery()
        each = func.json_each(listed).table_valued("value")
        return each, each.c.value

    def notify(self, session: Session, channel: str, payload: str) -> None:
        """Nothing to do: other processes poll the file."""

    def limit_lock_wait(self, connection: Connection, milliseconds: int) -> None:
        """Nothing to do: SQLite has no row locks."""

    def lift_statement_timeout(self, connection: Connection) -> None:
        """Nothing to do: SQLite has no statement timeout."""


class PostgreSQL:
    """A database server."""

    full_text: FullText = TsVector()
    has_one_writer = False
    can_prepare = True
    can_notify = True

    def insert(self, table: type[SQLModel]) -> Any:
        return postgresql.insert(table)

    def leave_transactions(self, connection: Any) -> None:
        connection.autocommit = True

    def leave_times_as_text(self, cursor: Any) -> None:
        register_type(_TIME_AS_TEXT, cursor)

    def read_time(self, text: str) -> datetime:
        return datetime.fromisoformat(text)  # with its offset; the time zone of each connection is UTC

    def numbers(self, name: str, *columns: str) -> Subquery:
        # PostgreSQL knows that this is ordered by position, and does not sort it.
        each = func.json_array_elements(bindparam(name, type_=JSON)).table_valued(
            "value", with_ordinality="position"
        )
        each = each.render_derived()
        cells = [
            cast(each.c.value.op("->>")(literal_column(str(n))), BigInteger).label(column)
            for n, column in enumerate(columns)
        ]
        return select(each.c.position.label("position"), *cells).subquery(name)

    def is_one_of(self, value: Any, name: str) -> ColumnElement[bool]:
        found: ColumnElement[bool] = value == any_(bindparam(name, type_=postgresql.ARRAY(value.type)))
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
    """The dialect of a database URL."""
    return POSTGRESQL if database_file(url) is None else SQLITE
