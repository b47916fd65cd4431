"""Muting, blocking, and the lists of it."""

from fastapi import Response

from pamps.auth import CurrentUser
from pamps.errors import Unauthorized
from pamps.http.dependencies import PageDep, PathId, SessionDep
from pamps.http.openapi import refusals
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
    """Whom one muted, latest first."""
    return user_queries.list_hidden(session, viewer, page, BlockKind.MUTE)


@router.post("/mute/{user_id}/", status_code=201, responses=HIDE)
def mute(user_id: PathId, viewer: CurrentUser, session: SessionDep, response: Response) -> BlockResponse:
    """Mute somebody: feeds, replies, search and notifications leave them out. They do not find out."""
    return created_or_ok(response, block_service.mute(session, viewer, user_id))


@router.delete("/mute/{user_id}/", status_code=204, responses=SHOW)
def unmute(user_id: PathId, viewer: CurrentUser, session: SessionDep) -> None:
    """Take a mute back; doing it again changes nothing."""
    block_service.unmute(session, viewer, user_id)


@router.get("/block/", responses=refusals(Unauthorized))
def list_blocked(page: PageDep, viewer: CurrentUser, session: SessionDep) -> Json[list[UserResponse]]:
    """Whom one blocked, latest first."""
    return user_queries.list_hidden(session, viewer, page, BlockKind.BLOCK)


@router.post("/block/{user_id}/", status_code=201, responses=HIDE)
def block(user_id: PathId, viewer: CurrentUser, session: SessionDep, response: Response) -> BlockResponse:
    """Block somebody: neither comes across the other any more, and the follows between both end."""
    return created_or_ok(response, block_service.block(session, viewer, user_id))


@router.delete("/block/{user_id}/", status_code=204, responses=SHOW)
def unblock(user_id: PathId, viewer: CurrentUser, session: SessionDep) -> None:
    """Take a block back; doing it again changes nothing. The follows do not come back."""
    block_service.unblock(session, viewer, user_id)
