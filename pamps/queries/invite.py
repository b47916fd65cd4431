"""Reading invites."""

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from pamps.errors import Forbidden, NotFound
from pamps.http.pagination import Page, Sort
from pamps.models.invite import Invite, InvitePublic, InviteResponse
from pamps.models.types import utc_now
from pamps.security.tokens import digest

INVITE_COLUMNS = [getattr(Invite, name) for name in ("id", *InvitePublic.model_fields)]


class InviteNotFound(NotFound):
    code = "invite_not_found"
    detail = "Invite not found"


class BadInvite(Forbidden):
    code = "bad_invite"
    detail = "Registration requires a valid invite; this one is invalid or has expired."


def is_good(code: str) -> ColumnElement[bool]:
    """Whether an invite has this code and can be used now."""
    lasts = col(Invite.expires_at).is_(None) | (col(Invite.expires_at) > utc_now())
    return (col(Invite.code_hash) == digest(code)) & (col(Invite.uses_left) > 0) & lasts


def require_invite(session: Session, code: str) -> None:
    """Raise BadInvite unless the code is good now."""
    if session.scalar(select(col(Invite.id)).where(is_good(code))) is None:
        raise BadInvite


def list_invites(session: Session, page: Page) -> list[InviteResponse]:
    """All invites that were not revoked, latest first, with those that are used up or over."""
    rows = page.fetch(session, select(*INVITE_COLUMNS), Invite.id, Sort.NEWEST_FIRST)
    return [InviteResponse.model_validate(row, from_attributes=True) for row in rows]
