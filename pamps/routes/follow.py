"""Follows."""

from fastapi import Response

from pamps.auth import CurrentUser, MaybeUser
from pamps.errors import Unauthorized, refusals
from pamps.http.dependencies import PageDep, PathId, SessionDep
from pamps.http.route import already, created_or_ok, make_router
from pamps.models.follow import FollowResponse
from pamps.models.user import UserResponse
from pamps.presenters.remembered import Json
from pamps.queries import user as user_queries
from pamps.queries.user import UserNotFound, get_user_id
from pamps.services import follow as follow_service
from pamps.services.follow import SelfFollow

router = make_router("/user", "social")


@router.post(
    "/follow/{user_id}/",
    status_code=201,
    responses=already(FollowResponse) | refusals(Unauthorized, UserNotFound, SelfFollow),
)
def follow(user_id: PathId, viewer: CurrentUser, session: SessionDep, response: Response) -> FollowResponse:
    """Follow a user. Succeeds even if you already follow them."""
    return created_or_ok(response, follow_service.follow(session, viewer, user_id))


@router.delete("/follow/{user_id}/", status_code=204, responses=refusals(Unauthorized, UserNotFound))
def unfollow(user_id: PathId, viewer: CurrentUser, session: SessionDep) -> None:
    """Unfollow a user. Succeeds even if you do not follow them."""
    follow_service.unfollow(session, viewer, user_id)


@router.get("/{username}/followers/", responses=refusals(UserNotFound))
def list_followers(
    username: str, page: PageDep, viewer: MaybeUser, session: SessionDep
) -> Json[list[UserResponse]]:
    """List the followers of a user, latest follow first."""
    return user_queries.list_followers(session, viewer, page, get_user_id(session, viewer, username))


@router.get("/{username}/following/", responses=refusals(UserNotFound))
def list_following(
    username: str, page: PageDep, viewer: MaybeUser, session: SessionDep
) -> Json[list[UserResponse]]:
    """List the users whom a user follows, latest follow first."""
    return user_queries.list_following(session, viewer, page, get_user_id(session, viewer, username))
