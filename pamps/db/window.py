"""Which rows of a list a page has: between two ids, in one direction, and at most so many."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, literal_column

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
# Rows are read in multiples of this, so that few statements serve every limit.
STEP = 20


class Sort(StrEnum):
    """The order of a list that offers a choice."""

    OLDEST_FIRST = "date"
    NEWEST_FIRST = "-date"


@dataclass(frozen=True)
class Window:
    """The page that a client asks for: at most `limit` rows with ids below `before` and above `after`."""

    limit: int = DEFAULT_LIMIT
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True)
class WindowShape:
    """What the words of a statement depend on: which sides are bounded, the direction, the number of rows.

    The bounds themselves are the values `before` and `after` of the statement.
    """

    before: bool
    after: bool
    descending: bool
    rows: int

    def of(self, statement: Select[Any], key: Any) -> Select[Any]:
        """The rows of the statement that are in this window, in the order of `key`.

        `key` is a column of positive, unique ids.
        """
        if self.before:
            statement = statement.where(key < bindparam("before", type_=BigInteger))
        if self.after:
            statement = statement.where(key > bindparam("after", type_=BigInteger))
        return self.sort(statement, key).limit(self.limit)

    def sort(self, statement: Select[Any], key: Any) -> Select[Any]:
        """The statement in the order of `key`."""
        return statement.order_by(key.desc() if self.descending else key.asc())

    @property
    def limit(self) -> ColumnElement[int]:
        """The number of rows as a literal, not as a value: it decides how PostgreSQL plans."""
        return literal_column(str(self.rows))


def rows_to_read(limit: int) -> int:
    """How many rows a page of `limit` reads: one more shows whether another page follows."""
    return -(-limit // STEP) * STEP + 1
