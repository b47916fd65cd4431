"""Pagination of lists and trees: the parameters of a page, and its response with a `Link` header."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request

from pamps.db.window import DEFAULT_LIMIT, Window
from pamps.http.answers import Answer
from pamps.http.json_bytes import JsonBytes, json_list
from pamps.http.links import link, link_header
from pamps.models.ids import Limit, RowId
from pamps.models.tree_cursor import DEFAULT_TREE_LIMIT, TreeCursor, TreePath, read_path, write_path
from pamps.queries.listing import Listing

T = TypeVar("T")
LimitParam = Annotated[Limit, Query(description="Maximum number of items to return.")]


@dataclass(frozen=True)
class Page:
    """A requested page of a list."""

    window: Window
    request: Request

    def answer(self, listing: Listing[T], present: Callable[[T], JsonBytes]) -> Answer[Any]:
        """The rows as a JSON array, with the next and previous pages in the `Link` header."""
        return Answer(json_list(map(present, listing.rows)), headers=link_header(self._links(listing)))

    def _links(self, listing: Listing[T]) -> list[str]:
        forward, back = ("before", "after") if listing.descending else ("after", "before")
        links = []
        if listing.next is not None:
            # A client that sends both bounds pages through a range: keep its far end.
            drop = back if getattr(self.window, forward) is None else None
            links.append(link(self.request, "next", forward, listing.next, drop=drop))
        if listing.previous is not None:
            links.append(link(self.request, "prev", back, listing.previous, drop=forward))
        return links


def get_page(
    request: Request,
    limit: LimitParam = DEFAULT_LIMIT,
    before: Annotated[RowId | None, Query(description="Return only items before this id.")] = None,
    after: Annotated[RowId | None, Query(description="Return only items after this id.")] = None,
) -> Page:
    """The page of a list, from the query parameters."""
    return Page(Window(limit, before, after), request)


PageDep = Annotated[Page, Depends(get_page)]


@dataclass(frozen=True)
class TreePage:
    """A requested page of a tree: at most `limit` items after the one at the path `after`."""

    limit: int
    after: TreePath
    request: Request

    def answer(self, body: JsonBytes, following: TreePath | None) -> Answer[Any]:
        """The body, with a link to the next page if there is one: it starts after the path `following`."""
        links = [] if following is None else [link(self.request, "next", "after", write_path(following))]
        return Answer(body, headers=link_header(links))


def get_tree_page(
    request: Request,
    limit: LimitParam = DEFAULT_TREE_LIMIT,
    after: Annotated[
        TreeCursor | None,
        Query(description="Return only items after this one: the ids on the path to it, separated by dots."),
    ] = None,
) -> TreePage:
    """The page of a tree, from the query parameters."""
    return TreePage(limit, read_path(after) if after else (), request)


TreePageDep = Annotated[TreePage, Depends(get_tree_page)]
