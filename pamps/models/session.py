"""Login sessions."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel, col

from pamps.models.client import MAX_ADDRESS, MAX_DEVICE
from pamps.models.types import TABLE_OPTIONS, HasId, identity, moment, reference


class SessionPublic(SQLModel):
    """The fields of a session that its owner sees."""

    # User agent and network address of the client at login.
    device: str = Field(max_length=MAX_DEVICE)
    address: str = Field(max_length=MAX_ADDRESS)
    created_at: datetime = moment()
    # The time of the login or of the latest refresh.
    last_used_at: datetime = moment()
    # The absolute end of the session, even if it is used.
    expires_at: datetime


class LoginSession(SessionPublic, table=True):
    """A login session. Ending it deletes the row, which invalidates its tokens."""

    __tablename__ = "session"
    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    user_id: int = reference("user.id", ondelete="CASCADE")
    # Refreshes with an old token are tolerated until then (see pamps.services.session).
    overlap_until: datetime = moment()
    # Hash of the current refresh token; every other one of this session has already been used.
    refresh_hash: str = Field(max_length=64, repr=False)


Index("ix_session_user_id_id", col(LoginSession.user_id), col(LoginSession.id))


class SessionResponse(SessionPublic, HasId):
    """A session; `current` marks the one that sent the request."""

    current: bool
