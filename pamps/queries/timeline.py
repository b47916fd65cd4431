"""The home timeline: what the people whom somebody follows wrote, newest first.

The obvious `user_id IN (followed) ORDER BY id` reads either every post of the followed or, when they have
not written for long, the whole table. Here the cost depends on how many people are followed, never on how
much was ever written (ADR 0008). There are two ways to a page, and both give the same one:

- Look through the latest posts of everybody, so many and no more. Whoever follows people who write finds a
  whole page of them there.
- Otherwise each followed author gives the newest id, from an index; those with the newest ones give as many
  as the page needs, and the page is the newest of these.
"""

from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, func, select, true
from sqlmodel import Session, col

from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post, PostResponse
from pamps.models.social import Social
from pamps.models.user import Viewer
from pamps.pagination import Page, Sort, Window
from pamps.queries.base import VIEWER
from pamps.queries.post import list_posts, select_posts
from pamps.queries.visibility import is_visible
from pamps.rendering import Json
from pamps.statements import built_once

LATEST_COLUMNS: list[Any] = [col(Post.id), col(Post.user_id)]
REACH = 25  # posts of everybody that are looked through for each row of a page


def list_timeline(
    session: Session, viewer: Viewer, page: Page, *, include_replies: bool, include_own: bool
) -> Json[list[PostResponse]]:
    """What the people whom the viewer follows wrote, newest first."""
    has_lateral = session.get_bind().dialect.name != "sqlite"
    build = partial(
        _timeline, include_replies=include_replies, include_own=include_own, has_lateral=has_lateral
    )
    return list_posts(session, viewer, page, build, Sort.NEWEST_FIRST)


@built_once
def _timeline(
    window: Window, signed_in: bool, *, include_replies: bool, include_own: bool, has_lateral: bool
) -> Select[Any]:
    wanted = IS_LISTED if include_replies else IS_LISTED & IS_TOP_LEVEL
    authors = _authors(include_own=include_own).cte("authors")
    latest = _latest_ids(authors, wanted, window).cte("latest")
    is_full = select(func.count()).select_from(latest).scalar_subquery() == window.rows
    ids_of = _ids_of if has_lateral else _ids_of_sqlite
    # No page has posts of more authors than rows. So those whose own first post comes first are enough.
    firsts = ids_of(authors, wanted, replace(window, rows=1)).where(~is_full)
    nearest = window.sort(firsts, firsts.selected_columns.id).limit(window.limit).cte("nearest")
    each = ids_of(nearest, wanted, window).subquery()
    ids = select(latest.c.id).where(is_full).union_all(select(each.c.id)).subquery("ids")
    page = window.sort(select(ids.c.id), ids.c.id).limit(window.limit).subquery("page")
    return window.sort(select_posts(signed_in).join(page, page.c.id == Post.id), col(Post.id))


def _authors(*, include_own: bool) -> Select[Any]:
    """Whose posts are wanted."""
    followed: Select[Any] = select(col(Social.followed_id).label("author")).where(
        col(Social.follower_id) == VIEWER, is_visible(Social.followed_id, signed_in=True)
    )
    return select(followed.union_all(select(VIEWER)).subquery().c.author) if include_own else followed


def _latest_ids(authors: CTE, wanted: ColumnElement[bool], window: Window) -> Select[Any]:
    """The ids of the window, out of the posts of everybody that come first in it."""
    ids = select(*LATEST_COLUMNS).where(wanted)
    everybodys = replace(window, rows=window.rows * REACH).of(ids, col(Post.id)).subquery()
    theirs = select(everybodys.c.id).where(everybodys.c.user_id.in_(select(authors.c.author)))
    return window.sort(theirs, everybodys.c.id).limit(window.limit)


def _ids_of(authors: CTE, wanted: ColumnElement[bool], window: Window) -> Select[Any]:
    """The ids that each of the authors has in the window, with the author."""
    each = _ids_of_author(authors, wanted, window).lateral()
    return select(authors.c.author, each.c.id.label("id")).select_from(authors.join(each, true()))


def _ids_of_sqlite(authors: CTE, wanted: ColumnElement[bool], window: Window) -> Select[Any]:
    """The same without LATERAL: in SQLite a function that gives a table may take what stands before it."""
    of_author = _ids_of_author(authors, wanted, window).subquery()
    listed = select(func.json_group_array(of_author.c.id)).correlate(authors).scalar_subquery()
    each = func.json_each(listed).table_valued("value")
    return select(authors.c.author, each.c.value.label("id")).select_from(authors.join(each, true()))


def _ids_of_author(authors: CTE, wanted: ColumnElement[bool], window: Window) -> Select[Any]:
    """As many ids of one author as the window could need."""
    ids = select(col(Post.id)).where(col(Post.user_id) == authors.c.author, wanted).correlate(authors)
    return window.of(ids, col(Post.id))
