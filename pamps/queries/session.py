"""Reading sessions, and identifying the signed-in user."""

from datetime import timedelta

from sqlalchemy import ColumnElement, bindparam, select
from sqlmodel import Session, col
from sqlmodel.sql.sqltypes import UTCDateTime

from pamps.config import settings
from pamps.db.prepared import prepared_statement, run
from pamps.db.window import Sort, Window
from pamps.errors import NotFound
from pamps.models.client import network_of
from pamps.models.session import LoginSession
from pamps.models.types import utc_now
from pamps.models.user import Person, User, Viewer
from pamps.queries.clauses import Column, Selection
from pamps.queries.listing import Listing, list_table
from pamps.security.tokens import Claims

VIEWER_COLUMNS: list[Column] = [User.id, User.username, User.superuser]


class SessionNotFound(NotFound):
    code = "session_not_found"
    detail = "Session not found"


def find_signed_in(session: Session, claims: Claims) -> Viewer | None:
    """The owner of a token; None if the account is inactive or the session has ended. One indexed query."""
    rows = run(session, _signed_in(), login=claims.session_id, user=claims.user_id, now=utc_now())
    if not rows:
        return None
    user_id, username, superuser = rows[0]
    return Viewer(user_id, username, superuser, claims.session_id, claims.fresh)


@prepared_statement
def _signed_in() -> Selection:
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


def list_sessions(session: Session, owner: Person, window: Window) -> Listing[LoginSession]:
    """The sessions of `owner` that can still be used, latest login first."""
    own = select(LoginSession).where(col(LoginSession.user_id) == owner.id, is_alive())
    return list_table(session, window, Sort.NEWEST_FIRST, own, col(LoginSession.id))


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
