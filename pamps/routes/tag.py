"""Tags."""

from typing import Annotated

from fastapi import Query

from pamps.auth import MaybeUser
from pamps.http.dependencies import PageDep, SessionDep
from pamps.http.pagination import DEFAULT_LIMIT, Limit
from pamps.http.route import make_router
from pamps.models.post import PostResponse
from pamps.models.tag import TagResponse, TrendingTagResponse
from pamps.presenters.remembered import Json
from pamps.queries import tag as tag_queries

router = make_router("", "tag")

Many = Annotated[Limit, Query(description="Maximum number of items to return.")]
Beginning = Annotated[
    str, Query(description="Only tags that start with this text, ignoring accents and case.")
]


@router.get("/tag/")
def list_tags(session: SessionDep, q: Beginning = "", limit: Many = DEFAULT_LIMIT) -> list[TagResponse]:
    """List tags, most used first."""
    return tag_queries.list_tags(session, q, limit)


@router.get("/tag/trending/")
def list_trending(
    viewer: MaybeUser, session: SessionDep, limit: Many = DEFAULT_LIMIT
) -> list[TrendingTagResponse]:
    """List the tags used by the most people in the last seven days."""
    return tag_queries.list_trending(session, viewer, limit)


@router.get("/post/tag/{tag}/")
def list_tagged(tag: str, page: PageDep, viewer: MaybeUser, session: SessionDep) -> Json[list[PostResponse]]:
    """List the posts and replies with a tag, newest first."""
    return tag_queries.list_tagged(session, viewer, page, tag)
