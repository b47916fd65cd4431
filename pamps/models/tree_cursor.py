"""Trees by cursor: a page is a stretch of the reading order, which is depth first, siblings by their ids.

The cursor names the last one shown by the whole way down to it. So a page goes on at the right place even if
that one is gone by then, and those above it, too.
"""

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, StringConstraints

from pamps.http.pagination import MAX_ID, link

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

# The ids from right below the root down to one in the tree; of the root itself: none.
Way = tuple[int, ...]

DEFAULT_TREE_LIMIT = 50
MAX_DEPTH = 20  # levels below the root that are shown
CURSOR_PATTERN = r"^[1-9][0-9]{0,18}(\.[1-9][0-9]{0,18}){0,19}$"  # MAX_DEPTH ids


def _ids_in_bounds(cursor: str) -> str:
    if max(read_way(cursor)) > MAX_ID:
        raise ValueError("Input should be a cursor out of a Link header")
    return cursor


def read_way(cursor: str) -> Way:
    """The ids that a cursor names."""
    return tuple(int(id_) for id_ in cursor.split("."))


TreeCursor = Annotated[str, StringConstraints(pattern=CURSOR_PATTERN), AfterValidator(_ids_in_bounds)]


class TreePage:
    """The page of a tree that a request asks for: at most `limit`, behind the one to which `after` leads."""

    def __init__(self, request: "Request", response: "Response", limit: int, after: Way) -> None:
        self._request = request
        self._response = response
        self.limit = limit
        self.after = after

    def link_next(self, last: Way) -> None:
        """Say in the `Link` header that there is more behind the last one of this page."""
        cursor = ".".join(map(str, last))
        self._response.headers["Link"] = link(self._request, "next", "after", cursor)
