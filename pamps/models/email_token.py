"""E-mail tokens: links sent by mail, each valid once and for one hour."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from sqlalchemy import Index
from sqlmodel import Field, SQLModel, String, col

from pamps.models.types import TABLE_OPTIONS, RequestModel, identity, reference, text
from pamps.models.user import Email, NewPassword


class Purpose(StrEnum):
    """What a link is for."""

    PASSWORD_RESET = "password_reset"  # noqa: S105 - a purpose
    EMAIL_CONFIRMATION = "email_confirmation"


class EmailToken(SQLModel, table=True):
    """A link sent by mail. Only the hash of its token is stored.

    There is one per user and purpose: a new link invalidates the previous one. A row without a user records a
    request for an unknown address, so that it takes as long as a request for a known one.
    """

    __tablename__ = "mail_link"
    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    user_id: int | None = reference("user.id", ondelete="CASCADE")
    purpose: str = Field(sa_type=String(20))
    # The recipient; following the link proves that the user owns this address.
    email: str = Field(max_length=254)
    token_hash: str = Field(max_length=64, repr=False)
    expires_at: datetime


Index("uq_mail_link_token_hash", col(EmailToken.token_hash), unique=True)
Index("uq_mail_link_user_id_purpose", col(EmailToken.user_id), col(EmailToken.purpose), unique=True)
Index("ix_mail_link_expires_at", col(EmailToken.expires_at))

LinkToken = Annotated[str, *text(min_length=1, max_length=100)]


class LinkRequest(RequestModel):
    """A request for a link by mail to this address."""

    email: Email


class LinkAnswer(SQLModel):
    """The answer, which is the same for known and unknown addresses."""

    detail: Literal["If this address belongs to an account, an e-mail is on its way."] = (
        "If this address belongs to an account, an e-mail is on its way."
    )


class LinkConfirmation(RequestModel):
    """The token of a link."""

    token: LinkToken


class PasswordReset(LinkConfirmation):
    """A new password, with the token of a link."""

    new_password: NewPassword
