"""Search."""

from typing import Annotated, Any

from fastapi import Query

from pamps.auth import MaybeUser
from pamps.errors import TooManyRequests
from pamps.http.answers import Answer
from pamps.http.dependencies import ClientDep, SessionDep
from pamps.http.openapi import refusals
from pamps.http.pagination import PageDep
from pamps.http.route import make_router
from pamps.models.search import PostHit, SearchSort, SearchType
from pamps.models.tag import TagResponse
from pamps.models.user import UserResponse
from pamps.presenters import native
from pamps.queries.listing import Listing
from pamps.services import search as search_service

router = make_router("/search", "search")

Typed = Annotated[
    str,
    Query(
        description='Words, `"phrases"`, `-not`, `begin*`, `from:name`, `tag:x` or `#x`, `before:2026-11-20`,'
        " `after:2026-11-20`. Never an error: anything else is searched as words."
    ),
]
What = Annotated[SearchType, Query(alias="type")]


@router.get("/", responses=refusals(TooManyRequests))
def search(
    page: PageDep,
    viewer: MaybeUser,
    client: ClientDep,
    session: SessionDep,
    q: Typed = "",
    type_: What = SearchType.POSTS,
    sort: SearchSort = SearchSort.RANK,
) -> Answer[list[PostHit] | list[UserResponse] | list[TagResponse]]:
    """Search posts, best matches first; or users and tags by the beginning of their names, most popular
    first and limited to one page."""
    found: Listing[Any] = search_service.search(session, viewer, client, page.window, q, type_, sort)
    return page.answer(found, native.found)
