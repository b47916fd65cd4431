"""The window of a page in a list: bounds by id, direction, and maximum number of rows."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, literal_column

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
# Rows are read in multiples of this, so that a few prepared statements serve all limits.
STEP = 20


class Sort(StrEnum):
    """The order of a list, for lists that offer a choice."""

    OLDEST_FIRST = "date"
    NEWEST_FIRST = "-date"


@dataclass(frozen=True)
class Window:
    """A requested page: at most `limit` rows with ids below `before` and above `after`."""

    limit: int = DEFAULT_LIMIT
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True)
class WindowShape:
    """The properties of a window that change the SQL text: which bounds it has, direction, number of rows.

    The bounds themselves are the parameters `before` and `after` of the statement.
    """

    before: bool
    after: bool
    descending: bool
    rows: int

    def of(self, statement: Select[Any], key: Any) -> Select[Any]:
        """Restrict the statement to this window, in the order of `key`.

        `key` is a column of positive, unique ids.
        """
        if self.before:
            statement = statement.where(key < bindparam("before", type_=BigInteger))
        if self.after:
            statement = statement.where(key > bindparam("after", type_=BigInteger))
        return self.sort(statement, key).limit(self.limit)

    def sort(self, statement: Select[Any], key: Any) -> Select[Any]:
        """Order the statement by `key`."""
        return statement.order_by(key.desc() if self.descending else key.asc())

    @property
    def limit(self) -> ColumnElement[int]:
        """The number of rows, as a literal instead of a parameter: PostgreSQL's plan depends on it."""
        return literal_column(str(self.rows))


def rows_to_read(limit: int) -> int:
    """The number of rows to read for a page of `limit`: at least one more, to see if a page follows."""
    return -(-limit // STEP) * STEP + 1
