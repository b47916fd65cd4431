"""The home timeline: posts by the users one follows, newest first.

The obvious `user_id IN (followed) ORDER BY id` reads either all posts by the followed users or, if they have
not posted recently, the whole table. Here the cost depends on the number of followed users, not on the number
of posts (ADR 0008). There are two strategies with the same result:

- Scan a bounded number of the latest posts by all users. If the followed users are active, this finds a full
  page.
- Otherwise read the newest id of each followed user from an index, then as many ids as the page needs from
  those with the newest ones, and take the newest of these.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import CTE, Select, func, literal_column, select, true
from sqlmodel import Session, col

from pamps.db.prepared import IS_SQLITE, Row, prepared_statement, run
from pamps.http.pagination import Page, Sort, Window
from pamps.models.follow import Follow
from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post, PostResponse
from pamps.models.user import Viewer
from pamps.presenters.remembered import Json, json_list
from pamps.queries.clauses import VIEWER
from pamps.queries.post import render_post, select_posts
from pamps.queries.visibility import is_visible

WANTED_COLUMNS: list[Any] = [col(Post.id), col(Post.user_id)]
REACH = 25  # posts by all users scanned per row of a page


@dataclass(frozen=True)
class Kind:
    """What to include besides top-level posts by followed users."""

    include_replies: bool
    include_own: bool


def list_timeline(session: Session, viewer: Viewer, page: Page, kind: Kind) -> Json[list[PostResponse]]:
    """The posts by the users whom the viewer follows, newest first."""
    rows = page.fetch_with(partial(_fetch, session, viewer, kind), Sort.NEWEST_FIRST)
    return Json(json_list(render_post(row[:-1]) for row in rows))


def _fetch(session: Session, viewer: Viewer, kind: Kind, window: Window, **bounds: int) -> Sequence[Row]:
    """The rows of the window; the last column is the id."""
    values = {"viewer": viewer.id, **bounds}
    latest = run(session, select_latest(window, kind), **values)
    # A client that polls for news has seen everything if there are no further posts by anyone.
    if len(latest) == window.rows or not run(session, select_beyond(window, kind), **values):
        return latest
    return run(session, select_gathered(window, kind), **values)


@prepared_statement
def select_latest(window: Window, kind: Kind) -> Select[Any]:
    """The posts for VIEWER among the first posts by all users in the window."""
    everybodys = replace(window, rows=window.rows * REACH).of(_select_wanted(kind), col(Post.id)).subquery()
    # A form that PostgreSQL cannot turn into a join, which would read and sort all of them.
    is_theirs = everybodys.c.user_id.in_(_select_authors(kind)).is_(true())
    return _select_page(window, select(everybodys.c.id).where(is_theirs))


@prepared_statement
def select_beyond(window: Window, kind: Kind) -> Select[Any]:
    """The first post by any user beyond the reach of `select_latest`; no row if there is none."""
    reached: Any = literal_column(str(window.rows * REACH))
    return replace(window, rows=1).of(_select_wanted(kind), col(Post.id)).offset(reached)


@prepared_statement
def select_gathered(window: Window, kind: Kind) -> Select[Any]:
    """The posts of the window, gathered from each author's own posts in it."""
    authors = _select_authors(kind).cte("authors")
    ids_of = _ids_of_sqlite if IS_SQLITE else _ids_of
    # A page has at most as many authors as rows, so the authors whose first posts come first are sufficient.
    firsts = ids_of(authors, kind, replace(window, rows=1))
    nearest = window.sort(firsts, firsts.selected_columns.id).limit(window.limit).cte("nearest")
    ids = ids_of(nearest, kind, window).subquery()
    return _select_page(window, select(ids.c.id))


def _select_page(window: Window, ids: Select[Any]) -> Select[Any]:
    """The posts with the first ids, in the order of the window."""
    page = window.sort(ids, ids.selected_columns.id).limit(window.limit).subquery("page")
    return window.sort(select_posts(signed_in=True).join(page, page.c.id == Post.id), col(Post.id))


def _select_wanted(kind: Kind) -> Select[Any]:
    """Ids and authors of the posts by all users."""
    posts: Select[Any] = select(*WANTED_COLUMNS).where(IS_LISTED)
    return posts if kind.include_replies else posts.where(IS_TOP_LEVEL)


def _select_authors(kind: Kind) -> Select[Any]:
    """The ids of the authors on the timeline."""
    followed: Select[Any] = select(col(Follow.followed_id).label("author")).where(
        col(Follow.follower_id) == VIEWER, is_visible(Follow.followed_id, signed_in=True)
    )
    return select(followed.union_all(select(VIEWER)).subquery().c.author) if kind.include_own else followed


def _ids_of(authors: CTE, kind: Kind, window: Window) -> Select[Any]:
    """The ids of each author's posts in the window, with the author."""
    each = _ids_of_author(authors, kind, window).lateral()
    return select(authors.c.author, each.c.id.label("id")).select_from(authors.join(each, true()))


def _ids_of_sqlite(authors: CTE, kind: Kind, window: Window) -> Select[Any]:
    """The same without LATERAL: in SQLite a table-valued function can refer to tables to its left."""
    of_author = _ids_of_author(authors, kind, window).subquery()
    listed = select(func.json_group_array(of_author.c.id)).correlate(authors).scalar_subquery()
    each = func.json_each(listed).table_valued("value")
    return select(authors.c.author, each.c.value.label("id")).select_from(authors.join(each, true()))


def _ids_of_author(authors: CTE, kind: Kind, window: Window) -> Select[Any]:
    """The ids of one author's posts, as many as the window may need."""
    theirs = _select_wanted(kind).where(col(Post.user_id) == authors.c.author).correlate(authors)
    return window.of(theirs.with_only_columns(col(Post.id)), col(Post.id))
