"""The public feed and its filters."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlmodel import Session, col

from pamps.db.prepared import prepared_statement
from pamps.db.window import Sort, Window, WindowShape
from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post
from pamps.models.user import Person, User
from pamps.queries.clauses import Selection
from pamps.queries.listing import Listing
from pamps.queries.post import list_posts, select_by_user, select_posts
from pamps.queries.rows import PostRow
from pamps.queries.search import Filters, list_filtered
from pamps.queries.user import plain_name
from pamps.queries.visibility import visible_posts
from pamps.text.entities import normal_tag
from pamps.text.search_query import SearchQuery, parse


@dataclass(frozen=True)
class FeedFilter:
    """The filters of the feed, all of which a post has to pass; None means no restriction."""

    author: str | None = None
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    typed: str | None = None
    has_replies: bool | None = None


def list_feed(
    session: Session, viewer: Person | None, window: Window, filters: FeedFilter, sort: Sort
) -> Listing[PostRow]:
    """Top-level posts by all users that pass the filters, ordered by id."""
    if filters == FeedFilter():
        return list_posts(session, viewer, window, _feed, sort)
    if filters == FeedFilter(author=filters.author):
        return list_posts(
            session, viewer, window, _feed_of_author, sort, author=plain_name(filters.author or "")
        )
    if filters.typed and parse(filters.typed).is_empty:
        return Listing([])  # `typed` has no search terms, so nothing matches
    posts = Filters(top_level=True, has_replies=filters.has_replies)
    return list_filtered(session, viewer, window, _query_of(filters), posts, sort)


def _query_of(filters: FeedFilter) -> SearchQuery:
    """The filters as a search query."""
    query = parse(filters.typed or "")
    authors = [] if filters.author is None else [plain_name(filters.author)]
    tags = [] if filters.tag is None else [normal_tag(filters.tag)]
    return replace(
        query,
        authors=(*query.authors, *authors),
        tags=(*query.tags, *tags),
        after=max((day for day in (query.after, filters.since) if day), default=None),
        before=min((day for day in (query.before, filters.until) if day), default=None),
    )


@prepared_statement
def _feed(shape: WindowShape, signed_in: bool) -> Selection:
    everybodys = select_posts(signed_in).where(IS_TOP_LEVEL, IS_LISTED, visible_posts(Post, signed_in))
    return shape.of(everybodys, col(Post.id))


@prepared_statement
def _feed_of_author(shape: WindowShape, signed_in: bool) -> Selection:
    # A scalar subquery rather than a join, so that the index of posts by user is used, however few there are.
    named = select(col(User.id)).where(func.lower(User.username) == bindparam("author")).scalar_subquery()
    theirs = select_by_user(signed_in).where(IS_TOP_LEVEL, col(Post.user_id) == named)
    return shape.of(theirs, col(Post.id))
