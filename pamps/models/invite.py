"""Invites: codes with which somebody may register where not everybody may."""

from datetime import datetime
from typing import Annotated

from annotated_types import Ge, Le
from pydantic import Strict
from sqlalchemy import Index
from sqlmodel import Field, SQLModel, col

from pamps.models.types import TABLE_OPTIONS, FutureTime, HasId, RequestModel, identity, moment, text

Note = Annotated[str, *text(max_length=100)]


class InvitePublic(SQLModel):
    """What superusers see of an invite."""

    # What it is for, in the words of who made it.
    note: str = Field(max_length=100)
    # Registrations that it is still good for.
    uses_left: int
    created_at: datetime = moment()
    # None for one that does not end by time.
    expires_at: datetime | None
    # A user name, or `cli:` and the name of the system's user.
    made_by: str = Field(max_length=100)


class Invite(InvitePublic, table=True):
    """An invite. The code itself is nowhere: only its hash."""

    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    code_hash: str = Field(max_length=64, repr=False)


Index("uq_invite_code_hash", col(Invite.code_hash), unique=True)


class InviteRequest(RequestModel):
    """A new invite, for one registration unless `uses` says more."""

    note: Note = ""
    uses: Annotated[int, Strict(), Ge(1), Le(10_000)] = 1
    expires_at: FutureTime | None = None


class InviteResponse(InvitePublic, HasId):
    """An invite, without its code."""


class NewInviteResponse(InviteResponse):
    """An invite that was just made, with its code: this is shown once."""

    code: str
