"""The second factor: codes that change with time, and recovery codes for when the phone is gone."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints
from sqlalchemy import Index
from sqlmodel import Field, SQLModel, Text, col

from pamps.models.types import TABLE_OPTIONS, RequestModel, identity, reference, text

# Six digits of the app, or a recovery code; blanks and hyphens do not count.
Otp = Annotated[str, *text(max_length=100)]


class Totp(SQLModel, table=True):
    """What an account shares with an app that shows codes (RFC 6238)."""

    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    user_id: int = reference("user.id", ondelete="CASCADE")
    # Encrypted: see pamps.security.encryption.
    secret: str = Field(sa_type=Text, repr=False)
    # None until the owner has shown a code; before that, nobody asks for one.
    confirmed_at: datetime | None
    # The time step of the last code that was accepted: none is accepted twice.
    last_step: int


class RecoveryCode(SQLModel, table=True):
    """A code that works once in place of the app's."""

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
    """A code of the app."""

    otp: Annotated[str, *text(max_length=100), StringConstraints(min_length=1)]


class TotpSecretResponse(SQLModel):
    """What the app has to know, shown once: the secret in base 32, and the same as an address to scan."""

    secret: str
    uri: str


class TotpResponse(SQLModel):
    """Whether logging in wants a code, and how many recovery codes are left."""

    enabled: bool
    recovery_codes_left: int


class RecoveryCodesResponse(SQLModel):
    """Codes that work once each in place of the app's; shown once."""

    recovery_codes: list[str]
