"""The home timeline: what the people whom somebody follows wrote, newest first.

The obvious `user_id IN (followed) ORDER BY id` reads either every post of the followed or, when they have
not written for long, the whole table. Here the cost depends on how many people are followed, never on how
much was ever written (ADR 0008). There are two ways to a page, and both give the same one:

- Look through the latest posts of everybody, so many and no more. Whoever follows people who write finds a
  whole page of them there.
- Otherwise each followed author gives the newest id, from an index; those with the newest ones give as many
  as the page needs, and the page is the newest of these.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import CTE, Select, literal_column, select, true
from sqlmodel import Session, col

from pamps.db import current_dialect
from pamps.db.prepared import Row, prepared_statement, run
from pamps.http.pagination import Page, Sort, Window
from pamps.models.follow import Follow
from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post, PostResponse
from pamps.models.user import Viewer
from pamps.presenters.remembered import Json, json_list
from pamps.queries.clauses import VIEWER
from pamps.queries.post import render_post, select_posts
from pamps.queries.visibility import is_visible

WANTED_COLUMNS: list[Any] = [col(Post.id), col(Post.user_id)]
REACH = 25  # posts of everybody that are looked through for each row of a page


@dataclass(frozen=True)
class Kind:
    """Which posts are wanted beside top-level ones of the followed."""

    include_replies: bool
    include_own: bool


def list_timeline(session: Session, viewer: Viewer, page: Page, kind: Kind) -> Json[list[PostResponse]]:
    """What the people whom the viewer follows wrote, newest first."""
    rows = page.fetch_with(partial(_fetch, session, viewer, kind), Sort.NEWEST_FIRST)
    return Json(json_list(render_post(row[:-1]) for row in rows))


def _fetch(session: Session, viewer: Viewer, kind: Kind, window: Window, **bounds: int) -> Sequence[Row]:
    """The rows of a window; the last column is the id."""
    values = {"viewer": viewer.id, **bounds}
    latest = run(session, select_latest(window, kind), **values)
    # Who asks again and again what is new has seen all of it, if there is no more by anybody.
    if len(latest) == window.rows or not run(session, select_beyond(window, kind), **values):
        return latest
    return run(session, select_gathered(window, kind), **values)


@prepared_statement
def select_latest(window: Window, kind: Kind) -> Select[Any]:
    """The posts that VIEWER wants among those of everybody that come first in the window."""
    everybodys = replace(window, rows=window.rows * REACH).of(_select_wanted(kind), col(Post.id)).subquery()
    # Not a condition that PostgreSQL could make a join of: that would go through all of them, and sort them.
    is_theirs = everybodys.c.user_id.in_(_select_authors(kind)).is_(true())
    return _select_page(window, select(everybodys.c.id).where(is_theirs))


@prepared_statement
def select_beyond(window: Window, kind: Kind) -> Select[Any]:
    """The first post of everybody that is too far for `select_latest`; no row if there is none."""
    reached: Any = literal_column(str(window.rows * REACH))
    return replace(window, rows=1).of(_select_wanted(kind), col(Post.id)).offset(reached)


@prepared_statement
def select_gathered(window: Window, kind: Kind) -> Select[Any]:
    """The posts of the window, out of those that each author has in it."""
    authors = _select_authors(kind).cte("authors")
    # No page has posts of more authors than rows. So those whose own first post comes first are enough.
    firsts = _ids_of(authors, kind, replace(window, rows=1))
    nearest = window.sort(firsts, firsts.selected_columns.id).limit(window.limit).cte("nearest")
    ids = _ids_of(nearest, kind, window).subquery()
    return _select_page(window, select(ids.c.id))


def _select_page(window: Window, ids: Select[Any]) -> Select[Any]:
    """The posts of those of the ids that come first."""
    page = window.sort(ids, ids.selected_columns.id).limit(window.limit).subquery("page")
    return window.sort(select_posts(signed_in=True).join(page, page.c.id == Post.id), col(Post.id))


def _select_wanted(kind: Kind) -> Select[Any]:
    """Ids and authors of the posts of everybody."""
    posts: Select[Any] = select(*WANTED_COLUMNS).where(IS_LISTED)
    return posts if kind.include_replies else posts.where(IS_TOP_LEVEL)


def _select_authors(kind: Kind) -> Select[Any]:
    """Whose posts are wanted."""
    followed: Select[Any] = select(col(Follow.followed_id).label("author")).where(
        col(Follow.follower_id) == VIEWER, is_visible(Follow.followed_id, signed_in=True)
    )
    return select(followed.union_all(select(VIEWER)).subquery().c.author) if kind.include_own else followed


def _ids_of(authors: CTE, kind: Kind, window: Window) -> Select[Any]:
    """The ids that each of the authors has in the window, with the author."""
    each, post_id = current_dialect().for_each(authors, _ids_of_author(authors, kind, window))
    return select(authors.c.author, post_id.label("id")).select_from(authors.join(each, true()))


def _ids_of_author(authors: CTE, kind: Kind, window: Window) -> Select[Any]:
    """As many ids of one author as the window could need."""
    theirs = _select_wanted(kind).where(col(Post.user_id) == authors.c.author).correlate(authors)
    return window.of(theirs.with_only_columns(col(Post.id)), col(Post.id))
