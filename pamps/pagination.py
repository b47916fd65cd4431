"""Lists by cursor: a page is a window over the ids of its rows, so new rows never shift it.

The `Link` header (RFC 8288) carries the addresses of the neighbouring pages.
"""

from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

from annotated_types import Ge, Le
from fastapi import Depends, Path, Query, Request, Response
from pydantic import BeforeValidator, Strict
from sqlalchemy import ColumnElement, Row, Select
from sqlmodel import Session

MAX_ID = 2**63 - 1
DEFAULT_LIMIT = 20
MAX_LIMIT = 100


def _plain_digits(value: object) -> object:
    """Refuse `1_000`, ` 5` and `1.0`, which Python would read as numbers."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 19):
        raise ValueError("Input should be a whole number")
    return value


# The bounds stand before the validator: only so they reach the OpenAPI document.
RowId = Annotated[int, Ge(1), Le(MAX_ID), BeforeValidator(_plain_digits)]
Limit = Annotated[int, Ge(1), Le(MAX_LIMIT), BeforeValidator(_plain_digits)]
# In JSON a number is a number: no text, no true, no 1.0.
BodyId = Annotated[int, Strict(), Ge(1), Le(MAX_ID)]
PathId = Annotated[RowId, Path(description="The id of a row.")]
Cursor = Annotated[RowId | None, Query()]


class Sort(StrEnum):
    """The order of a list that offers one."""

    OLDEST_FIRST = "date"
    NEWEST_FIRST = "-date"


class Page:
    """The window that a request asks for. `fetch` reads its rows and links its neighbours."""

    def __init__(
        self, request: Request, response: Response, limit: int, before: int | None, after: int | None
    ) -> None:
        self._request = request
        self._response = response
        self.limit = limit
        self.before = before
        self.after = after

    def fetch(self, session: Session, statement: Select[Any], key: Any, sort: Sort) -> list[Row[Any]]:
        """The rows of this window, in the order of `key`, and their neighbours in the `Link` header.

        `key` is a column of positive, unique ids. One statement; a second one only for a page that was
        reached backwards, where nothing else tells whether another page follows.
        """
        newest_first = sort is Sort.NEWEST_FIRST
        towards_end, towards_start = (self.before, self.after) if newest_first else (self.after, self.before)
        backwards = towards_start is not None and towards_end is None
        window = statement.where(*self._bounds(key))
        descending = newest_first is not backwards
        ordered = window.add_columns(key.label("cursor")).order_by(key.desc() if descending else key.asc())
        rows = list(session.execute(ordered.limit(self.limit + 1)).all())
        more = len(rows) > self.limit
        rows = rows[: self.limit]
        if backwards:
            rows.reverse()
        if not rows:
            return rows
        first, last = rows[0].cursor, rows[-1].cursor
        if backwards:
            beyond = key < last if newest_first else key > last
            has_next = session.execute(statement.where(beyond).limit(1)).first() is not None
            has_previous = more
        else:
            has_next = more
            # With both bounds the client walks a window of its own; there is no page before it.
            has_previous = towards_end is not None and towards_start is None
        forward, back = ("before", "after") if newest_first else ("after", "before")
        links = []
        if has_next:
            links.append(self._link("next", forward, last, drop=back if backwards else None))
        if has_previous:
            links.append(self._link("prev", back, first, drop=forward))
        if links:
            self._response.headers["Link"] = ", ".join(links)
        return rows

    def _bounds(self, key: Any) -> list[ColumnElement[bool]]:
        bounds = []
        if self.before is not None:
            bounds.append(key < self.before)
        if self.after is not None:
            bounds.append(key > self.after)
        return bounds

    def _link(self, relation: str, name: str, cursor: int, *, drop: str | None) -> str:
        """An absolute address that keeps the other parameters of the request."""
        url = self._request.url.include_query_params(**{name: cursor})
        if drop is not None:
            url = url.remove_query_params(drop)
        return f'<{url.replace(path=quote(url.path))}>; rel="{relation}"'


async def get_page(
    request: Request,
    response: Response,
    limit: Annotated[Limit, Query(description="At most so many.")] = DEFAULT_LIMIT,
    before: Annotated[Cursor, Query(description="Only rows before this one.")] = None,
    after: Annotated[Cursor, Query(description="Only rows after this one.")] = None,
) -> Page:
    """`async`, because it never waits and a plain function would cost a thread."""
    return Page(request, response, limit, before, after)


PageDep = Annotated[Page, Depends(get_page)]
