"""Follows."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import SQLModel, col

from pamps.models.types import TABLE_OPTIONS, HasId, identity, moment, reference


class FollowPublic(SQLModel):
    """`follower_id` follows `followed_id`."""

    follower_id: int = reference("user.id", ondelete="CASCADE")
    followed_id: int = reference("user.id", ondelete="CASCADE")
    date: datetime = moment()


class Follow(FollowPublic, table=True):
    """A follow: unique per pair, and never of oneself."""

    # The tutorial's name for the table.
    __tablename__ = "social"
    __table_args__ = (
        UniqueConstraint("follower_id", "followed_id"),
        CheckConstraint("follower_id <> followed_id", name="no_self_follow"),
        TABLE_OPTIONS,
    )

    id: int = identity()


# The followers of a user and those they follow, each by id.
Index(
    "ix_social_follower_id_id_followed_id", col(Follow.follower_id), col(Follow.id), col(Follow.followed_id)
)
Index(
    "ix_social_followed_id_id_follower_id", col(Follow.followed_id), col(Follow.id), col(Follow.follower_id)
)


class FollowResponse(FollowPublic, HasId):
    """A follow."""
