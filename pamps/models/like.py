"""Likes."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import SQLModel, col

from pamps.models.types import TABLE_OPTIONS, HasId, identity, moment, reference


class LikePublic(SQLModel):
    """`user_id` likes `post_id`."""

    user_id: int = reference("user.id", ondelete="CASCADE")
    post_id: int = reference("post.id", ondelete="CASCADE")
    date: datetime = moment()


class Like(LikePublic, table=True):
    """A like: unique per user and post."""

    __table_args__ = (UniqueConstraint("user_id", "post_id"), TABLE_OPTIONS)

    id: int = identity()


# The likes of a user and those of a post, each by id.
Index("ix_like_user_id_id_post_id", col(Like.user_id), col(Like.id), col(Like.post_id))
Index("ix_like_post_id_id_user_id", col(Like.post_id), col(Like.id), col(Like.user_id))


class LikeResponse(LikePublic, HasId):
    """A like."""
