"""Follows."""

from pamps.auth import CurrentUser, MaybeUser
from pamps.errors import Unauthorized
from pamps.http.answers import Answer, created_or_ok
from pamps.http.dependencies import PathId, SessionDep
from pamps.http.openapi import refusals
from pamps.http.pagination import PageDep
from pamps.http.route import make_router
from pamps.http.route_document import already
from pamps.models.follow import FollowResponse
from pamps.models.user import UserResponse
from pamps.presenters import native
from pamps.queries import follow as follow_queries
from pamps.queries.user import UserNotFound, get_user_id
from pamps.services import follow as follow_service
from pamps.services.follow import SelfFollow

router = make_router("/user", "social")


@router.post(
    "/follow/{user_id}/",
    status_code=201,
    responses=already(FollowResponse) | refusals(Unauthorized, UserNotFound, SelfFollow),
)
def follow(user_id: PathId, viewer: CurrentUser, session: SessionDep) -> Answer[FollowResponse]:
    """Follow a user. Succeeds even if you already follow them."""
    row, created = follow_service.follow(session, viewer, user_id)
    return created_or_ok(native.follow(row), created)


@router.delete("/follow/{user_id}/", status_code=204, responses=refusals(Unauthorized, UserNotFound))
def unfollow(user_id: PathId, viewer: CurrentUser, session: SessionDep) -> None:
    """Unfollow a user. Succeeds even if you do not follow them."""
    follow_service.unfollow(session, viewer, user_id)


@router.get("/{username}/followers/", responses=refusals(UserNotFound))
def list_followers(
    username: str, page: PageDep, viewer: MaybeUser, session: SessionDep
) -> Answer[list[UserResponse]]:
    """List the followers of a user, latest follow first."""
    user_id = get_user_id(session, viewer, username)
    return page.answer(follow_queries.list_followers(session, viewer, page.window, user_id), native.user)


@router.get("/{username}/following/", responses=refusals(UserNotFound))
def list_following(
    username: str, page: PageDep, viewer: MaybeUser, session: SessionDep
) -> Answer[list[UserResponse]]:
    """List the users whom a user follows, latest follow first."""
    user_id = get_user_id(session, viewer, username)
    return page.answer(follow_queries.list_following(session, viewer, page.window, user_id), native.user)
