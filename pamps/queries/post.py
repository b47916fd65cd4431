"""Reading posts. What a viewer gets is always built here, in one statement a list."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, null, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pamps.errors import NotFound
from pamps.models.like import Like
from pamps.models.post import IS_LISTED, IS_TOP_LEVEL, Post, PostDetailResponse, PostPublic, PostResponse
from pamps.models.user import User, UserBrief
from pamps.pagination import MAX_LIMIT, Page, Sort
from pamps.queries.user import is_called

POST_COLUMNS = [getattr(Post, name) for name in ("id", *PostPublic.model_fields)]
AUTHOR_COLUMNS: list[Any] = [col(User.username).label("author_name"), col(User.avatar).label("author_avatar")]


class PostNotFound(NotFound):
    code = "post_not_found"
    detail = "There is no such post."


def get_post(session: Session, post_id: int) -> Post:
    """The post, unless it is gone or only its place is left; raises PostNotFound."""
    post = session.get(Post, post_id)
    if post is None or post.deleted:
        raise PostNotFound
    return post


def require_post(session: Session, post_id: int) -> int:
    """The id of a post that is there, even if only its place is left; raises PostNotFound."""
    if session.scalar(select(col(Post.id)).where(col(Post.id) == post_id)) is None:
        raise PostNotFound
    return post_id


def show_post(session: Session, viewer: User | None, post_id: int) -> PostResponse:
    """One post as the viewer sees it, or its place; raises PostNotFound."""
    row = session.execute(select_posts(viewer).where(col(Post.id) == post_id)).first()
    if row is None:
        raise PostNotFound
    return _response(row)


def show_post_detail(session: Session, viewer: User | None, post_id: int) -> PostDetailResponse:
    """One post with its first direct replies, oldest first; raises PostNotFound."""
    post = show_post(session, viewer, post_id)
    replies = _select_replies(viewer, post_id).order_by(col(Post.id)).limit(MAX_LIMIT)
    return PostDetailResponse.model_construct(**dict(post), replies=show_rows(session.execute(replies)))


def list_feed(
    session: Session, viewer: User | None, page: Page, *, author: str | None, sort: Sort
) -> list[PostResponse]:
    """Top-level posts of everybody, or of the user called `author` (of nobody: an empty list)."""
    statement = select_posts(viewer).where(IS_TOP_LEVEL, IS_LISTED)
    if author is not None:
        # As a value and not by the join: so the index of the author's posts is used, however few they are.
        named = select(col(User.id)).where(is_called(author)).scalar_subquery()
        statement = statement.where(col(Post.user_id) == named)
    return fetch_posts(session, page, statement, sort=sort)


def list_archive(
    session: Session, viewer: User | None, page: Page, user: User, *, include_replies: bool, sort: Sort
) -> list[PostResponse]:
    """What `user` wrote."""
    statement = select_posts(viewer).where(col(Post.user_id) == user.id, IS_LISTED)
    if not include_replies:
        statement = statement.where(IS_TOP_LEVEL)
    return fetch_posts(session, page, statement, sort=sort)


def list_replies(session: Session, viewer: User | None, page: Page, post_id: int) -> list[PostResponse]:
    """The direct replies of a post, oldest first, with the places of deleted ones."""
    return fetch_posts(session, page, _select_replies(viewer, post_id), sort=Sort.OLDEST_FIRST)


def list_liked(session: Session, viewer: User | None, page: Page, user: User) -> list[PostResponse]:
    """What `user` likes, latest like first. The cursor is the id of the like."""
    statement = select_posts(viewer).join(Like, col(Like.post_id) == Post.id)
    return fetch_posts(session, page, statement.where(col(Like.user_id) == user.id), key=Like.id)


def select_posts(viewer: User | None) -> Select[Any]:
    """The columns of a response: the post, its author, and whether the viewer likes it."""
    liked: ColumnElement[Any] = null()
    if viewer is not None:
        own = aliased(Like)  # an alias: one list joins the table of likes itself
        liked = exists().where(col(own.user_id) == viewer.id, col(own.post_id) == Post.id)
    return (
        select(*POST_COLUMNS, *AUTHOR_COLUMNS, liked.label("liked"))
        .select_from(Post)
        .outerjoin(User, col(User.id) == Post.user_id)
    )


def fetch_posts(
    session: Session,
    page: Page,
    statement: Select[Any],
    *,
    key: Any = Post.id,
    sort: Sort = Sort.NEWEST_FIRST,
) -> list[PostResponse]:
    """The page of a statement made with `select_posts`."""
    return show_rows(page.fetch(session, statement, key, sort))


def show_rows(rows: Iterable[Row[Any]]) -> list[PostResponse]:
    """The responses of rows that `select_posts` made."""
    return [_response(row) for row in rows]


def _select_replies(viewer: User | None, post_id: int) -> Select[Any]:
    return select_posts(viewer).where(col(Post.parent_id) == post_id)


def _response(row: Row[Any]) -> PostResponse:
    """The row comes from our own tables, so nothing is checked a second time."""
    fields = dict(row._mapping)
    author, avatar = fields.pop("author_name"), fields.pop("author_avatar")
    user = None if author is None else UserBrief(id=row.user_id, username=author, avatar=avatar)
    fields.pop("cursor", None)
    return PostResponse.model_construct(**fields, user=user)
