"""Login requests and the tokens they return."""

from typing import Annotated, Literal

from pydantic import Field
from sqlmodel import SQLModel

from pamps.models.totp import Otp
from pamps.models.types import RequestModel, left_out_if_none, text
from pamps.models.user import GivenPassword

AccountName = Annotated[str, *text(min_length=1, max_length=254)]
# Longer than any token Pamps issues.
GivenToken = Annotated[str, *text(min_length=1, max_length=2000)]
Ignored = Annotated[str, *text(max_length=500)] | None


class LoginForm(RequestModel):
    """The password grant of OAuth 2.0 (RFC 6749, 4.3); the fields after `cookie` are accepted and ignored."""

    username: AccountName = Field(description="User name or e-mail address.")
    password: GivenPassword
    otp: Otp | None = Field(
        None, description="Authenticator or recovery code, if two-factor authentication is on."
    )
    cookie: bool = Field(False, description="Return the refresh token in a cookie instead of the body.")
    grant_type: Literal["password"] | None = None
    scope: Ignored = None
    client_id: Ignored = None
    client_secret: Ignored = None


class RefreshRequest(RequestModel):
    """The refresh token of an earlier login."""

    refresh_token: GivenToken


class TokenResponse(SQLModel):
    """A token pair; `expires_in` is the lifetime of the access token in seconds (RFC 6749, 5.1)."""

    access_token: str
    # Omitted if it was set as a cookie.
    refresh_token: str | None = left_out_if_none()
    token_type: Literal["bearer"]
    expires_in: int
