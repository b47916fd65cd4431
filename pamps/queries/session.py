"""Reading sessions, and identifying the signed-in user."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlmodel import Session, col
from sqlmodel.sql.sqltypes import UTCDateTime

from pamps.config import settings
from pamps.db.prepared import prepared_statement, reader, run
from pamps.errors import NotFound
from pamps.http.pagination import Page, Sort
from pamps.models.client import network_of
from pamps.models.session import LoginSession, SessionPublic, SessionResponse
from pamps.models.types import utc_now
from pamps.models.user import Person, User, Viewer
from pamps.security.tokens import Claims

VIEWER_COLUMNS: list[Any] = [User.id, User.username, User.superuser]
_read_viewer = reader(VIEWER_COLUMNS)
SESSION_COLUMNS = [getattr(LoginSession, name) for name in ("id", *SessionPublic.model_fields)]


class SessionNotFound(NotFound):
    code = "session_not_found"
    detail = "You have no such session."


def find_signed_in(session: Session, claims: Claims) -> Viewer | None:
    """The owner of a token; None if the account is inactive or the session has ended. One indexed query."""
    rows = run(session, _signed_in(), login=claims.session_id, user=claims.user_id, now=utc_now())
    if not rows:
        return None
    user_id, username, superuser = _read_viewer(rows[0])
    return Viewer(user_id, username, superuser, claims.session_id, claims.fresh)


@prepared_statement
def _signed_in() -> Select[Any]:
    return (
        select(*VIEWER_COLUMNS)
        .join(LoginSession, col(LoginSession.user_id) == User.id)
        .where(
            col(LoginSession.id) == bindparam("login"),
            col(LoginSession.expires_at) > bindparam("now", type_=UTCDateTime()),
            col(User.id) == bindparam("user"),
            col(User.is_active).is_(True),
        )
    )


def list_sessions(session: Session, owner: Person, current: int | None, page: Page) -> list[SessionResponse]:
    """The active sessions of `owner`, latest login first; the one with the id `current` is marked."""
    statement = select(*SESSION_COLUMNS).where(col(LoginSession.user_id) == owner.id, is_alive())
    rows = page.fetch(session, statement, LoginSession.id, Sort.NEWEST_FIRST)
    return [SessionResponse(**row._mapping, current=row.id == current) for row in rows]


def was_used_from(session: Session, owner: Person, network: str) -> bool:
    """Whether `owner` has a session opened from this network (see pamps.models.client)."""
    own = select(col(LoginSession.address)).where(col(LoginSession.user_id) == owner.id)
    return network in map(network_of, session.scalars(own.distinct()))


def all_sessions(session: Session, owner: Person) -> list[LoginSession]:
    """The active sessions of `owner`, latest login first. Their number is bounded by MAX_SESSIONS."""
    own = select(LoginSession).where(col(LoginSession.user_id) == owner.id, is_alive())
    return list(session.scalars(own.order_by(col(LoginSession.id).desc())))


def is_alive() -> ColumnElement[bool]:
    """Whether a session is active: neither it nor its latest refresh token has expired."""
    now = utc_now()
    idle = now - timedelta(minutes=settings.security.refresh_token_minutes)
    return (col(LoginSession.expires_at) > now) & (col(LoginSession.last_used_at) > idle)
