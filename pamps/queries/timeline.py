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

from sqlalchemy import CTE, literal_column, select, true
from sqlmodel import Session, col

from pamps.db import current_dialect
from pamps.db.prepared import Row, prepared_statement, run
from pamps.db.window import Sort, Window, WindowShape
from pamps.models.follow import Follow
from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post
from pamps.models.user import Viewer
from pamps.queries.clauses import VIEWER, Column, Selection
from pamps.queries.listing import Listing, list_rows
from pamps.queries.post import select_posts
from pamps.queries.rows import PostRow
from pamps.queries.visibility import visible_people

WANTED_COLUMNS: list[Column] = [col(Post.id), col(Post.user_id)]
REACH = 25  # posts by all users scanned per row of a page


@dataclass(frozen=True)
class TimelineOptions:
    """What to include besides top-level posts by followed users."""

    include_replies: bool
    include_own: bool


def list_timeline(
    session: Session, viewer: Viewer, window: Window, options: TimelineOptions
) -> Listing[PostRow]:
    """The posts by the users whom the viewer follows, newest first."""
    return list_rows(window, Sort.NEWEST_FIRST, PostRow, partial(_fetch, session, viewer, options))


def _fetch(
    session: Session, viewer: Viewer, options: TimelineOptions, shape: WindowShape, **bounds: int
) -> Sequence[Row]:
    """The rows of a shape; the last column is the id."""
    values = {"viewer": viewer.id, **bounds}
    latest = run(session, select_latest(shape, options), **values)
    # A client that polls for news has seen everything if there are no further posts by anyone.
    if len(latest) == shape.rows or not run(session, select_beyond(shape, options), **values):
        return latest
    return run(session, select_gathered(shape, options), **values)


@prepared_statement
def select_latest(shape: WindowShape, options: TimelineOptions) -> Selection:
    """The posts for VIEWER among the first posts by all users in the window."""
    everybodys = replace(shape, rows=shape.rows * REACH).of(_select_wanted(options), col(Post.id)).subquery()
    # A form that PostgreSQL cannot turn into a join, which would read and sort all of them.
    is_theirs = everybodys.c.user_id.in_(_select_authors(options)).is_(true())
    return _select_page(shape, select(everybodys.c.id).where(is_theirs))


@prepared_statement
def select_beyond(shape: WindowShape, options: TimelineOptions) -> Selection:
    """The first post by any user beyond the reach of `select_latest`; no row if there is none."""
    reached: Any = literal_column(str(shape.rows * REACH))
    return replace(shape, rows=1).of(_select_wanted(options), col(Post.id)).offset(reached)


@prepared_statement
def select_gathered(shape: WindowShape, options: TimelineOptions) -> Selection:
    """The posts of the window, gathered from each author's own posts in it."""
    authors = _select_authors(options).cte("authors")
    # A page has at most as many authors as rows, so the authors whose first posts come first are sufficient.
    firsts = _ids_of(authors, options, replace(shape, rows=1))
    nearest = shape.sort(firsts, firsts.selected_columns.id).limit(shape.limit).cte("nearest")
    ids = _ids_of(nearest, options, shape).subquery()
    return _select_page(shape, select(ids.c.id))


def _select_page(shape: WindowShape, ids: Selection) -> Selection:
    """The posts with the first ids, in the order of the window."""
    page = shape.sort(ids, ids.selected_columns.id).limit(shape.limit).subquery("page")
    return shape.sort(select_posts(signed_in=True).join(page, page.c.id == Post.id), col(Post.id))


def _select_wanted(options: TimelineOptions) -> Selection:
    """Ids and authors of the posts by all users."""
    posts: Selection = select(*WANTED_COLUMNS).where(IS_LISTED)
    return posts if options.include_replies else posts.where(IS_TOP_LEVEL)


def _select_authors(options: TimelineOptions) -> Selection:
    """The ids of the authors on the timeline."""
    followed: Selection = select(col(Follow.followed_id).label("author")).where(
        col(Follow.follower_id) == VIEWER, visible_people(Follow.followed_id, signed_in=True)
    )
    return select(followed.union_all(select(VIEWER)).subquery().c.author) if options.include_own else followed


def _ids_of(authors: CTE, options: TimelineOptions, shape: WindowShape) -> Selection:
    """The ids that each of the authors has in the window, with the author."""
    each, post_id = current_dialect().for_each(authors, _ids_of_author(authors, options, shape))
    return select(authors.c.author, post_id.label("id")).select_from(authors.join(each, true()))


def _ids_of_author(authors: CTE, options: TimelineOptions, shape: WindowShape) -> Selection:
    """The ids of one author's posts, as many as the window may need."""
    theirs = _select_wanted(options).where(col(Post.user_id) == authors.c.author).correlate(authors)
    return shape.of(theirs.with_only_columns(col(Post.id)), col(Post.id))
