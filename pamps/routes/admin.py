"""Administration. Every route requires a signed-in superuser; changes are written to the audit log."""

from typing import Annotated

from fastapi import Depends, Query

from pamps.auth import SUPERUSER, Superuser
from pamps.errors import SessionRequired, SuperuserRequired, Unauthorized, refusals
from pamps.http.dependencies import ClientDep, PageDep, PathId, SessionDep
from pamps.http.route import do_not_store, make_router
from pamps.models.audit import AuditResponse
from pamps.models.invite import InviteRequest, InviteResponse, NewInviteResponse
from pamps.models.types import text
from pamps.models.user import AccountResponse
from pamps.queries import audit as audit_queries
from pamps.queries import invite as invite_queries
from pamps.queries import user as user_queries
from pamps.queries.invite import InviteNotFound
from pamps.queries.post import PostNotFound
from pamps.queries.user import UserNotFound
from pamps.services import admin as admin_service
from pamps.services import invite as invite_service
from pamps.services import post as post_service
from pamps.services.admin import OwnAccount

router = make_router("/admin", "admin", dependencies=[Depends(do_not_store), Depends(SUPERUSER)])

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
) -> list[AccountResponse]:
    """List all accounts, oldest first."""
    return user_queries.list_accounts(session, page, part=q, is_active=is_active)


@router.post("/user/{user_id}/deactivate/", responses=refusals(*GUARDS, UserNotFound, OwnAccount))
def deactivate(user_id: PathId, viewer: Superuser, client: ClientDep, session: SessionDep) -> AccountResponse:
    """Deactivate an account: its sessions end, its tokens and logins are rejected. Its posts stay visible."""
    return admin_service.set_active(session, viewer, user_id, client, active=False)


@router.post("/user/{user_id}/activate/", responses=refusals(*GUARDS, UserNotFound, OwnAccount))
def activate(user_id: PathId, viewer: Superuser, client: ClientDep, session: SessionDep) -> AccountResponse:
    """Reactivate an account."""
    return admin_service.set_active(session, viewer, user_id, client, active=True)


@router.delete("/user/{user_id}/", status_code=204, responses=refusals(*GUARDS, UserNotFound, OwnAccount))
def delete_user(user_id: PathId, viewer: Superuser, client: ClientDep, session: SessionDep) -> None:
    """Delete an account and all its posts."""
    admin_service.delete_user(session, viewer, user_id, client)


@router.delete("/post/{post_id}/", status_code=204, responses=refusals(*GUARDS, PostNotFound))
def delete_post(post_id: PathId, viewer: Superuser, client: ClientDep, session: SessionDep) -> None:
    """Delete any post. If it has replies, a tombstone remains."""
    post_service.delete_post(session, viewer, post_id, client)


@router.get("/audit/", responses=refusals(*GUARDS))
def list_audit(page: PageDep, session: SessionDep) -> list[AuditResponse]:
    """List the audit log, latest entry first."""
    return audit_queries.list_audit(session, page)


@router.post("/invite/", status_code=201, responses=refusals(*GUARDS))
def make_invite(
    body: InviteRequest, viewer: Superuser, client: ClientDep, session: SessionDep
) -> NewInviteResponse:
    """Create an invite. Its code is shown only once."""
    return invite_service.make_invite(session, viewer, body, client)


@router.get("/invite/", responses=refusals(*GUARDS))
def list_invites(page: PageDep, session: SessionDep) -> list[InviteResponse]:
    """List all invites that have not been revoked, newest first."""
    return invite_queries.list_invites(session, page)


@router.delete("/invite/{invite_id}/", status_code=204, responses=refusals(*GUARDS, InviteNotFound))
def revoke_invite(invite_id: PathId, viewer: Superuser, client: ClientDep, session: SessionDep) -> None:
    """Revoke an invite."""
    invite_service.revoke_invite(session, viewer, invite_id, client)
