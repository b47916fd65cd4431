"""The audit log. Entries outlive the accounts they name."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from pamps.models.client import MAX_ADDRESS
from pamps.models.types import TABLE_OPTIONS, HasId, identity, moment


class Action(StrEnum):
    """The actions that are logged."""

    ACTIVATED = "activated"
    DEACTIVATED = "deactivated"
    DEMOTED = "demoted"
    EMAIL_CHANGED = "email_changed"
    INVITE_MADE = "invite_made"
    INVITE_REVOKED = "invite_revoked"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - an action
    PASSWORD_SET = "password_set"  # noqa: S105 - an action
    POST_DELETED = "post_deleted"
    PROMOTED = "promoted"
    SESSIONS_ENDED = "sessions_ended"
    TOTP_DISABLED = "totp_disabled"
    TOTP_ENABLED = "totp_enabled"
    USER_DELETED = "user_deleted"
    # Logged only after a correct password.
    WRONG_OTP = "wrong_otp"
    REFRESH_REUSED = "refresh_reused"
    ACCESS_TOKEN_MADE = "access_token_made"  # noqa: S105 - an action
    ACCESS_TOKEN_REVOKED = "access_token_revoked"  # noqa: S105 - an action
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an action


class AuditPublic(SQLModel):
    """The fields of an audit entry."""

    date: datetime = moment()
    # A user name, or `cli:` and the operating system user.
    actor: str = Field(max_length=100)
    action: str = Field(max_length=30)
    # A user name, or a type and an id, such as `post 12`.
    target: str = Field(max_length=100)
    # The client's IP address; empty for the command line.
    address: str = Field(max_length=MAX_ADDRESS)


class AuditEntry(AuditPublic, table=True):
    """An audit log entry. Users are recorded by name, not by foreign key, so that entries outlive accounts
    and writing one never waits for a lock."""

    __tablename__ = "audit"
    __table_args__ = TABLE_OPTIONS

    id: int = identity()


class AuditResponse(AuditPublic, HasId):
    """An audit log entry."""
