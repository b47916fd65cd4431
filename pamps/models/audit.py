"""The audit log: who did what to whom, kept when either is gone."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from pamps.models.client import MAX_ADDRESS
from pamps.models.types import TABLE_OPTIONS, HasId, identity, moment


class Action(StrEnum):
    """What is written down."""

    ACTIVATED = "activated"
    DEACTIVATED = "deactivated"
    DEMOTED = "demoted"
    EMAIL_CHANGED = "email_changed"
    INVITE_MADE = "invite_made"
    INVITE_REVOKED = "invite_revoked"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - an act
    PASSWORD_SET = "password_set"  # noqa: S105 - an act
    POST_DELETED = "post_deleted"
    PROMOTED = "promoted"
    SESSIONS_ENDED = "sessions_ended"
    TOTP_DISABLED = "totp_disabled"
    TOTP_ENABLED = "totp_enabled"
    USER_DELETED = "user_deleted"
    # The password was right.
    WRONG_OTP = "wrong_otp"
    REFRESH_REUSED = "refresh_reused"
    ACCESS_TOKEN_MADE = "access_token_made"  # noqa: S105 - an act
    ACCESS_TOKEN_REVOKED = "access_token_revoked"  # noqa: S105 - an act
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an act


class AuditPublic(SQLModel):
    """One act."""

    date: datetime = moment()
    # A user name, or `cli:` and the name of the system's user.
    actor: str = Field(max_length=100)
    action: str = Field(max_length=30)
    # A user name, or a kind and an id, such as `post 12`.
    target: str = Field(max_length=100)
    # Empty for the command line.
    address: str = Field(max_length=MAX_ADDRESS)


class AuditEntry(AuditPublic, table=True):
    """A line of the log. It names people as text and not by reference: it outlives them, and nobody waits
    for it."""

    __tablename__ = "audit"
    __table_args__ = TABLE_OPTIONS

    id: int = identity()


class AuditResponse(AuditPublic, HasId):
    """A line of the log."""
