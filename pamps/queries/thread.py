"""A thread as a viewer sees it: a post with its ancestors and the replies below it."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import literal_column, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pamps.db import current_dialect
from pamps.db.prepared import prepared_statement, run
from pamps.db.window import rows_to_read
from pamps.errors import NotFound
from pamps.models.post import Post
from pamps.models.tree_cursor import MAX_DEPTH, TreePath
from pamps.models.user import Person, User
from pamps.queries.clauses import POST, Selection, as_value
from pamps.queries.post import PostNotFound, require_post
from pamps.queries.rows import PostRow, hidden_post, post_columns
from pamps.queries.tree import find_answered, is_path, read_tree
from pamps.queries.visibility import hidden_as

ANCESTORS = 50


class ReplyNotFound(NotFound):
    code = "reply_not_found"
    detail = "The reply to continue from was not found below this post."


class ThreadPost(NamedTuple):
    """A post in a thread. If it is `hidden` by a block or a mute, the row is only a placeholder."""

    post: PostRow
    hidden: Literal["block", "mute"] | None


class ThreadReply(NamedTuple):
    """A reply below the post of a thread. `depth` is 1 for a direct reply; `more_replies` is whether it has
    replies that are omitted because they are too deep."""

    shown: ThreadPost
    depth: int
    more_replies: bool


class Thread(NamedTuple):
    """A post, its nearest ancestors (at most ANCESTORS), oldest first, and one page of the replies below it,
    depth-first. `next` is the path to the last of these if more follow, otherwise None."""

    ancestors: Sequence[ThreadPost]
    post: PostRow
    replies: Sequence[ThreadReply]
    next: TreePath | None


def get_thread(
    session: Session, viewer: Person | None, post_id: int, *, after: TreePath, limit: int
) -> Thread:
    """The thread of a post with at most `limit` replies, after the one at the path `after`.

    Raises PostNotFound, including if a block hides the post, and ReplyNotFound if the path does not exist.
    """
    paths = _list_page(session, viewer, (post_id, *after), limit)
    more, paths = len(paths) > limit, paths[:limit]
    posts = _read_posts(session, viewer, [post_id, *(path[-1] for path in paths)])
    if post_id not in posts or posts[post_id].hidden == "block":
        raise PostNotFound
    post = posts[post_id].post
    deepest = [path for path in paths if len(path) > MAX_DEPTH]
    answered = find_answered(session, deepest, rows_to_read(limit))
    return Thread(
        ancestors=_read_ancestors(session, viewer, post.parent_id) if post.parent_id else [],
        post=post,
        replies=[
            ThreadReply(_shown(posts[path[-1]]), len(path) - 1, path in answered)
            for path in paths
            if path[-1] in posts
        ],
        next=paths[-1][1:] if more else None,
    )


def _list_page(session: Session, viewer: Person | None, last: TreePath, limit: int) -> list[TreePath]:
    """The paths to the replies after `last`, at least one more than a page has if there are more; raises
    PostNotFound and ReplyNotFound."""
    if len(last) > 1 and not is_path(session, last):
        require_post(session, viewer, last[0])
        raise ReplyNotFound
    return read_tree(session, last, rows_to_read(limit))


def _read_ancestors(session: Session, viewer: Person | None, parent_id: int) -> list[ThreadPost]:
    """The nearest ancestors of a reply to `parent_id`, oldest first."""
    rows = run(session, _upwards(viewer is not None), post=parent_id, **as_value(viewer))
    return [_shown(_make_post(*row)) for row in rows]


def _read_posts(session: Session, viewer: Person | None, ids: list[int]) -> dict[int, ThreadPost]:
    """These posts by id; deleted ones are missing."""
    rows = run(session, _posts(viewer is not None), ids=ids, **as_value(viewer))
    return {row[0]: _make_post(*row) for row in rows}


def _make_post(*row: Any) -> ThreadPost:
    *columns, hidden = row
    return ThreadPost(PostRow(*columns), hidden)


def _shown(post: ThreadPost) -> ThreadPost:
    """The post, or a placeholder if it is hidden. Not for the requested post, which is always shown."""
    return post._replace(post=hidden_post(post.post)) if post.hidden else post


@prepared_statement
def _upwards(signed_in: bool) -> Selection:
    height: Any = literal_column("1").label("height")
    start = select(col(Post.id), col(Post.parent_id), height).where(col(Post.id) == POST)
    upwards = start.cte("upwards", recursive=True)
    parent = aliased(Post)
    step = select(col(parent.id), col(parent.parent_id), upwards.c.height + literal_column("1"))
    is_near = upwards.c.height < literal_column(str(ANCESTORS))
    path = upwards.union_all(step.join(upwards, upwards.c.parent_id == parent.id).where(is_near))
    return _select_posts(signed_in).join(path, path.c.id == Post.id).order_by(path.c.height.desc())


@prepared_statement
def _posts(signed_in: bool) -> Selection:
    return _select_posts(signed_in).where(current_dialect().is_one_of(col(Post.id), "ids"))


def _select_posts(signed_in: bool) -> Selection:
    """The columns of a `PostRow`, and `hidden`."""
    columns = [*post_columns(signed_in=signed_in), hidden_as(Post, signed_in).label("hidden")]
    return select(*columns).select_from(Post).outerjoin(User, col(User.id) == Post.user_id)
