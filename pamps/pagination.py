"""Lists by cursor: a page is a window over the ids of its rows, so new rows never shift it.

The `Link` header (RFC 8288) carries the addresses of the neighbouring pages.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

from annotated_types import Ge, Le
from fastapi import Depends, Path, Query, Request, Response
from pydantic import BeforeValidator, Strict, WithJsonSchema
from sqlalchemy import Row, Select
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
# The document leaves its upper bound out: no float, which most readers of JSON make of it, is exact there.
_DOCUMENTED_ID = WithJsonSchema({"type": "integer", "format": "int64", "minimum": 1})
BodyId = Annotated[int, Strict(), Ge(1), Le(MAX_ID), _DOCUMENTED_ID]
PathId = Annotated[RowId, Path(description="The id of a row.")]
Cursor = Annotated[RowId | None, Query()]


class Sort(StrEnum):
    """The order of a list that offers one."""

    OLDEST_FIRST = "date"
    NEWEST_FIRST = "-date"


@dataclass(frozen=True)
class Window:
    """A stretch of a list: the rows between two cursors, in one direction, at most so many."""

    before: int | None
    after: int | None
    descending: bool
    limit: int

    def of(self, statement: Select[Any], key: Any) -> Select[Any]:
        """The rows of the statement that are in this window, in the order of `key`.

        `key` is a column of positive, unique ids.
        """
        if self.before is not None:
            statement = statement.where(key < self.before)
        if self.after is not None:
            statement = statement.where(key > self.after)
        return statement.order_by(key.desc() if self.descending else key.asc()).limit(self.limit)


class Page:
    """The page that a request asks for. `fetch` reads its rows and links its neighbours."""

    def __init__(
        self, request: Request, response: Response, limit: int, before: int | None, after: int | None
    ) -> None:
        self._request = request
        self._response = response
        self.limit = limit
        self.before = before
        self.after = after

    def fetch(self, session: Session, statement: Select[Any], key: Any, sort: Sort) -> list[Row[Any]]:
        """The rows of this page of the statement, in the order of `key`, a column of unique ids."""
        cursor = statement.add_columns(key.label("cursor"))
        return self.fetch_windows(session, lambda window: window.of(cursor, key), sort)

    def fetch_windows(
        self, session: Session, build: Callable[[Window], Select[Any]], sort: Sort
    ) -> list[Row[Any]]:
        """The rows of this page, and its neighbours in the `Link` header.

        `build` makes the statement for a window; its rows have a column `cursor`. One statement is run, and
        a second one only for a page that was reached backwards, where nothing else tells whether another
        page follows.
        """
        newest_first = sort is Sort.NEWEST_FIRST
        forward, back = ("before", "after") if newest_first else ("after", "before")
        came_forward, came_back = getattr(self, forward) is not None, getattr(self, back) is not None
        backwards = came_back and not came_forward
        # One row more than asked for tells whether there is another page in that direction.
        window = Window(self.before, self.after, newest_first is not backwards, self.limit + 1)
        rows = list(session.execute(build(window)).all())
        more, rows = len(rows) > self.limit, rows[: self.limit]
        if not rows:
            return rows
        if not backwards:
            # With both bounds the client walks a stretch of its own; there is no page before it.
            self._set_links(rows, more, came_forward and not came_back, forward, back, drop=None)
            return rows
        rows.reverse()
        beyond = replace(window, **{back: None, forward: rows[-1].cursor}, limit=1)
        has_next = session.execute(build(beyond)).first() is not None
        self._set_links(rows, has_next, more, forward, back, drop=back)
        return rows

    def _set_links(
        self,
        rows: list[Row[Any]],
        has_next: bool,
        has_previous: bool,
        forward: str,
        back: str,
        drop: str | None,
    ) -> None:
        links = []
        if has_next:
            links.append(self._link("next", forward, rows[-1].cursor, drop=drop))
        if has_previous:
            links.append(self._link("prev", back, rows[0].cursor, drop=forward))
        if links:
            self._response.headers["Link"] = ", ".join(links)

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
