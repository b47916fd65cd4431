"""Links that are sent by mail: each works once, for an hour."""

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
    """A link that was sent. The token in it is nowhere: only its hash.

    One for each purpose and user: a new one makes the old one useless. A row without a user stands for a link
    that was asked for an address that nobody has; writing it takes as long as writing any other.
    """

    __tablename__ = "mail_link"
    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    user_id: int | None = reference("user.id", ondelete="CASCADE")
    purpose: str = Field(sa_type=String(20))
    # The address that it was sent to, and that following it proves to be the owner's.
    email: str = Field(max_length=254)
    token_hash: str = Field(max_length=64, repr=False)
    expires_at: datetime


Index("uq_mail_link_token_hash", col(EmailToken.token_hash), unique=True)
Index("uq_mail_link_user_id_purpose", col(EmailToken.user_id), col(EmailToken.purpose), unique=True)
Index("ix_mail_link_expires_at", col(EmailToken.expires_at))

LinkToken = Annotated[str, *text(min_length=1, max_length=100)]


class LinkRequest(RequestModel):
    """A wish for a mail to this address."""

    email: Email


class LinkAnswer(SQLModel):
    """What is answered whether the address is known or not."""

    detail: Literal["If the address is known here, a mail is on its way."] = (
        "If the address is known here, a mail is on its way."
    )


class LinkConfirmation(RequestModel):
    """The token of a link."""

    token: LinkToken


class PasswordReset(LinkConfirmation):
    """A new password, with the token of a link."""

    new_password: NewPassword
