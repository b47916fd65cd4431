"""Posts and replies."""

from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import AfterValidator
from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel, col

from pamps.config import settings
from pamps.models.ids import BodyId
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

# Text is stored as typed, so surrounding whitespace may exceed the length limit, up to this factor.
RAW_LENGTH_FACTOR = 10


def _postable(typed: str) -> str:
    """Require between one visible character and the limit, ignoring surrounding whitespace."""
    limit = settings.posts.max_length
    if is_blank(typed):
        raise ValueError("A post cannot be empty")
    if len(typed.strip()) > limit:
        raise ValueError(f"A post can have at most {limit} characters")
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
    """The public fields of a post, shared by the table and its responses."""

    # Empty if deleted.
    text: str = Field(sa_type=sa.Text)
    date: datetime = moment()
    # None if the author's account was deleted, which leaves a tombstone.
    user_id: int | None = reference("user.id", ondelete="SET NULL")
    # The post that this one replies to; None for a top-level post.
    parent_id: int | None = reference("post.id", ondelete="RESTRICT")
    edited_at: datetime | None
    deleted: bool = flag(False)
    likes: int = counter()
    # Direct replies that are not deleted.
    replies_count: int = counter()


class Post(PostPublic, table=True):
    """A post or a reply; if `deleted`, the tombstone of one that still has replies."""

    __table_args__ = (CheckConstraint("deleted OR user_id IS NOT NULL", name="author"), TABLE_OPTIONS)

    id: int = identity()


# The predicates of the partial indexes below: a query must use the same expressions to be served by them.
IS_TOP_LEVEL = col(Post.parent_id).is_(None)
IS_LISTED = col(Post.deleted).is_(False)


def _index_top_level(name: str, *columns: Any) -> None:
    """Declare an index of the posts that feeds show."""
    top_level = IS_TOP_LEVEL & IS_LISTED
    Index(name, *columns, sqlite_where=top_level, postgresql_where=top_level)


# Each by id: the public feed; posts by user and home timelines, without and with replies; replies. The index
# that includes deleted posts also holds the flag, so that home timelines need not read the rows.
_index_top_level("ix_post_feed", col(Post.id))
# Of two equally good indexes SQLite picks the newer: migration 0008 creates this one after the next.
_index_top_level("ix_post_archive", col(Post.user_id), col(Post.id))
Index("ix_post_user_id_id_deleted", col(Post.user_id), col(Post.id), col(Post.deleted))
Index("ix_post_date", col(Post.date))
# Excludes top-level posts: SQLite would use it for posts by a user, assuming that NULL parents are few.
IS_REPLY = col(Post.parent_id).is_not(None)
Index("ix_post_replies", col(Post.parent_id), col(Post.id), sqlite_where=IS_REPLY, postgresql_where=IS_REPLY)


class PostRequest(RequestModel):
    """A new post, or with `parent_id` a reply."""

    text: PostText
    parent_id: BodyId | None = None


class PostPatch(RequestModel):
    """The new text of a post."""

    text: PostText


class PostResponse(PostPublic, HasId):
    """A post with its author and, for a signed-in viewer, whether they like it."""

    user: UserBrief | None
    liked: bool | None = left_out_if_none()


class PostDetailResponse(PostResponse):
    """A post with its first replies, oldest first."""

    replies: list[PostResponse]
