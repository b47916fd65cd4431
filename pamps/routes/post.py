"""Posts and replies."""

from typing import Annotated

from fastapi import Query

from pamps.auth import CurrentUser, MaybeUser
from pamps.errors import TooManyRequests, Unauthorized, refusals
from pamps.http.dependencies import ClientDep, PageDep, PathId, SessionDep
from pamps.http.pagination import Sort
from pamps.http.route import make_router
from pamps.models.post import PostDetailResponse, PostPatch, PostRequest, PostResponse
from pamps.models.types import Moment
from pamps.presenters.remembered import Json
from pamps.queries import post as post_queries
from pamps.queries.feed import FeedFilter
from pamps.queries.post import PostNotFound, require_post
from pamps.queries.user import UserNotFound, get_user_id
from pamps.services import post as post_service
from pamps.services import search as search_service
from pamps.services.post import NotAuthor, ParentNotFound

router = make_router("/post", "post")

WithTag = Annotated[str | None, Query(description="Only posts with this tag.")]
Since = Annotated[Moment | None, Query(description="Only posts at or after this time or day.")]
Until = Annotated[Moment | None, Query(description="Only posts before this time or day.")]
Matching = Annotated[str | None, Query(description="Only posts that match this query, as in `/search/`.")]
HasReplies = Annotated[
    bool | None, Query(description="`true`: only posts with replies; `false`: only posts without.")
]
Author = Annotated[str | None, Query(max_length=30, description="Only posts by the user with this name.")]


@router.get("/", responses=refusals(TooManyRequests))
def list_posts(
    page: PageDep,
    viewer: MaybeUser,
    client: ClientDep,
    session: SessionDep,
    author: Author = None,
    tag: WithTag = None,
    since: Since = None,
    until: Until = None,
    q: Matching = None,
    has_replies: HasReplies = None,
    sort: Sort = Sort.NEWEST_FIRST,
) -> Json[list[PostResponse]]:
    """List the top-level posts of all users, newest first."""
    wanted = FeedFilter(author, tag, since, until, q, has_replies)
    return search_service.list_feed(session, viewer, client, page, wanted, sort)


@router.post("/", status_code=201, responses=refusals(Unauthorized, ParentNotFound, TooManyRequests))
def create_post(body: PostRequest, viewer: CurrentUser, session: SessionDep) -> Json[PostResponse]:
    """Create a post or, with `parent_id`, a reply."""
    return post_service.create_post(session, viewer, body)


@router.get("/user/{username}/", responses=refusals(UserNotFound))
def list_by_user(
    username: str,
    page: PageDep,
    viewer: MaybeUser,
    session: SessionDep,
    include_replies: bool = False,
    sort: Sort = Sort.OLDEST_FIRST,
) -> Json[list[PostResponse]]:
    """List the posts by a user, oldest first."""
    author = get_user_id(session, viewer, username)
    return post_queries.list_by_user(
        session, viewer, page, author, include_replies=include_replies, sort=sort
    )


@router.get("/{post_id}/", responses=refusals(PostNotFound))
def show_post(post_id: PathId, viewer: MaybeUser, session: SessionDep) -> Json[PostDetailResponse]:
    """Show a post with its first 100 direct replies, oldest first."""
    return post_queries.show_post_detail(session, viewer, post_id)


@router.get("/{post_id}/replies/", responses=refusals(PostNotFound))
def list_replies(
    post_id: PathId, page: PageDep, viewer: MaybeUser, session: SessionDep
) -> Json[list[PostResponse]]:
    """List all direct replies to a post, oldest first."""
    return post_queries.list_replies(session, viewer, page, require_post(session, viewer, post_id))


@router.put("/{post_id}/", responses=refusals(Unauthorized, NotAuthor, PostNotFound))
@router.patch("/{post_id}/", responses=refusals(Unauthorized, NotAuthor, PostNotFound))
def edit_post(
    post_id: PathId, body: PostPatch, viewer: CurrentUser, session: SessionDep
) -> Json[PostResponse]:
    """Change the text of your own post."""
    return post_service.edit_post(session, viewer, post_id, body)


@router.delete("/{post_id}/", status_code=204, responses=refusals(Unauthorized, NotAuthor, PostNotFound))
def delete_post(post_id: PathId, viewer: CurrentUser, client: ClientDep, session: SessionDep) -> None:
    """Delete your own post or, as a superuser, any post. If it has replies, a tombstone remains."""
    post_service.delete_post(session, viewer, post_id, client)
