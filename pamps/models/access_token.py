"""Personal access tokens, for bots and scripts that cannot log in every half hour."""

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

# `read` allows GET requests, `write` everything that does not require a signed-in session.
Scopes = Literal["read", "write"]


def _named(name: str) -> str:
    if is_blank(name):
        raise ValueError("A name cannot be empty")
    return name


TokenName = Annotated[str, *text(min_length=1, max_length=100), AfterValidator(_named)]


class AccessTokenPublic(SQLModel):
    """The fields of an access token that its owner sees."""

    # A label chosen by the owner.
    name: str = Field(max_length=100)
    scopes: Scopes = Field(sa_type=String(10))
    created_at: datetime = moment()
    # None if the token is valid until it is revoked.
    expires_at: datetime | None
    # Accurate to a minute; None until the first use.
    last_used_at: datetime | None


class AccessToken(AccessTokenPublic, table=True):
    """A personal access token. Only its hash is stored, never the token."""

    __tablename__ = "access_token"
    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    user_id: int = reference("user.id", ondelete="CASCADE")
    token_hash: str = Field(max_length=64, repr=False)


Index("uq_access_token_token_hash", col(AccessToken.token_hash), unique=True)
Index("ix_access_token_user_id_id", col(AccessToken.user_id), col(AccessToken.id))


class AccessTokenRequest(RequestModel):
    """A new access token. Without `expires_at` it is valid until it is revoked."""

    name: TokenName
    scopes: Scopes
    expires_at: FutureTime | None = None


class AccessTokenResponse(AccessTokenPublic, HasId):
    """An access token without its secret."""


class NewAccessTokenResponse(AccessTokenResponse):
    """A newly created access token with its secret, which is shown only once."""

    token: str
