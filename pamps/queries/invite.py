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
    detail = "There is no such invite."


class BadInvite(Forbidden):
    code = "bad_invite"
    detail = "Registering here needs an invite that is good: this one is not, or not any more."


def is_good(code: str) -> ColumnElement[bool]:
    """Whether an invite has this code and is valid now."""
    lasts = col(Invite.expires_at).is_(None) | (col(Invite.expires_at) > utc_now())
    return (col(Invite.code_hash) == digest(code)) & (col(Invite.uses_left) > 0) & lasts


def require_invite(session: Session, code: str) -> None:
    """Raise BadInvite unless the code belongs to an invite that is valid now."""
    if session.scalar(select(col(Invite.id)).where(is_good(code))) is None:
        raise BadInvite


def list_invites(session: Session, page: Page) -> list[InviteResponse]:
    """All invites that have not been revoked, newest first, including used and expired ones."""
    rows = page.fetch(session, select(*INVITE_COLUMNS), Invite.id, Sort.NEWEST_FIRST)
    return [InviteResponse.model_validate(row, from_attributes=True) for row in rows]
