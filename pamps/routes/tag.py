"""Tags."""

from typing import Annotated

from fastapi import Query

from pamps.auth import MaybeUser
from pamps.db.window import DEFAULT_LIMIT
from pamps.http.answers import Answer
from pamps.http.dependencies import SessionDep
from pamps.http.json_bytes import json_list
from pamps.http.pagination import LimitParam, PageDep
from pamps.http.route import make_router
from pamps.models.post import PostResponse
from pamps.models.tag import TagResponse, TrendingTagResponse
from pamps.presenters import native
from pamps.queries import tag as tag_queries

router = make_router("", "tag")

Beginning = Annotated[
    str, Query(description="Only tags that start with this text, ignoring accents and case.")
]


@router.get("/tag/")
def list_tags(
    session: SessionDep, q: Beginning = "", limit: LimitParam = DEFAULT_LIMIT
) -> Answer[list[TagResponse]]:
    """List tags, most used first."""
    return Answer(json_list(map(native.tag, tag_queries.list_tags(session, q, limit))))


@router.get("/tag/trending/")
def list_trending(
    viewer: MaybeUser, session: SessionDep, limit: LimitParam = DEFAULT_LIMIT
) -> Answer[list[TrendingTagResponse]]:
    """List the tags used by the most people in the last seven days."""
    tags = tag_queries.list_trending(session, viewer, limit)
    return Answer(json_list(map(native.trending_tag, tags)))


@router.get("/post/tag/{tag}/")
def list_tagged(
    tag: str, page: PageDep, viewer: MaybeUser, session: SessionDep
) -> Answer[list[PostResponse]]:
    """List the posts and replies with a tag, newest first."""
    return page.answer(tag_queries.list_tagged(session, viewer, page.window, tag), native.post)
