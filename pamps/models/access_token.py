"""Personal access tokens: for bots and scripts, which cannot log in every half hour."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator
from sqlalchemy import Index
from sqlmodel import Field, SQLModel, String, col

from pamps.models.types import (
    TABLE_OPTIONS,
    FutureTime,
    HasId,
    RequestModel,
    identity,
    moment,
    reference,
    text,
)
from pamps.text.storable import is_blank

# `read` opens what GET answers to, `write` everything that needs no login of its own.
Scopes = Literal["read", "write"]


def _named(name: str) -> str:
    if is_blank(name):
        raise ValueError("A name cannot be empty")
    return name


TokenName = Annotated[str, *text(min_length=1, max_length=100), AfterValidator(_named)]


class AccessTokenPublic(SQLModel):
    """What its owner sees of a token."""

    # What its owner calls it.
    name: str = Field(max_length=100)
    scopes: Scopes = Field(sa_type=String(10))
    created_at: datetime = moment()
    # None for a token that lasts until it is revoked.
    expires_at: datetime | None
    # Right to a minute; None until the first use.
    last_used_at: datetime | None


class AccessToken(AccessTokenPublic, table=True):
    """A token of its owner's making. The token itself is nowhere: only its hash."""

    __tablename__ = "access_token"
    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    user_id: int = reference("user.id", ondelete="CASCADE")
    token_hash: str = Field(max_length=64, repr=False)


Index("uq_access_token_token_hash", col(AccessToken.token_hash), unique=True)
Index("ix_access_token_user_id_id", col(AccessToken.user_id), col(AccessToken.id))


class AccessTokenRequest(RequestModel):
    """A new token. Without `expires_at` it lasts until it is revoked."""

    name: TokenName
    scopes: Scopes
    expires_at: FutureTime | None = None


class AccessTokenResponse(AccessTokenPublic, HasId):
    """A token, without what it is."""


class NewAccessTokenResponse(AccessTokenResponse):
    """A token that was just made, with what it is: this is shown once."""

    token: str
