"""A page of a list: its rows, and the cursors of the next and previous pages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Select
from sqlmodel import Session, SQLModel

from pamps.db.prepared import Row, Statement, run
from pamps.db.window import Sort, Window, WindowShape, rows_to_read
from pamps.queries.clauses import Column

T = TypeVar("T")
U = TypeVar("U")
Table = TypeVar("Table", bound=SQLModel)

# Reads the rows of a window between the bounds `before` and `after`. The last column of each is its cursor.
Fetch = Callable[..., Sequence[Row]]


@dataclass(frozen=True)
class Listing(Generic[T]):
    """The rows of a page in the order of the list, and the cursors of the next and previous pages, None where
    there is none.

    A cursor is an exclusive bound: in a `descending` list, the next page has ids below it.
    """

    rows: Sequence[T]
    next: int | None = None
    previous: int | None = None
    descending: bool = True

    def with_rows(self, rows: Sequence[U]) -> "Listing[U]":
        """The same page with other rows."""
        return Listing(rows, self.next, self.previous, self.descending)


def list_rows(window: Window, sort: Sort, row: Callable[..., T], fetch: Fetch) -> Listing[T]:
    """A page of a list in the order of its cursors, from the rows that `fetch` reads. `row` is called with
    the columns except the cursor.

    `fetch` is called once, or twice for a page requested backwards, where only a second call shows whether
    another page follows.
    """
    descending = sort is Sort.NEWEST_FIRST
    given = {name: id_ for name in ("before", "after") if (id_ := getattr(window, name)) is not None}
    forward, back = ("before", "after") if descending else ("after", "before")
    backwards = back in given and forward not in given
    shape = WindowShape(
        "before" in given, "after" in given, descending is not backwards, rows_to_read(window.limit)
    )
    found = fetch(shape, **given)
    more, found = len(found) > window.limit, found[: window.limit]
    if not found:
        return Listing([], descending=descending)
    # With both bounds, the client pages through a range: there is no previous page.
    has_next, has_previous = more, forward in given and back not in given
    if backwards:
        found = found[::-1]
        beyond = WindowShape(forward == "before", forward == "after", descending, 1)
        has_next, has_previous = bool(fetch(beyond, **{forward: found[-1][-1]})), more
    return Listing(
        [row(*columns[:-1]) for columns in found],
        next=found[-1][-1] if has_next else None,
        previous=found[0][-1] if has_previous else None,
        descending=descending,
    )


def list_prepared(
    session: Session,
    window: Window,
    sort: Sort,
    row: Callable[..., T],
    build: Callable[[WindowShape], Statement],
    **values: object,
) -> Listing[T]:
    """A page of a frequently requested list. `build` returns the prepared statement of a shape, whose last
    column is the cursor."""

    def fetch(shape: WindowShape, **bounds: object) -> Sequence[Row]:
        return run(session, build(shape), **bounds, **values)

    return list_rows(window, sort, row, fetch)


def list_table(
    session: Session, window: Window, sort: Sort, statement: "Select[Table]", key: Column
) -> Listing[Table]:
    """A page of an infrequently requested list: objects of a table, in the order of `key`, its unique id."""

    def fetch(shape: WindowShape, **bounds: object) -> Sequence[Row]:
        found = session.execute(shape.of(statement.add_columns(key), key), bounds)
        return [tuple(columns) for columns in found]

    return list_rows(window, sort, lambda found: found, fetch)
