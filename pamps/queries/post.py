"""Reading posts as a viewer sees them, in one statement each. Rendered rows are cached."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, false, literal, literal_column, null, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pamps.db.prepared import Statement, prepared_statement, reader, run
from pamps.errors import NotFound
from pamps.http.pagination import MAX_LIMIT, Page, Sort, Window
from pamps.models.like import Like
from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post, PostDetailResponse, PostPublic, PostResponse
from pamps.models.user import Person, User, UserBrief
from pamps.presenters.remembered import Json, json_list, rendered_once
from pamps.queries.clauses import POST, USER, VIEWER, as_value, first_pairs, is_there
from pamps.queries.visibility import is_visible

POST_FIELDS = ("id", *PostPublic.model_fields)
POST_COLUMNS = [getattr(Post, name) for name in POST_FIELDS]
AUTHOR_COLUMNS: list[Any] = [col(User.username).label("author_name"), col(User.avatar).label("author_avatar")]
SHOWN_COLUMNS = [*POST_COLUMNS, *AUTHOR_COLUMNS, literal(True)]
# The window of RSS feeds.
NEWEST = Window(before=False, after=False, descending=True, rows=20)


class PostNotFound(NotFound):
    code = "post_not_found"
    detail = "There is no such post."


def get_post(session: Session, post_id: int) -> Post:
    """The post; raises PostNotFound, even if a tombstone is left."""
    post = session.get(Post, post_id)
    if post is None or post.deleted:
        raise PostNotFound
    return post


def require_post(session: Session, viewer: Person | None, post_id: int) -> int:
    """The id of a post or tombstone that the viewer may see; raises PostNotFound."""
    get_author(session, viewer, post_id)
    return post_id


def get_author(session: Session, viewer: Person | None, post_id: int) -> int | None:
    """The author's id of a post that the viewer may see; None for a tombstone whose author was deleted, too.
    Raises PostNotFound."""
    rows = run(session, _author(viewer is not None), post=post_id, **as_value(viewer))
    if not rows:
        raise PostNotFound
    ((author,),) = rows
    return int(author) if author else None


def show_post(session: Session, viewer: Person | None, post_id: int) -> Json[PostResponse]:
    """One post or tombstone as the viewer sees it; raises PostNotFound."""
    rows = run(session, _post(viewer is not None), post=post_id, **as_value(viewer))
    if not rows:
        raise PostNotFound
    return Json(render_post(rows[0][:-1]))


def show_post_detail(session: Session, viewer: Person | None, post_id: int) -> Json[PostDetailResponse]:
    """One post with its first MAX_LIMIT direct replies, oldest first; raises PostNotFound."""
    # A post is older than its replies, so it has the lowest id.
    rows = run(session, _post_and_replies(viewer is not None), post=post_id, **as_value(viewer))
    if not rows or rows[0][0] != post_id:
        raise PostNotFound
    post, *replies = [render_post(row[:-1]) for row in rows]
    return Json(post[:-1] + b',"replies":' + json_list(replies) + b"}")


def list_by_user(
    session: Session, viewer: Person | None, page: Page, user_id: int, *, include_replies: bool, sort: Sort
) -> Json[list[PostResponse]]:
    """The posts by a user, with or without replies."""
    archive = _archive_with_replies if include_replies else _archive
    return list_posts(session, viewer, page, archive, sort, user=user_id)


def list_replies(
    session: Session, viewer: Person | None, page: Page, post_id: int
) -> Json[list[PostResponse]]:
    """The direct replies to a post, oldest first, including tombstones."""
    return list_posts(session, viewer, page, _replies, Sort.OLDEST_FIRST, post=post_id)


def list_liked(session: Session, viewer: Person | None, page: Page, user_id: int) -> Json[list[PostResponse]]:
    """The posts a user likes, latest like first. The cursor is the id of the like."""
    return list_posts(session, viewer, page, _liked, Sort.NEWEST_FIRST, user=user_id)


def list_newest_of(session: Session, user: User) -> list[PostResponse]:
    """The newest top-level posts by `user`, newest first, as seen without signing in."""
    return list_newest(session, _archive, user=user.id)


def list_newest(
    session: Session, build: Callable[[Window, bool], Statement], **values: Any
) -> list[PostResponse]:
    """The newest posts of a list, newest first, as seen without signing in. `build` is as for
    `list_posts`."""
    rows = run(session, build(NEWEST, False), **values)
    return [make_post(*_read_columns(row[:-1])) for row in rows]


def list_posts(
    session: Session,
    viewer: Person | None,
    page: Page,
    build: Callable[[Window, bool], Statement],
    sort: Sort,
    **values: Any,
) -> Json[list[PostResponse]]:
    """A page of a list. `build` creates its statement from `select_posts`, given the window and whether the
    viewer is signed in."""
    signed_in = viewer is not None
    rows = page.fetch_built(
        session, lambda window: build(window, signed_in), sort, **as_value(viewer), **values
    )
    return Json(json_list(render_post(row[:-1]) for row in rows))


def select_posts(signed_in: bool, key: Any = Post.id) -> Select[Any]:
    """The columns of `render_post` (the post, its author, and whether the viewer likes it), followed by the
    cursor."""
    posts = select(*columns_of_posts(signed_in), key.label("cursor")).select_from(Post)
    return posts.outerjoin(User, col(User.id) == Post.user_id)


def columns_of_posts(signed_in: bool) -> list[Any]:
    """The columns of `render_post`, for a statement that selects the post and joins its author."""
    liked: ColumnElement[Any] = null()
    if signed_in:
        own = aliased(Like)  # aliased, because one list joins the like table itself
        liked = is_there(col(own.user_id) == VIEWER, col(own.post_id) == Post.id)
    return [*POST_COLUMNS, *AUTHOR_COLUMNS, liked.label("liked")]


def columns_of_new_post() -> list[Any]:
    """The columns of `render_post`, for the insert of a post by USER, which has no likes yet."""
    author = [select(column).where(col(User.id) == USER).scalar_subquery() for column in AUTHOR_COLUMNS]
    return [*POST_COLUMNS, *author, false().label("liked")]


def make_post(*row: Any) -> PostResponse:
    """Build the response from the columns of `select_posts` without the cursor. They come from the database,
    so they are not validated again."""
    *columns, author, avatar, liked = row
    fields = dict(zip(POST_FIELDS, columns, strict=True))
    user = None if author is None else UserBrief(id=fields["user_id"], username=author, avatar=avatar)
    return PostResponse.model_construct(**fields, user=user, liked=liked)


render_post = rendered_once(SHOWN_COLUMNS)(make_post)
_read_columns = reader(SHOWN_COLUMNS)


@prepared_statement
def _author(signed_in: bool) -> Select[Any]:
    is_there = (col(Post.id) == POST) & is_visible(Post.user_id, signed_in, even_muted=True)
    return select(col(Post.user_id)).where(is_there)


@prepared_statement
def _post(signed_in: bool) -> Select[Any]:
    is_there = (col(Post.id) == POST) & is_visible(Post.user_id, signed_in, even_muted=True)
    return select_posts(signed_in).where(is_there)


@prepared_statement
def _post_and_replies(signed_in: bool) -> Select[Any]:
    own = select(col(Post.id)).where(
        col(Post.id) == POST, is_visible(Post.user_id, signed_in, even_muted=True)
    )
    replies = _shown_replies(select(col(Post.id)), signed_in).order_by(col(Post.id))
    first = replies.limit(literal_column(str(MAX_LIMIT))).subquery()
    ids = own.union_all(select(first.c.id)).subquery()
    return select_posts(signed_in).join(ids, ids.c.id == Post.id).order_by(col(Post.id))


def _shown_replies(posts: Select[Any], signed_in: bool) -> Select[Any]:
    return posts.where(col(Post.parent_id) == POST, is_visible(Post.user_id, signed_in))


@prepared_statement
def _archive(window: Window, signed_in: bool) -> Select[Any]:
    theirs = select_archive(signed_in).where(col(Post.user_id) == USER)
    return window.of(theirs.where(IS_TOP_LEVEL), col(Post.id))


@prepared_statement
def _archive_with_replies(window: Window, signed_in: bool) -> Select[Any]:
    theirs = select_archive(signed_in).where(col(Post.user_id) == USER)
    return window.of(theirs, col(Post.id))


def select_archive(signed_in: bool) -> Select[Any]:
    """Posts by a user whom the viewer asked for by name, and sees even if muted."""
    return select_posts(signed_in).where(IS_LISTED, is_visible(Post.user_id, signed_in, even_muted=True))


@prepared_statement
def _replies(window: Window, signed_in: bool) -> Select[Any]:
    return window.of(_shown_replies(select_posts(signed_in), signed_in), col(Post.id))


@prepared_statement
def _liked(window: Window, signed_in: bool) -> Select[Any]:
    author = select(col(Post.user_id)).where(col(Post.id) == Like.post_id).scalar_subquery()
    shown = (col(Like.user_id) == USER) & is_visible(author, signed_in)
    pairs = first_pairs(window, Like.post_id, shown)
    return window.sort(
        select_posts(signed_in, key=pairs.c.id).join(pairs, pairs.c.partner == Post.id), pairs.c.id
    )
