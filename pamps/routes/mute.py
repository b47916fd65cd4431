"""Mutes."""

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
from pamps.queries import mute as mute_queries
from pamps.queries.user import UserNotFound
from pamps.services import mute as mute_service
from pamps.services.block import SelfBlock

router = make_router("/user", "hiding")
UNMUTE = refusals(Unauthorized, UserNotFound, SelfBlock)


@router.get("/mute/", responses=refusals(Unauthorized))
def list_muted(page: PageDep, viewer: CurrentUser, session: SessionDep) -> Answer[list[UserResponse]]:
    """The people whom you muted, latest first."""
    return page.answer(mute_queries.list_muted(session, viewer, page.window), native.user)


@router.post("/mute/{user_id}/", status_code=201, responses=already(BlockResponse) | UNMUTE)
def mute(user_id: PathId, viewer: CurrentUser, session: SessionDep) -> Answer[BlockResponse]:
    """Mute somebody: feeds, replies, search and notifications leave them out. They are not notified."""
    row, created = mute_service.mute(session, viewer, user_id)
    return created_or_ok(native.block(row), created)


@router.delete("/mute/{user_id}/", status_code=204, responses=UNMUTE)
def unmute(user_id: PathId, viewer: CurrentUser, session: SessionDep) -> None:
    """Unmute a user. Succeeds even if they are not muted."""
    mute_service.unmute(session, viewer, user_id)
