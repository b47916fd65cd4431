"""Likes."""

from fastapi import Response

from pamps.auth import CurrentUser, MaybeUser
from pamps.errors import Unauthorized, refusals
from pamps.http.dependencies import PageDep, PathId, SessionDep
from pamps.http.route import already, created_or_ok, make_router
from pamps.models.like import LikeResponse
from pamps.models.post import PostResponse
from pamps.models.user import UserResponse
from pamps.presenters.remembered import Json
from pamps.queries import post as post_queries
from pamps.queries import user as user_queries
from pamps.queries.post import PostNotFound, require_post
from pamps.queries.user import UserNotFound, get_user_id
from pamps.services import like as like_service

router = make_router("/post", "like")


@router.post(
    "/{post_id}/like/",
    status_code=201,
    responses=already(LikeResponse) | refusals(Unauthorized, PostNotFound),
)
def like_post(post_id: PathId, viewer: CurrentUser, session: SessionDep, response: Response) -> LikeResponse:
    """Like a post. Succeeds even if you already like it."""
    return created_or_ok(response, like_service.like(session, viewer, post_id))


@router.delete("/{post_id}/like/", status_code=204, responses=refusals(Unauthorized, PostNotFound))
def unlike_post(post_id: PathId, viewer: CurrentUser, session: SessionDep) -> None:
    """Unlike a post. Succeeds even if you do not like it."""
    like_service.unlike(session, viewer, post_id)


@router.get("/{post_id}/likes/", responses=refusals(PostNotFound))
def list_likers(
    post_id: PathId, page: PageDep, viewer: MaybeUser, session: SessionDep
) -> Json[list[UserResponse]]:
    """List the users who like a post, latest like first."""
    return user_queries.list_likers(session, viewer, page, require_post(session, viewer, post_id))


@router.get("/likes/{username}/", responses=refusals(UserNotFound))
def list_liked(
    username: str, page: PageDep, viewer: MaybeUser, session: SessionDep
) -> Json[list[PostResponse]]:
    """List the posts a user likes, latest like first."""
    return post_queries.list_liked(session, viewer, page, get_user_id(session, viewer, username))
