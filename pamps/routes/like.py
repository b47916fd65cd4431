"""Likes."""

from pamps.auth import CurrentUser, MaybeUser
from pamps.errors import Unauthorized
from pamps.http.answers import Answer, created_or_ok
from pamps.http.dependencies import PathId, SessionDep
from pamps.http.openapi import refusals
from pamps.http.pagination import PageDep
from pamps.http.route import make_router
from pamps.http.route_document import already
from pamps.models.like import LikeResponse
from pamps.models.post import PostResponse
from pamps.models.user import UserResponse
from pamps.presenters import native
from pamps.queries import like as like_queries
from pamps.queries.post import PostNotFound, require_post
from pamps.queries.user import UserNotFound, get_user_id
from pamps.services import like as like_service

router = make_router("/post", "like")


@router.post(
    "/{post_id}/like/",
    status_code=201,
    responses=already(LikeResponse) | refusals(Unauthorized, PostNotFound),
)
def like_post(post_id: PathId, viewer: CurrentUser, session: SessionDep) -> Answer[LikeResponse]:
    """Like a post. Succeeds even if you already like it."""
    row, created = like_service.like(session, viewer, post_id)
    return created_or_ok(native.like(row), created)


@router.delete("/{post_id}/like/", status_code=204, responses=refusals(Unauthorized, PostNotFound))
def unlike_post(post_id: PathId, viewer: CurrentUser, session: SessionDep) -> None:
    """Unlike a post. Succeeds even if you do not like it."""
    like_service.unlike(session, viewer, post_id)


@router.get("/{post_id}/likes/", responses=refusals(PostNotFound))
def list_likers(
    post_id: PathId, page: PageDep, viewer: MaybeUser, session: SessionDep
) -> Answer[list[UserResponse]]:
    """List the users who like a post, latest like first."""
    require_post(session, viewer, post_id)
    return page.answer(like_queries.list_likers(session, viewer, page.window, post_id), native.user)


@router.get("/likes/{username}/", responses=refusals(UserNotFound))
def list_liked(
    username: str, page: PageDep, viewer: MaybeUser, session: SessionDep
) -> Answer[list[PostResponse]]:
    """List the posts a user likes, latest like first."""
    user_id = get_user_id(session, viewer, username)
    return page.answer(like_queries.list_liked(session, viewer, page.window, user_id), native.post)
