"""Search."""

from typing import Annotated

from fastapi import Query

from pamps.auth import MaybeUser
from pamps.errors import TooManyRequests, refusals
from pamps.http.dependencies import ClientDep, PageDep, SessionDep
from pamps.http.route import make_router
from pamps.models.search import PostHit, SearchSort, SearchType
from pamps.models.tag import TagResponse
from pamps.models.user import UserResponse
from pamps.presenters.remembered import Json
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
) -> Json[list[PostHit] | list[UserResponse] | list[TagResponse]]:
    """Search posts, best matches first; or users and tags by the beginning of their names, most popular
    first and limited to one page."""
    return search_service.search(session, viewer, client, page, q, type_, sort)
