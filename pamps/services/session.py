"""Sessions: opened by a login, kept by refreshing, ended by their owner."""

import logging
from datetime import timedelta
from typing import NoReturn

from sqlmodel import Session, col, delete, select

from pamps.config import settings
from pamps.db import commit_early
from pamps.errors import RefusedToken, Unauthorized
from pamps.models.access_token import AccessToken
from pamps.models.audit import Action
from pamps.models.client import Client
from pamps.models.login import TokenResponse
from pamps.models.session import LoginSession
from pamps.models.types import utc_now
from pamps.models.user import Person, User
from pamps.queries.session import SessionNotFound, is_alive
from pamps.security.tokens import Claims, InvalidToken, TokenId, read_token, seconds_to_live, sign_token
from pamps.services.audit import record
from pamps.services.locking import change, lock

logger = logging.getLogger(__name__)

# A program that logs in for every call must not fill the table; its oldest sessions give way.
MAX_SESSIONS = 100
LONGEST_OVERLAP = timedelta(seconds=10)


def open_session(session: Session, user: User, client: Client) -> TokenResponse:
    """A session for who has just proved to be `user`, whose account the caller holds; its first tokens."""
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
    """Delete the sessions of `user` that are over, and the oldest where there are too many."""
    own = col(LoginSession.user_id) == user.id
    oldest_first = select(LoginSession.id).where(own).order_by(col(LoginSession.id).desc())
    too_many = oldest_first.offset(MAX_SESSIONS - 1).limit(1).scalar_subquery()
    change(session, delete(LoginSession).where(own, ~is_alive() | (col(LoginSession.id) <= too_many)))


def refresh(session: Session, token: str, client: Client) -> TokenResponse:
    """A new pair of tokens, not fresh, for the refresh token that is good.

    Raises RefusedToken for any other. One that was good before is in two hands: that ends the session
    (RFC 9700, section 4.14.2). Of several that come at the same moment, as two windows of one browser send
    them, one wins and the others end nothing.
    """
    claims = _read(token)
    user, found = _hold(session, claims)
    if found.refresh_hash != claims.id.hashed:
        if client.arrived > found.overlap_until:
            _end_stolen(session, user, found, client)
        # The moment lasts while requests overlap: who arrived before this one is done still belongs to it.
        # But not for long, or a thief could make it last.
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
    """The active owner of a token and the session, held against other changes; raises RefusedToken."""
    lock(session, User, col(User.id) == claims.user_id)
    user = session.get(User, claims.user_id)
    own = (col(LoginSession.id) == claims.session_id) & (col(LoginSession.user_id) == claims.user_id)
    found = session.exec(select(LoginSession).where(own, is_alive()).with_for_update()).first()
    if user is None or not user.is_active or found is None:
        raise RefusedToken
    return user, found


def _end_stolen(session: Session, user: User, stolen: LoginSession, client: Client) -> NoReturn:
    logger.warning("A refresh token of user %s came a second time; session %s ends.", user.id, stolen.id)
    record(session, Action.REFRESH_REUSED, user, user, client)
    session.delete(stolen)
    commit_early(session, because="the refusal must not undo it")
    raise RefusedToken


def log_out(session: Session, session_id: int | None, refresh_token: str | None) -> None:
    """End the session that asks, or else the one of the refresh token; raises Unauthorized without either,
    and RefusedToken for a token that is not good."""
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
    """End all sessions of `owner`, except the one with the id `exclude`; tells how many."""
    own = col(LoginSession.user_id) == owner.id
    return change(session, delete(LoginSession).where(own, col(LoginSession.id) != (exclude or 0)))


def revoke_all_access(session: Session, owner: Person) -> None:
    """End everything that opens an account without its password: it may have been in wrong hands."""
    end_sessions(session, owner)
    change(session, delete(AccessToken).where(col(AccessToken.user_id) == owner.id))


def _pair(opened: LoginSession, refresh_id: TokenId, *, fresh: bool) -> TokenResponse:
    access = Claims(opened.user_id, opened.id, TokenId.new(), fresh=fresh)
    refreshing = Claims(opened.user_id, opened.id, refresh_id, fresh=False)
    return TokenResponse(
        access_token=sign_token(access, "access_token", opened.expires_at),
        refresh_token=sign_token(refreshing, "refresh_token", opened.expires_at),
        token_type="bearer",  # noqa: S106 - a kind of token, not a token
        expires_in=seconds_to_live("access_token", opened.expires_at),
    )
