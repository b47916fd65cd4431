"""Invites: codes that allow registration on an invite-only server."""

from datetime import datetime
from typing import Annotated

from annotated_types import Ge, Le
from pydantic import Strict
from sqlalchemy import Index
from sqlmodel import Field, SQLModel, col

from pamps.models.types import TABLE_OPTIONS, FutureTime, HasId, RequestModel, identity, moment, text

Note = Annotated[str, *text(max_length=100)]


class InvitePublic(SQLModel):
    """The fields of an invite that superusers see."""

    # What the invite is for, in its creator's words.
    note: str = Field(max_length=100)
    # Remaining registrations.
    uses_left: int
    created_at: datetime = moment()
    # None if it does not expire.
    expires_at: datetime | None
    # A user name, or `cli:` and the operating system user.
    made_by: str = Field(max_length=100)


class Invite(InvitePublic, table=True):
    """An invite. Only the hash of its code is stored."""

    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    code_hash: str = Field(max_length=64, repr=False)


Index("uq_invite_code_hash", col(Invite.code_hash), unique=True)


class InviteRequest(RequestModel):
    """A new invite, valid for `uses` registrations."""

    note: Note = ""
    uses: Annotated[int, Strict(), Ge(1), Le(10_000)] = 1
    expires_at: FutureTime | None = None


class InviteResponse(InvitePublic, HasId):
    """An invite, without its code."""


class NewInviteResponse(InviteResponse):
    """A newly created invite with its code, which is shown only once."""

    code: str
