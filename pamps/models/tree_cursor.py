"""Cursor pagination of reply trees: a page is a range of the depth-first order, siblings by id.

The cursor is the full path to the last post shown, so the next page starts at the right position even if that
post and its ancestors have been deleted in the meantime.
"""

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, StringConstraints

from pamps.http.pagination import MAX_ID, link

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

# The ids from the child of the root down to a post; empty for the root itself.
Way = tuple[int, ...]

DEFAULT_TREE_LIMIT = 50
MAX_DEPTH = 20  # levels shown below the root
CURSOR_PATTERN = r"^[1-9][0-9]{0,18}(\.[1-9][0-9]{0,18}){0,19}$"  # MAX_DEPTH ids


def _ids_in_bounds(cursor: str) -> str:
    if max(read_way(cursor)) > MAX_ID:
        raise ValueError("Input should be a cursor from a Link header")
    return cursor


def read_way(cursor: str) -> Way:
    """Parse a cursor into the path that it names."""
    return tuple(int(id_) for id_ in cursor.split("."))


TreeCursor = Annotated[str, StringConstraints(pattern=CURSOR_PATTERN), AfterValidator(_ids_in_bounds)]


class TreePage:
    """The requested page of a tree: at most `limit` posts after the one at path `after`."""

    def __init__(self, request: "Request", response: "Response", limit: int, after: Way) -> None:
        self._request = request
        self._response = response
        self.limit = limit
        self.after = after

    def link_next(self, last: Way) -> None:
        """Set the `Link` header to the page that follows the path `last`."""
        cursor = ".".join(map(str, last))
        self._response.headers["Link"] = link(self._request, "next", "after", cursor)
