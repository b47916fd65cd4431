"""Two-factor authentication: time-based codes (TOTP), and recovery codes for a lost device."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints
from sqlalchemy import Index
from sqlmodel import Field, SQLModel, Text, col

from pamps.models.types import TABLE_OPTIONS, RequestModel, identity, reference, text

# Six digits from the authenticator app, or a recovery code; spaces and hyphens are ignored.
Otp = Annotated[str, *text(max_length=100)]


class Totp(SQLModel, table=True):
    """The secret that an account shares with an authenticator app (RFC 6238)."""

    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    user_id: int = reference("user.id", ondelete="CASCADE")
    # Encrypted: see pamps.security.encryption.
    secret: str = Field(sa_type=Text, repr=False)
    # None until the owner has confirmed a code; until then, logins require none.
    confirmed_at: datetime | None
    # The time step of the last accepted code: codes are accepted once, in order.
    last_step: int


class RecoveryCode(SQLModel, table=True):
    """A single-use code that replaces one from the authenticator app."""

    __tablename__ = "recovery_code"
    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    user_id: int = reference("user.id", ondelete="CASCADE")
    code_hash: str = Field(max_length=64, repr=False)


Index("uq_totp_user_id", col(Totp.user_id), unique=True)
Index(
    "uq_recovery_code_user_id_code_hash",
    col(RecoveryCode.user_id),
    col(RecoveryCode.code_hash),
    unique=True,
)


class OtpRequest(RequestModel):
    """A code from the authenticator app."""

    otp: Annotated[str, *text(max_length=100), StringConstraints(min_length=1)]


class TotpSecretResponse(SQLModel):
    """The secret for the authenticator app, shown only once: in base 32, and as a URI for a QR code."""

    secret: str
    uri: str


class TotpResponse(SQLModel):
    """Whether two-factor authentication is on, and the number of unused recovery codes."""

    enabled: bool
    recovery_codes_left: int


class RecoveryCodesResponse(SQLModel):
    """Single-use recovery codes, shown only once."""

    recovery_codes: list[str]
