"""Blocks."""

from pamps.auth import CurrentUser
from pamps.errors import Unauthorized
from pamps.http.answers import Answer, created_or_ok
from pamps.http.dependencies import PathId, SessionDep
from pamps.http.openapi import refusals
from pamps.http.pagination import PageDep
from pamps.http.route import make_router
from pamps.http.route_document import already
from pamps.models.block import BlockResponse
from pamps.models.user import UserResponse
from pamps.presenters import native
from pamps.queries import block as block_queries
from pamps.queries.user import UserNotFound
from pamps.services import block as block_service
from pamps.services.block import SelfBlock

router = make_router("/user", "hiding")
UNBLOCK = refusals(Unauthorized, UserNotFound, SelfBlock)


@router.get("/block/", responses=refusals(Unauthorized))
def list_blocked(page: PageDep, viewer: CurrentUser, session: SessionDep) -> Answer[list[UserResponse]]:
    """The people whom you blocked, latest first."""
    return page.answer(block_queries.list_blocked(session, viewer, page.window), native.user)


@router.post("/block/{user_id}/", status_code=201, responses=already(BlockResponse) | UNBLOCK)
def block(user_id: PathId, viewer: CurrentUser, session: SessionDep) -> Answer[BlockResponse]:
    """Block somebody: neither of you sees the other any longer, and follows between you end."""
    row, created = block_service.block(session, viewer, user_id)
    return created_or_ok(native.block(row), created)


@router.delete("/block/{user_id}/", status_code=204, responses=UNBLOCK)
def unblock(user_id: PathId, viewer: CurrentUser, session: SessionDep) -> None:
    """Unblock a user. Follows are not restored. Succeeds even if they are not blocked."""
    block_service.unblock(session, viewer, user_id)
