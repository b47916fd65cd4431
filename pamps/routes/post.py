"""Posts and replies."""

from typing import Annotated

from fastapi import Query

from pamps.auth import CurrentUser, MaybeUser
from pamps.db.window import Sort
from pamps.errors import TooManyRequests, Unauthorized
from pamps.http.answers import Answer
from pamps.http.dependencies import ClientDep, PathId, SessionDep
from pamps.http.openapi import refusals
from pamps.http.pagination import PageDep
from pamps.http.route import make_router
from pamps.models.post import PostDetailResponse, PostPatch, PostRequest, PostResponse
from pamps.models.types import Moment
from pamps.presenters import native
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
) -> Answer[list[PostResponse]]:
    """List the top-level posts of all users, newest first."""
    filters = FeedFilter(author, tag, since, until, q, has_replies)
    posts = search_service.filter_feed(session, viewer, client, page.window, filters, sort)
    return page.answer(posts, native.post)


@router.post("/", status_code=201, responses=refusals(Unauthorized, ParentNotFound, TooManyRequests))
def create_post(body: PostRequest, viewer: CurrentUser, session: SessionDep) -> Answer[PostResponse]:
    """Create a post or, with `parent_id`, a reply."""
    return Answer(native.post(post_service.create_post(session, viewer, body)))


@router.get("/user/{username}/", responses=refusals(UserNotFound))
def list_by_user(
    username: str,
    page: PageDep,
    viewer: MaybeUser,
    session: SessionDep,
    include_replies: bool = False,
    sort: Sort = Sort.OLDEST_FIRST,
) -> Answer[list[PostResponse]]:
    """List the posts by a user, oldest first."""
    author = get_user_id(session, viewer, username)
    posts = post_queries.list_by_user(
        session, viewer, page.window, author, include_replies=include_replies, sort=sort
    )
    return page.answer(posts, native.post)


@router.get("/{post_id}/", responses=refusals(PostNotFound))
def show_post(post_id: PathId, viewer: MaybeUser, session: SessionDep) -> Answer[PostDetailResponse]:
    """Show a post with its first 100 direct replies, oldest first."""
    return Answer(native.post_detail(post_queries.get_post_detail(session, viewer, post_id)))


@router.get("/{post_id}/replies/", responses=refusals(PostNotFound))
def list_replies(
    post_id: PathId, page: PageDep, viewer: MaybeUser, session: SessionDep
) -> Answer[list[PostResponse]]:
    """List all direct replies to a post, oldest first."""
    require_post(session, viewer, post_id)
    return page.answer(post_queries.list_replies(session, viewer, page.window, post_id), native.post)


@router.put("/{post_id}/", responses=refusals(Unauthorized, NotAuthor, PostNotFound))
@router.patch("/{post_id}/", responses=refusals(Unauthorized, NotAuthor, PostNotFound))
def edit_post(
    post_id: PathId, body: PostPatch, viewer: CurrentUser, session: SessionDep
) -> Answer[PostResponse]:
    """Change the text of your own post."""
    return Answer(native.post(post_service.edit_post(session, viewer, post_id, body)))


@router.delete("/{post_id}/", status_code=204, responses=refusals(Unauthorized, NotAuthor, PostNotFound))
def delete_post(post_id: PathId, viewer: CurrentUser, client: ClientDep, session: SessionDep) -> None:
    """Delete your own post or, as a superuser, any post. If it has replies, a tombstone remains."""
    post_service.delete_post(session, viewer, post_id, client)
