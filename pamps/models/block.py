"""Mutes and blocks."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel, String, col

from pamps.models.types import TABLE_OPTIONS, HasId, identity, moment, reference


class BlockKind(StrEnum):
    """Why one user is hidden from another."""

    MUTE = "mute"  # the user muted them
    BLOCK = "block"  # the user blocked them
    BLOCKED = "blocked"  # the reverse of a block: the user was blocked by them


class BlockPublic(SQLModel):
    """The fields of a mute or a block."""

    hidden_id: int = reference("user.id", ondelete="CASCADE")
    date: datetime = moment()


class Block(BlockPublic, table=True):
    """`user_id` does not see `hidden_id`. A block is stored as one row in each direction, so that queries
    read only the viewer's own rows (see pamps.queries.visibility)."""

    __tablename__ = "hiding"
    __table_args__ = (
        UniqueConstraint("user_id", "hidden_id", "kind"),
        CheckConstraint("user_id <> hidden_id", name="no_self_hiding"),
        TABLE_OPTIONS,
    )

    id: int = identity()
    user_id: int = reference("user.id", ondelete="CASCADE")
    kind: str = Field(sa_type=String(10))


# The lists of muted and of blocked users, each by id; and the cascade from a deleted account.
Index("ix_hiding_user_id_kind_id", col(Block.user_id), col(Block.kind), col(Block.id))
Index("ix_hiding_hidden_id", col(Block.hidden_id))


class BlockResponse(BlockPublic, HasId):
    """A mute or a block."""
