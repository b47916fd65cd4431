"""Invites: created by superusers and the command line, used by registrations."""

from typing import NamedTuple

from sqlmodel import Session, col, delete, update

from pamps.config import settings
from pamps.errors import Forbidden
from pamps.models.audit import Action
from pamps.models.client import Client
from pamps.models.invite import Invite, InviteRequest
from pamps.models.user import Person
from pamps.queries.invite import BadInvite, InviteNotFound, is_good, require_invite
from pamps.security.tokens import digest, new_code
from pamps.services.audit import name_of, record
from pamps.services.locking import change


class RegistrationClosed(Forbidden):
    code = "registration_closed"
    detail = "Registration is closed."


class NewInvite(NamedTuple):
    """An invite that was just made. The code itself is nowhere else."""

    row: Invite
    code: str


def make_invite(
    session: Session, actor: Person | str, request: InviteRequest, client: Client | None
) -> NewInvite:
    """Make an invite."""
    code = new_code()
    row = Invite(
        note=request.note,
        uses_left=request.uses,
        expires_at=request.expires_at,
        made_by=name_of(actor),
        code_hash=digest(code),
    )
    session.add(row)
    session.flush()
    record(session, Action.INVITE_MADE, actor, f"invite {row.id}", client)
    return NewInvite(row, code)


def revoke_invite(session: Session, actor: Person | str, invite_id: int, client: Client | None) -> None:
    """Revoke an invite; raises InviteNotFound."""
    if not change(session, delete(Invite).where(col(Invite.id) == invite_id)):
        raise InviteNotFound
    record(session, Action.INVITE_REVOKED, actor, f"invite {invite_id}", client)


def check_registration(session: Session, code: str | None) -> None:
    """Check that registration is possible, with this invite code if any; raises RegistrationClosed or
    BadInvite."""
    if settings.accounts.registration == "closed":
        raise RegistrationClosed
    if settings.accounts.registration == "invite":
        require_invite(session, code or "")


def use_invite(session: Session, code: str | None) -> None:
    """Consume one use of an invite, if registration requires one; raises BadInvite. Safe under concurrency:
    the last use is granted once."""
    if settings.accounts.registration == "invite":
        used = update(Invite).where(is_good(code or "")).values(uses_left=Invite.uses_left - 1)
        if not change(session, used):
            raise BadInvite
