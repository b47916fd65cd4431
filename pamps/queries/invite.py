"""Reading invites."""

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from pamps.db.window import Sort, Window
from pamps.errors import Forbidden, NotFound
from pamps.models.invite import Invite
from pamps.models.types import utc_now
from pamps.queries.listing import Listing, list_table
from pamps.security.tokens import digest


class InviteNotFound(NotFound):
    code = "invite_not_found"
    detail = "Invite not found"


class BadInvite(Forbidden):
    code = "bad_invite"
    detail = "Registration requires a valid invite; this one is invalid or has expired."


def is_good(code: str) -> ColumnElement[bool]:
    """Whether an invite has this code and is valid now."""
    lasts = col(Invite.expires_at).is_(None) | (col(Invite.expires_at) > utc_now())
    return (col(Invite.code_hash) == digest(code)) & (col(Invite.uses_left) > 0) & lasts


def require_invite(session: Session, code: str) -> None:
    """Raise BadInvite unless the code belongs to an invite that is valid now."""
    if session.scalar(select(col(Invite.id)).where(is_good(code))) is None:
        raise BadInvite


def list_invites(session: Session, window: Window) -> Listing[Invite]:
    """All invites that were not revoked, latest first, including used and expired ones."""
    return list_table(session, window, Sort.NEWEST_FIRST, select(Invite), col(Invite.id))
