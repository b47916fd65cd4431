"""Posts and replies."""

from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import AfterValidator
from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel, col

from pamps.config import settings
from pamps.http.pagination import BodyId
from pamps.models.types import (
    TABLE_OPTIONS,
    HasId,
    RequestModel,
    configured_text,
    counter,
    flag,
    identity,
    left_out_if_none,
    moment,
    reference,
)
from pamps.models.user import UserBrief
from pamps.text.storable import is_blank

# Text is stored as typed, so a post may be longer than its limit by blanks around it, within reason.
RAW_LENGTH_FACTOR = 10


def _postable(typed: str) -> str:
    """Between one visible character and the limit, not counting blanks around the text."""
    limit = settings.posts.max_length
    if is_blank(typed):
        raise ValueError("A post cannot be empty")
    if len(typed.strip()) > limit:
        raise ValueError(f"A post has at most {limit} characters")
    return typed


PostText = Annotated[
    str,
    *configured_text(
        least=lambda: 1,
        most=lambda: settings.posts.max_length * RAW_LENGTH_FACTOR,
        # That blanks around do not count is for people.
        documented_most=lambda: settings.posts.max_length,
    ),
    AfterValidator(_postable),
]


class PostPublic(SQLModel):
    """What everybody sees of a post, shared by the table and its responses."""

    # Empty when deleted.
    text: str = Field(sa_type=sa.Text)
    date: datetime = moment()
    # None when the account of the author was deleted, which leaves only the place.
    user_id: int | None = reference("user.id", ondelete="SET NULL")
    # The post that this one replies to; None for a top-level post.
    parent_id: int | None = reference("post.id", ondelete="RESTRICT")
    edited_at: datetime | None
    deleted: bool = flag(False)
    likes: int = counter()
    # Direct replies, without deleted ones.
    replies_count: int = counter()


class Post(PostPublic, table=True):
    """A post or a reply, or, when `deleted`, the place of one that still has replies."""

    __table_args__ = (CheckConstraint("deleted OR user_id IS NOT NULL", name="author"), TABLE_OPTIONS)

    id: int = identity()


# Written into the indexes below: a query must use the very same words to be served by them.
IS_TOP_LEVEL = col(Post.parent_id).is_(None)
IS_LISTED = col(Post.deleted).is_(False)


def _index_top_level(name: str, *columns: Any) -> None:
    """An index of the posts that feeds show: what they leave out is left out of it."""
    top_level = IS_TOP_LEVEL & IS_LISTED
    Index(name, *columns, sqlite_where=top_level, postgresql_where=top_level)


# Each in order of id: the public feed; archives and home timelines, without and with replies; replies. What
# tells deleted posts is in the index that has them, so that home timelines need not look at the rows.
_index_top_level("ix_post_feed", col(Post.id))
# Of two that look equally good, SQLite takes the younger: migration 0008 makes this one after the next.
_index_top_level("ix_post_archive", col(Post.user_id), col(Post.id))
Index("ix_post_user_id_id_deleted", col(Post.user_id), col(Post.id), col(Post.deleted))
Index("ix_post_date", col(Post.date))
# Without top-level posts: SQLite would look there for those of an author, as if they were few.
IS_REPLY = col(Post.parent_id).is_not(None)
Index("ix_post_replies", col(Post.parent_id), col(Post.id), sqlite_where=IS_REPLY, postgresql_where=IS_REPLY)


class PostRequest(RequestModel):
    """A new post, or with `parent_id` a reply."""

    text: PostText
    parent_id: BodyId | None = None


class PostPatch(RequestModel):
    """A new text for a post."""

    text: PostText


class PostResponse(PostPublic, HasId):
    """A post with its author; for a signed-in viewer also whether they like it."""

    user: UserBrief | None
    liked: bool | None = left_out_if_none()


class PostDetailResponse(PostResponse):
    """A post with its first replies, oldest first."""

    replies: list[PostResponse]
