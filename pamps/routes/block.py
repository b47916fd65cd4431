"""Mutes and blocks."""

from fastapi import Response

from pamps.auth import CurrentUser
from pamps.errors import Unauthorized, refusals
from pamps.http.dependencies import PageDep, PathId, SessionDep
from pamps.http.route import already, created_or_ok, make_router
from pamps.models.block import BlockKind, BlockResponse
from pamps.models.user import UserResponse
from pamps.presenters.remembered import Json
from pamps.queries import user as user_queries
from pamps.queries.user import UserNotFound
from pamps.services import block as block_service
from pamps.services.block import SelfBlock

router = make_router("/user", "hiding")
SHOW = refusals(Unauthorized, UserNotFound, SelfBlock)
HIDE = already(BlockResponse) | SHOW


@router.get("/mute/", responses=refusals(Unauthorized))
def list_muted(page: PageDep, viewer: CurrentUser, session: SessionDep) -> Json[list[UserResponse]]:
    """List the users you have muted, latest mute first."""
    return user_queries.list_hidden(session, viewer, page, BlockKind.MUTE)


@router.post("/mute/{user_id}/", status_code=201, responses=HIDE)
def mute(user_id: PathId, viewer: CurrentUser, session: SessionDep, response: Response) -> BlockResponse:
    """Mute a user: hide them from your feeds, replies, searches and notifications. They are not notified."""
    return created_or_ok(response, block_service.mute(session, viewer, user_id))


@router.delete("/mute/{user_id}/", status_code=204, responses=SHOW)
def unmute(user_id: PathId, viewer: CurrentUser, session: SessionDep) -> None:
    """Unmute a user. Succeeds even if they are not muted."""
    block_service.unmute(session, viewer, user_id)


@router.get("/block/", responses=refusals(Unauthorized))
def list_blocked(page: PageDep, viewer: CurrentUser, session: SessionDep) -> Json[list[UserResponse]]:
    """List the users you have blocked, latest block first."""
    return user_queries.list_hidden(session, viewer, page, BlockKind.BLOCK)


@router.post("/block/{user_id}/", status_code=201, responses=HIDE)
def block(user_id: PathId, viewer: CurrentUser, session: SessionDep, response: Response) -> BlockResponse:
    """Block a user: both are hidden from each other, and follows in both directions end."""
    return created_or_ok(response, block_service.block(session, viewer, user_id))


@router.delete("/block/{user_id}/", status_code=204, responses=SHOW)
def unblock(user_id: PathId, viewer: CurrentUser, session: SessionDep) -> None:
    """Unblock a user. Follows are not restored. Succeeds even if they are not blocked."""
    block_service.unblock(session, viewer, user_id)
