"""Sessions: opened by a login, extended by refreshing, ended by their owner."""

import logging
from datetime import timedelta
from typing import NamedTuple, NoReturn

from sqlmodel import Session, col, delete, select

from pamps.config import settings
from pamps.db import commit_early
from pamps.errors import RefusedToken, Unauthorized
from pamps.models.access_token import AccessToken
from pamps.models.audit import Action
from pamps.models.client import Client
from pamps.models.session import LoginSession
from pamps.models.types import utc_now
from pamps.models.user import Person, User
from pamps.queries.session import SessionNotFound, is_alive
from pamps.security.tokens import Claims, InvalidToken, TokenId, read_token, seconds_to_live, sign_token
from pamps.services.audit import record
from pamps.services.locking import change, lock

logger = logging.getLogger(__name__)

# A program that logs in for every call must not fill the table; the oldest sessions are dropped.
MAX_SESSIONS = 100
LONGEST_OVERLAP = timedelta(seconds=10)


class TokenPair(NamedTuple):
    """The tokens of a session; the access token lives for `expires_in` seconds."""

    access_token: str
    refresh_token: str
    expires_in: int


def open_session(session: Session, user: User, client: Client) -> TokenPair:
    """Open a session for `user`, who has just authenticated; returns its first tokens. The caller must have
    locked the account."""
    _clear_away(session, user)
    refresh_id = TokenId.new()
    opened = LoginSession(
        user_id=user.id,
        refresh_hash=refresh_id.hashed,
        device=client.device,
        address=client.address,
        expires_at=utc_now() + timedelta(days=settings.security.session_days),
    )
    session.add(opened)
    session.flush()
    return _pair(opened, refresh_id, fresh=True)


def _clear_away(session: Session, user: User) -> None:
    """Delete the expired sessions of `user`, and the oldest ones beyond the limit."""
    own = col(LoginSession.user_id) == user.id
    oldest_first = select(LoginSession.id).where(own).order_by(col(LoginSession.id).desc())
    too_many = oldest_first.offset(MAX_SESSIONS - 1).limit(1).scalar_subquery()
    change(session, delete(LoginSession).where(own, ~is_alive() | (col(LoginSession.id) <= too_many)))


def refresh(session: Session, token: str, client: Client) -> TokenPair:
    """Exchange the current refresh token for a new token pair, whose access token is not fresh.

    Raises RefusedToken for any other token. Reuse of an earlier one means that it was stolen, and ends the
    session (RFC 9700, section 4.14.2). Of concurrent requests with the same token, as two browser windows
    send them, one succeeds and the others do not end the session.
    """
    claims = _read(token)
    user, found = _hold(session, claims)
    if found.refresh_hash != claims.id.hashed:
        if client.arrived > found.overlap_until:
            _end_stolen(session, user, found, client)
        # Requests count as concurrent while they overlap: one that arrived before this one finished still
        # does. The overlap is bounded, otherwise a thief could extend it indefinitely.
        found.overlap_until = min(utc_now(), found.last_used_at + LONGEST_OVERLAP)
        session.add(found)
        commit_early(session, because="the refusal must not undo it")
        raise RefusedToken
    refresh_id = TokenId.new()
    found.refresh_hash = refresh_id.hashed
    found.last_used_at = found.overlap_until = utc_now()
    session.add(found)
    return _pair(found, refresh_id, fresh=False)


def _read(token: str) -> Claims:
    try:
        return read_token(token, "refresh_token")
    except InvalidToken:
        raise RefusedToken from None


def _hold(session: Session, claims: Claims) -> tuple[User, LoginSession]:
    """The active owner of a token and the session, both locked; raises RefusedToken."""
    lock(session, User, col(User.id) == claims.user_id)
    user = session.get(User, claims.user_id)
    own = (col(LoginSession.id) == claims.session_id) & (col(LoginSession.user_id) == claims.user_id)
    found = session.exec(select(LoginSession).where(own, is_alive()).with_for_update()).first()
    if user is None or not user.is_active or found is None:
        raise RefusedToken
    return user, found


def _end_stolen(session: Session, user: User, stolen: LoginSession, client: Client) -> NoReturn:
    logger.warning("A refresh token of user %s was used twice; ending session %s.", user.id, stolen.id)
    record(session, Action.REFRESH_REUSED, user, user, client)
    session.delete(stolen)
    commit_early(session, because="the refusal must not undo it")
    raise RefusedToken


def log_out(session: Session, session_id: int | None, refresh_token: str | None) -> None:
    """End the given session, or else that of the refresh token; raises Unauthorized without either, and
    RefusedToken for an invalid token."""
    if session_id is None and refresh_token is None:
        raise Unauthorized
    if session_id is None:
        _, found = _hold(session, _read(refresh_token or ""))
        session_id = found.id
    change(session, delete(LoginSession).where(col(LoginSession.id) == session_id))


def end_session(session: Session, owner: Person, session_id: int) -> None:
    """End one session of `owner`; raises SessionNotFound."""
    own = (col(LoginSession.user_id) == owner.id) & (col(LoginSession.id) == session_id)
    if not change(session, delete(LoginSession).where(own)):
        raise SessionNotFound


def end_sessions(session: Session, owner: Person, *, exclude: int | None = None) -> int:
    """End all sessions of `owner` except the one with the id `exclude`; returns how many."""
    own = col(LoginSession.user_id) == owner.id
    return change(session, delete(LoginSession).where(own, col(LoginSession.id) != (exclude or 0)))


def revoke_all_access(session: Session, owner: Person) -> None:
    """End all sessions and revoke all access tokens of an account, which may have been compromised."""
    end_sessions(session, owner)
    change(session, delete(AccessToken).where(col(AccessToken.user_id) == owner.id))


def _pair(opened: LoginSession, refresh_id: TokenId, *, fresh: bool) -> TokenPair:
    access = Claims(opened.user_id, opened.id, TokenId.new(), fresh=fresh)
    refreshing = Claims(opened.user_id, opened.id, refresh_id, fresh=False)
    return TokenPair(
        access_token=sign_token(access, "access_token", opened.expires_at),
        refresh_token=sign_token(refreshing, "refresh_token", opened.expires_at),
        expires_in=seconds_to_live("access_token", opened.expires_at),
    )
