"""Lists by cursor: a page is a window over the ids of its rows, so new rows never shift it.

The `Link` header (RFC 8288) carries the addresses of the neighbouring pages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlencode

from annotated_types import Ge, Le
from pydantic import BeforeValidator, Strict, WithJsonSchema
from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, literal_column
from sqlmodel import Session

from pamps.db.prepared import Row, Statement, run

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

MAX_ID = 2**63 - 1
DEFAULT_LIMIT = 20
MAX_LIMIT = 100
# Rows are read in steps of so many, so that few statements serve every limit.
STEP = 20


def plain_digits(value: object) -> object:
    """Refuse `1_000`, ` 5` and `1.0`, which Python would read as numbers."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 19):
        raise ValueError("Input should be a whole number")
    return value


# The bounds stand before the validator: only so they reach the OpenAPI document.
RowId = Annotated[int, Ge(1), Le(MAX_ID), BeforeValidator(plain_digits)]
# An id, or 0 for the place before all of them.
Position = Annotated[int, Ge(0), Le(MAX_ID), BeforeValidator(plain_digits)]
Limit = Annotated[int, Ge(1), Le(MAX_LIMIT), BeforeValidator(plain_digits)]
# In JSON a number is a number: no text, no true, no 1.0.
# The document leaves its upper bound out: no float, which most readers of JSON make of it, is exact there.
_DOCUMENTED_ID = WithJsonSchema({"type": "integer", "format": "int64", "minimum": 1})
BodyId = Annotated[int, Strict(), Ge(1), Le(MAX_ID), _DOCUMENTED_ID]


class Sort(StrEnum):
    """The order of a list that offers one."""

    OLDEST_FIRST = "date"
    NEWEST_FIRST = "-date"


@dataclass(frozen=True)
class Window:
    """The shape of a stretch of a list: on which sides it is bounded, which way it goes, how many rows it has
    at most. The bounds themselves are the values `before` and `after` of the statement."""

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
        """The number of rows as a word of the statement, not as a value: it decides how PostgreSQL plans."""
        return literal_column(str(self.rows))


def rows_to_read(limit: int) -> int:
    """How many rows a page of `limit` reads: one more tells whether there is another page."""
    return -(-limit // STEP) * STEP + 1


# Gives the rows of a window between two bounds.
Fetch = Callable[..., Sequence[Row]]


class Page:
    """The page that a request asks for. `fetch` reads its rows and links its neighbours."""

    def __init__(
        self, request: "Request", response: "Response", limit: int, before: int | None, after: int | None
    ) -> None:
        self._request = request
        self._response = response
        self.limit = limit
        self.before = before
        self.after = after

    def fetch(self, session: Session, statement: Select[Any], key: Any, sort: Sort) -> Sequence[Any]:
        """The rows of this page of the statement, in the order of `key`, a column of unique ids."""
        cursor = statement.add_columns(key.label("cursor"))

        def fetch(window: Window, **bounds: Any) -> Sequence[Row]:
            return session.execute(window.of(cursor, key), bounds).all()

        return self.fetch_with(fetch, sort)

    def fetch_built(
        self, session: Session, build: Callable[[Window], Statement], sort: Sort, **values: Any
    ) -> Sequence[Row]:
        """The same of a statement that is kept for each window; its rows end with their `key`."""

        def fetch(window: Window, **bounds: Any) -> Sequence[Row]:
            return run(session, build(window), **bounds, **values)

        return self.fetch_with(fetch, sort)

    def fetch_with(self, fetch: Fetch, sort: Sort) -> Sequence[Row]:
        """The rows of this page, and its neighbours in the `Link` header.

        `fetch` gives the rows of a window with the values of its bounds; the last column of each is what the
        list is in order of. It is called once, and a second time only for a page that was reached backwards,
        where nothing else tells whether another page follows.
        """
        newest_first = sort is Sort.NEWEST_FIRST
        forward, back = ("before", "after") if newest_first else ("after", "before")
        came_forward, came_back = getattr(self, forward) is not None, getattr(self, back) is not None
        backwards = came_back and not came_forward
        bounds = {"before": self.before, "after": self.after}
        given = {name: value for name, value in bounds.items() if value is not None}
        window = Window(
            self.before is not None,
            self.after is not None,
            newest_first is not backwards,
            rows_to_read(self.limit),
        )
        rows = fetch(window, **given)
        more, rows = len(rows) > self.limit, rows[: self.limit]
        if not rows:
            return rows
        if not backwards:
            # With both bounds the client walks a stretch of its own; there is no page before it.
            self._set_links(rows, more, came_forward and not came_back, forward, back, drop=None)
            return rows
        rows = rows[::-1]
        beyond = Window(forward == "before", forward == "after", newest_first, 1)
        has_next = bool(fetch(beyond, **{forward: rows[-1][-1]}))
        self._set_links(rows, has_next, more, forward, back, drop=back)
        return rows

    def _set_links(
        self,
        rows: Sequence[Row],
        has_next: bool,
        has_previous: bool,
        forward: str,
        back: str,
        drop: str | None,
    ) -> None:
        links = []
        if has_next:
            links.append(self._link("next", forward, rows[-1][-1], drop=drop))
        if has_previous:
            links.append(self._link("prev", back, rows[0][-1], drop=forward))
        if links:
            self._response.headers["Link"] = ", ".join(links)

    def _link(self, relation: str, name: str, cursor: int, *, drop: str | None) -> str:
        return link(self._request, relation, name, cursor, drop=drop)


def link(request: "Request", relation: str, name: str, cursor: object, *, drop: str | None = None) -> str:
    """A part of the `Link` header: the absolute address of another page, which keeps the other parameters of
    the request, but the one to `drop`."""
    url = request.url
    kept = [(key, value) for key, value in request.query_params.multi_items() if key not in (name, drop)]
    query = urlencode([*kept, (name, cursor)])
    return f'<{url.scheme}://{url.netloc}{quote(url.path)}?{query}>; rel="{relation}"'
