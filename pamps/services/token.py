"""Logging in."""

from sqlmodel import Session

from pamps.config import settings
from pamps.db import release
from pamps.errors import Unauthorized
from pamps.models.token import LoginForm, TokenResponse
from pamps.models.user import User
from pamps.queries.user import find_login
from pamps.security import InvalidToken, read_token, sign_token, verify_password


class BadCredentials(Unauthorized):
    code = "bad_credentials"
    detail = "The user name or the password is not right."


class RefusedToken(Unauthorized):
    code = "invalid_token"
    detail = "The token is not valid, or not any more. Sign in again."


class FreshTokenRequired(Unauthorized):
    code = "fresh_token_required"
    detail = "This needs a fresh token: sign in with your password again."


def log_in(session: Session, form: LoginForm) -> TokenResponse:
    """A fresh pair of tokens; raises BadCredentials, which does not tell what was wrong."""
    user = find_login(session, form.username)
    release(session)  # hashing is slow
    if not verify_password(form.password, user.password if user else None) or user is None:
        raise BadCredentials
    return _pair(user.id, fresh=True)


def refresh(session: Session, token: str) -> TokenResponse:
    """A new pair, not fresh, for a refresh token; raises RefusedToken."""
    try:
        claims = read_token(token, "refresh_token")
    except InvalidToken:
        raise RefusedToken from None
    return _pair(get_token_owner(session, claims.user_id).id, fresh=False)


def get_token_owner(session: Session, user_id: int) -> User:
    """The active user that a token was signed for; raises RefusedToken."""
    user = session.get(User, user_id)
    if user is None or not user.is_active:
        raise RefusedToken
    return user


def _pair(user_id: int, *, fresh: bool) -> TokenResponse:
    return TokenResponse(
        access_token=sign_token(user_id, "access_token", fresh=fresh),
        refresh_token=sign_token(user_id, "refresh_token", fresh=False),
        token_type="bearer",  # noqa: S106 - a kind of token, not a token
        expires_in=settings.security.access_token_minutes * 60,
    )
