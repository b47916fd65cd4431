"""Sessions: each login of each person, until it is ended."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel, col

from pamps.models.client import MAX_ADDRESS, MAX_DEVICE
from pamps.models.types import TABLE_OPTIONS, HasId, identity, moment, reference


class SessionPublic(SQLModel):
    """What its owner sees of a session."""

    # What the client called itself at the login, and where it was then.
    device: str = Field(max_length=MAX_DEVICE)
    address: str = Field(max_length=MAX_ADDRESS)
    created_at: datetime = moment()
    # The login, or the last refresh after it.
    last_used_at: datetime = moment()
    # When it is over, however much it is used.
    expires_at: datetime


class LoginSession(SessionPublic, table=True):
    """A login that has not been ended. Ending it deletes the row, and its tokens open nothing any more."""

    __tablename__ = "session"
    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    user_id: int = reference("user.id", ondelete="CASCADE")
    # Until when refreshes that come together count as one moment (see pamps.services.session).
    overlap_until: datetime = moment()
    # Of the one refresh token that is good; every other one of this session has been used before.
    refresh_hash: str = Field(max_length=64, repr=False)


Index("ix_session_user_id_id", col(LoginSession.user_id), col(LoginSession.id))


class SessionResponse(SessionPublic, HasId):
    """A session; `current` is the one that asks."""

    current: bool
