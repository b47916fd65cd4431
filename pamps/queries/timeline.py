"""The home timeline: what the people whom somebody follows wrote, newest first.

The obvious `user_id IN (followed) ORDER BY id` reads either every post of the followed or, when they have not
written for long, the whole table. Here each followed author gives as many of the newest ids as a page
needs, from an index; the page is the newest of those. So the cost depends on how many people are followed
and not on how much was ever written (ADR 0008).
"""

from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, func, literal, select, true
from sqlmodel import Session, col

from pamps.models.base import BigId
from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post, PostResponse
from pamps.models.social import Social
from pamps.models.user import User
from pamps.pagination import Page, Sort, Window
from pamps.queries.post import select_posts, show_rows


def list_timeline(
    session: Session, viewer: User, page: Page, *, include_replies: bool, include_own: bool
) -> list[PostResponse]:
    """What the people whom the viewer follows wrote, newest first."""
    authors = _select_authors(viewer, include_own=include_own).cte("authors")
    wanted = IS_LISTED if include_replies else IS_LISTED & IS_TOP_LEVEL
    newest_ids = _newest_ids_sqlite if session.get_bind().dialect.name == "sqlite" else _newest_ids

    def build(window: Window) -> Select[Any]:
        ids = newest_ids(authors, wanted, window)
        shown = select_posts(viewer).add_columns(col(Post.id).label("cursor"))
        return window.of(shown.where(col(Post.id).in_(ids)), col(Post.id))

    return show_rows(page.fetch_windows(session, build, Sort.NEWEST_FIRST))


def _select_authors(viewer: User, *, include_own: bool) -> Select[Any]:
    """The ids whose posts are wanted."""
    own = literal(viewer.id, BigId)
    followed: Select[Any] = select(col(Social.followed_id).label("id")).where(col(Social.follower_id) == own)
    return select(followed.union_all(select(own)).subquery().c.id) if include_own else followed


def _newest_ids(authors: CTE, wanted: ColumnElement[bool], window: Window) -> Select[Any]:
    """The ids of the window, out of those that each author gives."""
    each = _ids_of_author(authors, wanted, window).lateral()
    return window.of(select(each.c.id).select_from(authors.join(each, true())), each.c.id)


def _newest_ids_sqlite(authors: CTE, wanted: ColumnElement[bool], window: Window) -> Select[Any]:
    """The same without LATERAL: in SQLite a function that gives a table may take what stands before it."""
    of_author = _ids_of_author(authors, wanted, window).subquery()
    listed = select(func.json_group_array(of_author.c.id)).correlate(authors).scalar_subquery()
    each = func.json_each(listed).table_valued("value")
    return window.of(select(each.c.value).select_from(authors.join(each, true())), each.c.value)


def _ids_of_author(authors: CTE, wanted: ColumnElement[bool], window: Window) -> Select[Any]:
    """As many ids of one author as the whole window could need."""
    ids = select(col(Post.id)).where(col(Post.user_id) == authors.c.id, wanted).correlate(authors)
    return window.of(ids, col(Post.id))
