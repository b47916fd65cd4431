"""Who does not want to see whom: mutes and blocks."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel, String, col

from pamps.models.types import TABLE_OPTIONS, HasId, identity, moment, reference


class BlockKind(StrEnum):
    """Why somebody is hidden from a person."""

    MUTE = "mute"  # the person does not want to come across them
    BLOCK = "block"  # the person does not want to have to do with them
    BLOCKED = "blocked"  # the other side of a block: they do not want to have to do with the person


class BlockPublic(SQLModel):
    """Somebody whom one muted or blocked."""

    hidden_id: int = reference("user.id", ondelete="CASCADE")
    date: datetime = moment()


class Block(BlockPublic, table=True):
    """`user_id` does not see `hidden_id`. A block is a row each way, so that whoever looks asks for their own
    rows alone (see pamps.queries.visibility)."""

    __tablename__ = "hiding"
    __table_args__ = (
        UniqueConstraint("user_id", "hidden_id", "kind"),
        CheckConstraint("user_id <> hidden_id", name="no_self_hiding"),
        TABLE_OPTIONS,
    )

    id: int = identity()
    user_id: int = reference("user.id", ondelete="CASCADE")
    kind: str = Field(sa_type=String(10))


# Whom a person muted or blocked, each list in order of id; and what goes with a deleted account.
Index("ix_hiding_user_id_kind_id", col(Block.user_id), col(Block.kind), col(Block.id))
Index("ix_hiding_hidden_id", col(Block.hidden_id))


class BlockResponse(BlockPublic, HasId):
    """A mute or a block."""
