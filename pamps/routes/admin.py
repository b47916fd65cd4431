"""Administration. Every route requires a signed-in superuser; changes are written to the audit log."""

from typing import Annotated

from fastapi import Query

from pamps.auth import Superuser, superuser
from pamps.errors import SessionRequired, SuperuserRequired, Unauthorized
from pamps.http.answers import Answer
from pamps.http.dependencies import ClientDep, PathId, SessionDep
from pamps.http.openapi import refusals
from pamps.http.pagination import PageDep
from pamps.http.route import make_router
from pamps.models.audit import AuditResponse
from pamps.models.invite import InviteRequest, InviteResponse, NewInviteResponse
from pamps.models.types import text
from pamps.models.user import AccountResponse
from pamps.presenters import native
from pamps.queries import account as account_queries
from pamps.queries import audit as audit_queries
from pamps.queries import invite as invite_queries
from pamps.queries.invite import InviteNotFound
from pamps.queries.post import PostNotFound
from pamps.queries.user import UserNotFound
from pamps.services import admin as admin_service
from pamps.services import invite as invite_service
from pamps.services import post as post_service
from pamps.services.admin import OwnAccount

router = make_router("/admin", "admin", access=superuser, store=False)

GUARDS = (Unauthorized, SessionRequired, SuperuserRequired)
Part = Annotated[str, *text(max_length=254)]
Search = Annotated[
    Part | None, Query(description="Only accounts whose user name or e-mail address contains this text.")
]
IsActive = Annotated[
    bool | None, Query(description="`true`: only active accounts; `false`: only deactivated ones.")
]


@router.get("/user/", responses=refusals(*GUARDS))
def list_accounts(
    page: PageDep, session: SessionDep, q: Search = None, is_active: IsActive = None
) -> Answer[list[AccountResponse]]:
    """List all accounts, oldest first."""
    accounts = account_queries.list_accounts(session, page.window, part=q, is_active=is_active)
    return page.answer(accounts, native.account)


@router.post("/user/{user_id}/deactivate/", responses=refusals(*GUARDS, UserNotFound, OwnAccount))
def deactivate(
    user_id: PathId, viewer: Superuser, client: ClientDep, session: SessionDep
) -> Answer[AccountResponse]:
    """Deactivate an account: its sessions end, its tokens and logins are rejected. Its posts stay visible."""
    row = admin_service.set_active(session, viewer, user_id, client, active=False)
    return Answer(native.account(row))


@router.post("/user/{user_id}/activate/", responses=refusals(*GUARDS, UserNotFound, OwnAccount))
def activate(
    user_id: PathId, viewer: Superuser, client: ClientDep, session: SessionDep
) -> Answer[AccountResponse]:
    """Reactivate an account."""
    row = admin_service.set_active(session, viewer, user_id, client, active=True)
    return Answer(native.account(row))


@router.delete("/user/{user_id}/", status_code=204, responses=refusals(*GUARDS, UserNotFound, OwnAccount))
def delete_user(user_id: PathId, viewer: Superuser, client: ClientDep, session: SessionDep) -> None:
    """Delete an account and all its posts."""
    admin_service.delete_user(session, viewer, user_id, client)


@router.delete("/post/{post_id}/", status_code=204, responses=refusals(*GUARDS, PostNotFound))
def delete_post(post_id: PathId, viewer: Superuser, client: ClientDep, session: SessionDep) -> None:
    """Delete any post. If it has replies, a tombstone remains."""
    post_service.delete_post(session, viewer, post_id, client)


@router.get("/audit/", responses=refusals(*GUARDS))
def list_audit(page: PageDep, session: SessionDep) -> Answer[list[AuditResponse]]:
    """List the audit log, latest entry first."""
    return page.answer(audit_queries.list_audit(session, page.window), native.audit_entry)


@router.post("/invite/", status_code=201, responses=refusals(*GUARDS))
def make_invite(
    body: InviteRequest, viewer: Superuser, client: ClientDep, session: SessionDep
) -> NewInviteResponse:
    """Create an invite. Its code is shown only once."""
    return native.new_invite(invite_service.make_invite(session, viewer, body, client))


@router.get("/invite/", responses=refusals(*GUARDS))
def list_invites(page: PageDep, session: SessionDep) -> Answer[list[InviteResponse]]:
    """List all invites that have not been revoked, newest first."""
    return page.answer(invite_queries.list_invites(session, page.window), native.invite)


@router.delete("/invite/{invite_id}/", status_code=204, responses=refusals(*GUARDS, InviteNotFound))
def revoke_invite(invite_id: PathId, viewer: Superuser, client: ClientDep, session: SessionDep) -> None:
    """Revoke an invite."""
    invite_service.revoke_invite(session, viewer, invite_id, client)
