"""A thread as a viewer sees it: a post with its ancestors and the replies below it."""

import json
from typing import Any

from sqlalchemy import Select, literal_column, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pamps.db.prepared import Row, prepared_statement, run
from pamps.errors import NotFound
from pamps.http.pagination import rows_to_read
from pamps.models.post import Post
from pamps.models.thread import ThreadResponse
from pamps.models.tree_cursor import MAX_DEPTH, TreePage, Way
from pamps.models.user import Person, User
from pamps.presenters.remembered import Json, json_list
from pamps.queries.clauses import POST, as_value, given
from pamps.queries.post import POST_FIELDS, PostNotFound, columns_of_posts, render_post
from pamps.queries.tree import find_answered, is_way, read_tree
from pamps.queries.visibility import hidden_as, is_visible

ANCESTORS = 50
FIELDS = (*POST_FIELDS, "author_name", "author_avatar", "liked")
# The columns of a hidden post that are shown. A new column is in neither set, so it cannot leak by mistake.
SHOWN = {"id", "date", "parent_id", "deleted", "replies_count"}
BLANK = {
    "text": "",
    "user_id": None,
    "edited_at": None,
    "likes": 0,
    "author_name": None,
    "author_avatar": None,
    "liked": False,
}


class ReplyNotFound(NotFound):
    code = "reply_not_found"
    detail = "There is no such reply below this post to go on from."


def show_thread(
    session: Session, viewer: Person | None, page: TreePage, post_id: int
) -> Json[ThreadResponse]:
    """A post, its nearest ancestors, and one page of the replies below it; raises PostNotFound, including for
    a post hidden by a block, or ReplyNotFound."""
    ancestors = _list_ancestors(session, viewer, post_id)
    replies = _list_page(session, page, post_id)
    ids = [*ancestors, post_id, *(way[-1] for way in replies)]
    posts = _read_posts(session, viewer, ids)
    if post_id not in posts:  # deleted since the first statement
        raise PostNotFound
    deepest = [way for way in replies if len(way) > MAX_DEPTH]
    answered = find_answered(session, deepest, rows_to_read(page.limit))
    above = [_render_place(posts[id_]) for id_ in ancestors if id_ in posts]
    below = [
        _render_place(posts[way[-1]], depth=len(way) - 1, more_replies=way in answered)
        for way in replies
        if way[-1] in posts
    ]
    parts = (json_list(above), render_post(posts[post_id][:-1]), json_list(below))
    return Json(b'{"ancestors":%b,"post":%b,"replies":%b}' % parts)


def _list_ancestors(session: Session, viewer: Person | None, post_id: int) -> list[int]:
    """The ids of the nearest ANCESTORS, oldest first; raises PostNotFound."""
    rows = run(session, _upwards(viewer is not None), post=post_id, **as_value(viewer))
    if not rows:
        raise PostNotFound
    return [id_ for (id_,) in rows[:-1]]


def _list_page(session: Session, page: TreePage, post_id: int) -> list[Way]:
    """The paths from the post to the replies of this page; raises ReplyNotFound."""
    last = (post_id, *page.after)
    if page.after and not is_way(session, last):
        raise ReplyNotFound
    replies = read_tree(session, last, rows_to_read(page.limit))
    if len(replies) > page.limit:
        page.link_next(replies[page.limit - 1][1:])
    return replies[: page.limit]


def _read_posts(session: Session, viewer: Person | None, ids: list[int]) -> dict[int, Row]:
    """The rows of these posts, by id."""
    rows = run(session, _posts(viewer is not None), ids=[(id_,) for id_ in ids], **as_value(viewer))
    return {row[0]: row for row in rows}


def _render_place(row: Row, **more: Any) -> bytes:
    """Render a row of `_posts` as JSON with further fields; blanks the post if it is hidden."""
    *post, hidden = row
    if hidden:
        named = zip(FIELDS, post, strict=True)
        post = [value if name in SHOWN else BLANK[name] for name, value in named]
        more = {"hidden": hidden, **more}
    rendered = render_post(tuple(post))
    return rendered[:-1] + b"," + json.dumps(more, separators=(",", ":")).encode()[1:] if more else rendered


@prepared_statement
def _upwards(signed_in: bool) -> Select[Any]:
    is_shown = is_visible(Post.user_id, signed_in, even_muted=True)
    height: Any = literal_column("0").label("height")
    upwards = (
        select(col(Post.id), col(Post.parent_id), height)
        .where(col(Post.id) == POST, is_shown)
        .cte("upwards", recursive=True)
    )
    parent = aliased(Post)
    step = select(col(parent.id), col(parent.parent_id), upwards.c.height + literal_column("1"))
    is_near = upwards.c.height < literal_column(str(ANCESTORS))
    way = upwards.union_all(step.join(upwards, upwards.c.parent_id == parent.id).where(is_near))
    return select(way.c.id).order_by(way.c.height.desc())


@prepared_statement
def _posts(signed_in: bool) -> Select[Any]:
    ids = given("ids", "id")
    columns = [*columns_of_posts(signed_in), hidden_as(Post.user_id, signed_in).label("hidden")]
    posts = select(*columns).select_from(ids).join(Post, col(Post.id) == ids.c.id)
    return posts.outerjoin(User, col(User.id) == Post.user_id)
