"""A page of a list: its rows, and the cursors of the pages beside it."""

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

# Reads the rows of a window between its bounds, `before` and `after`. The last column of each is its cursor.
Fetch = Callable[..., Sequence[Row]]


@dataclass(frozen=True)
class Listing(Generic[T]):
    """The rows of a page in the order of the list, and the cursors of the next and the previous page, if
    there are such.

    A cursor is the id that the neighbouring page begins behind. In a `descending` list the next page has ids
    below it.
    """

    rows: Sequence[T]
    next: int | None = None
    previous: int | None = None
    descending: bool = True

    def with_rows(self, rows: Sequence[U]) -> "Listing[U]":
        """The same page with other rows."""
        return Listing(rows, self.next, self.previous, self.descending)


def list_rows(window: Window, sort: Sort, row: Callable[..., T], fetch: Fetch) -> Listing[T]:
    """The page of a list in order of its cursors, made of what `fetch` reads; `row` takes the columns except
    the cursor.

    `fetch` is called once, and a second time only for a page that was reached backwards, where nothing else
    shows whether another page follows.
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
    # With both bounds the client walks through a range of its own: no page comes before it.
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
    """The page of a list that is asked often: `build` gives the prepared statement of each shape. Its rows
    end with their cursor."""

    def fetch(shape: WindowShape, **bounds: object) -> Sequence[Row]:
        return run(session, build(shape), **bounds, **values)

    return list_rows(window, sort, row, fetch)


def list_table(
    session: Session, window: Window, sort: Sort, statement: "Select[Table]", key: Column
) -> Listing[Table]:
    """The page of a list that is asked seldom: objects of a table, in the order of `key`, its unique id."""

    def fetch(shape: WindowShape, **bounds: object) -> Sequence[Row]:
        found = session.execute(shape.of(statement.add_columns(key), key), bounds)
        return [tuple(columns) for columns in found]

    return list_rows(window, sort, lambda found: found, fetch)
