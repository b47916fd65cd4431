"""The public feed and its filters."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlmodel import Session, col

from pamps.db.prepared import prepared_statement
from pamps.http.pagination import Page, Sort, Window
from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post, PostResponse
from pamps.models.user import Person, User
from pamps.presenters.remembered import Json, json_list
from pamps.queries.post import list_posts, select_archive, select_posts
from pamps.queries.search import Filters, list_filtered
from pamps.queries.user import plain_name
from pamps.queries.visibility import is_visible
from pamps.text.entities import normal_tag
from pamps.text.search_query import SearchQuery, parse


@dataclass(frozen=True)
class FeedFilter:
    """Filters of the public feed; None disables a filter."""

    author: str | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    typed: str | None = None
    has_replies: bool | None = None


def list_feed(
    session: Session, viewer: Person | None, page: Page, wanted: FeedFilter, sort: Sort
) -> Json[list[PostResponse]]:
    """Top-level posts of all users that pass the filters; empty if none can match."""
    if wanted == FeedFilter():
        return list_posts(session, viewer, page, _feed, sort)
    if wanted == FeedFilter(author=wanted.author):
        return list_posts(
            session, viewer, page, _feed_of_author, sort, author=plain_name(wanted.author or "")
        )
    if wanted.typed and parse(wanted.typed).is_empty:
        return Json(json_list([]))  # a query without any terms matches nothing
    filters = Filters(top_level=True, has_replies=wanted.has_replies)
    return list_filtered(session, viewer, page, _query_of(wanted), filters, sort)


def _query_of(wanted: FeedFilter) -> SearchQuery:
    """The filters as a search query."""
    query = parse(wanted.typed or "")
    authors = [] if wanted.author is None else [plain_name(wanted.author)]
    tags = [] if wanted.tag is None else [normal_tag(wanted.tag)]
    return replace(
        query,
        authors=(*query.authors, *authors),
        tags=(*query.tags, *tags),
        after=max((day for day in (query.after, wanted.since) if day), default=None),
        before=min((day for day in (query.before, wanted.until) if day), default=None),
    )


@prepared_statement
def _feed(window: Window, signed_in: bool) -> Select[Any]:
    everybodys = select_posts(signed_in).where(IS_TOP_LEVEL, IS_LISTED, is_visible(Post.user_id, signed_in))
    return window.of(everybodys, col(Post.id))


@prepared_statement
def _feed_of_author(window: Window, signed_in: bool) -> Select[Any]:
    # A scalar subquery rather than a join, so that the index of posts by user is used, however few there are.
    named = select(col(User.id)).where(func.lower(User.username) == bindparam("author")).scalar_subquery()
    theirs = select_archive(signed_in).where(IS_TOP_LEVEL, col(Post.user_id) == named)
    return window.of(theirs, col(Post.id))
