"""Reading posts: single posts, replies, and lists of posts."""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import literal_column, select
from sqlmodel import Session, col

from pamps.db.prepared import Statement, prepared_statement, run
from pamps.db.window import MAX_LIMIT, Sort, Window, WindowShape
from pamps.errors import NotFound
from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post
from pamps.models.user import Person, User
from pamps.queries.clauses import POST, USER, Column, Selection, as_value
from pamps.queries.listing import Listing, list_prepared
from pamps.queries.rows import PostRow, post_columns
from pamps.queries.visibility import visible_posts

# The posts of an RSS feed.
NEWEST = WindowShape(before=False, after=False, descending=True, rows=20)
# Builds the statement of a list of posts from `select_posts`, given the window and whether the viewer is
# signed in.
BuildPosts = Callable[[WindowShape, bool], Statement]


class PostNotFound(NotFound):
    code = "post_not_found"
    detail = "Post not found"


class PostDetail(NamedTuple):
    """A post and its first direct replies, oldest first."""

    post: PostRow
    replies: list[PostRow]


def get_post(session: Session, post_id: int) -> Post:
    """The post, unless it was deleted; raises PostNotFound."""
    post = session.get(Post, post_id)
    if post is None or post.deleted:
        raise PostNotFound
    return post


def require_post(session: Session, viewer: Person | None, post_id: int) -> int:
    """The id of a post that the viewer may see, including a tombstone; raises PostNotFound."""
    get_author(session, viewer, post_id)
    return post_id


def get_author(session: Session, viewer: Person | None, post_id: int) -> int | None:
    """The id of the author of a post that the viewer may see; None for a tombstone whose author was also
    deleted. Raises PostNotFound."""
    rows = run(session, _author(viewer is not None), post=post_id, **as_value(viewer))
    if not rows:
        raise PostNotFound
    ((author,),) = rows
    return int(author) if author else None


def get_post_row(session: Session, viewer: Person | None, post_id: int) -> PostRow:
    """A post or tombstone as the viewer sees it; raises PostNotFound."""
    rows = run(session, _post(viewer is not None), post=post_id, **as_value(viewer))
    if not rows:
        raise PostNotFound
    return PostRow(*rows[0][:-1])


def get_post_detail(session: Session, viewer: Person | None, post_id: int) -> PostDetail:
    """A post with its first MAX_LIMIT direct replies, oldest first; raises PostNotFound."""
    # The post comes first, because replies always have higher ids.
    rows = run(session, _post_and_replies(viewer is not None), post=post_id, **as_value(viewer))
    if not rows or rows[0][0] != post_id:
        raise PostNotFound
    post, *replies = [PostRow(*row[:-1]) for row in rows]
    return PostDetail(post, replies)


def list_by_user(
    session: Session,
    viewer: Person | None,
    window: Window,
    user_id: int,
    *,
    include_replies: bool,
    sort: Sort,
) -> Listing[PostRow]:
    """The posts by a user; replies are only included with `include_replies`."""
    build = _by_user_with_replies if include_replies else _by_user
    return list_posts(session, viewer, window, build, sort, user=user_id)


def list_replies(session: Session, viewer: Person | None, window: Window, post_id: int) -> Listing[PostRow]:
    """The direct replies to a post, including tombstones, oldest first."""
    return list_posts(session, viewer, window, _replies, Sort.OLDEST_FIRST, post=post_id)


def list_newest_by_user(session: Session, user: User) -> list[PostRow]:
    """The newest top-level posts by `user`, newest first, as seen without signing in."""
    return list_newest(session, _by_user, user=user.id)


def list_newest(session: Session, build: BuildPosts, **values: object) -> list[PostRow]:
    """The newest posts of a list, newest first, as seen without signing in."""
    return [PostRow(*row[:-1]) for row in run(session, build(NEWEST, False), **values)]


def list_posts(
    session: Session, viewer: Person | None, window: Window, build: BuildPosts, sort: Sort, **values: object
) -> Listing[PostRow]:
    """A page of a list of posts."""
    signed_in = viewer is not None
    return list_prepared(
        session, window, sort, PostRow, lambda shape: build(shape, signed_in), **as_value(viewer), **values
    )


def select_posts(signed_in: bool, key: Column = Post.id) -> Selection:
    """The columns of a `PostRow`, and the cursor of lists."""
    posts = select(*post_columns(signed_in=signed_in), key.label("cursor")).select_from(Post)
    return posts.outerjoin(User, col(User.id) == Post.user_id)


def select_by_user(signed_in: bool) -> Selection:
    """The posts by a user whom the viewer requested by name, even if muted."""
    return select_posts(signed_in).where(IS_LISTED, visible_posts(Post, signed_in, even_muted=True))


@prepared_statement
def _author(signed_in: bool) -> Selection:
    is_shown = visible_posts(Post, signed_in, even_muted=True)
    return select(col(Post.user_id)).where(col(Post.id) == POST, is_shown)


@prepared_statement
def _post(signed_in: bool) -> Selection:
    is_shown = visible_posts(Post, signed_in, even_muted=True)
    return select_posts(signed_in).where(col(Post.id) == POST, is_shown)


@prepared_statement
def _post_and_replies(signed_in: bool) -> Selection:
    is_shown = visible_posts(Post, signed_in, even_muted=True)
    own = select(col(Post.id)).where(col(Post.id) == POST, is_shown)
    replies = _shown_replies(select(col(Post.id)), signed_in).order_by(col(Post.id))
    first = replies.limit(literal_column(str(MAX_LIMIT))).subquery()
    ids = own.union_all(select(first.c.id)).subquery()
    return select_posts(signed_in).join(ids, ids.c.id == Post.id).order_by(col(Post.id))


def _shown_replies(posts: Selection, signed_in: bool) -> Selection:
    return posts.where(col(Post.parent_id) == POST, visible_posts(Post, signed_in))


@prepared_statement
def _by_user(shape: WindowShape, signed_in: bool) -> Selection:
    theirs = select_by_user(signed_in).where(col(Post.user_id) == USER)
    return shape.of(theirs.where(IS_TOP_LEVEL), col(Post.id))


@prepared_statement
def _by_user_with_replies(shape: WindowShape, signed_in: bool) -> Selection:
    theirs = select_by_user(signed_in).where(col(Post.user_id) == USER)
    return shape.of(theirs, col(Post.id))


@prepared_statement
def _replies(shape: WindowShape, signed_in: bool) -> Selection:
    return shape.of(_shown_replies(select_posts(signed_in), signed_in), col(Post.id))
