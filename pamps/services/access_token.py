"""Creating, using and revoking personal access tokens."""

from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, delete, update

from pamps.db import own_transaction
from pamps.errors import Conflict
from pamps.models.access_token import AccessToken, AccessTokenRequest
from pamps.models.audit import Action
from pamps.models.client import Client
from pamps.models.types import utc_now
from pamps.models.user import Person
from pamps.queries.access_token import AccessTokenNotFound, count_access_tokens
from pamps.security.tokens import digest, new_access_token
from pamps.services.audit import record
from pamps.services.locking import change, lock_accounts

MAX_ACCESS_TOKENS = 100
# `last_used_at` is written at most once per interval, however often a token is used.
USE_PRECISION = timedelta(minutes=1)


class TooManyAccessTokens(Conflict):
    code = "too_many_access_tokens"
    detail = f"You have {MAX_ACCESS_TOKENS} access tokens. Revoke one first."


class NewAccessToken(NamedTuple):
    """A personal access token that was just made. The token itself is nowhere else."""

    row: AccessToken
    token: str


def create(session: Session, owner: Person, request: AccessTokenRequest, client: Client) -> NewAccessToken:
    """Make an access token; raises TooManyAccessTokens."""
    lock_accounts(session, owner)
    if count_access_tokens(session, owner) >= MAX_ACCESS_TOKENS:
        raise TooManyAccessTokens
    token = new_access_token()
    row = AccessToken(**request.model_dump(), user_id=owner.id, token_hash=digest(token), last_used_at=None)
    session.add(row)
    record(session, Action.ACCESS_TOKEN_MADE, owner, owner, client)
    session.flush()
    return NewAccessToken(row, token)


def revoke(session: Session, owner: Person, token_id: int, client: Client) -> None:
    """Revoke an access token of `owner`, effective immediately; raises AccessTokenNotFound."""
    own = (col(AccessToken.user_id) == owner.id) & (col(AccessToken.id) == token_id)
    if not change(session, delete(AccessToken).where(own)):
        raise AccessTokenNotFound
    record(session, Action.ACCESS_TOKEN_REVOKED, owner, owner, client)


def note_use(session: Session, token: AccessToken) -> None:
    """Record that a token is in use now. A database error is ignored: it is no reason to reject the
    request."""
    now = utc_now()
    if token.last_used_at is None or now - token.last_used_at > USE_PRECISION:
        statement = update(AccessToken).where(col(AccessToken.id) == token.id).values(last_used_at=now)
        with suppress(DBAPIError), own_transaction(session) as noting:
            noting.execute(statement)
