"""RSS feeds."""

from urllib.parse import quote

from fastapi import Response

from pamps.http.dependencies import SessionDep
from pamps.http.openapi import refusals
from pamps.http.route import make_router
from pamps.http.route_document import Responses
from pamps.presenters.rss import FILE, render_feed
from pamps.queries.post import list_newest_by_user
from pamps.queries.tag import list_newest_tagged
from pamps.queries.user import UserNotFound, get_user
from pamps.text.entities import normal_tag

router = make_router("", "feed")

MEDIA_TYPE = "application/rss+xml"
# With a response class of its own, the OpenAPI document would declare errors as RSS, too.
RSS: Responses = {
    200: {"description": "An RSS 2.0 feed.", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
}


def as_rss(feed: bytes) -> Response:
    """The response with this feed."""
    return Response(feed, media_type=f"{MEDIA_TYPE}; charset=utf-8")


@router.get(
    f"/user/{{username}}/{FILE}", response_class=Response, responses={**RSS, **refusals(UserNotFound)}
)
def show_feed_of_user(username: str, session: SessionDep) -> Response:
    """The newest 20 top-level posts by a user as RSS, as seen without signing in."""
    user = get_user(session, username)
    name = user.username
    posts = list_newest_by_user(session, user)
    return as_rss(render_feed(name, f"Posts by {name}", f"/user/{name}/{FILE}", posts))


@router.get(f"/post/tag/{{tag}}/{FILE}", response_class=Response, responses=RSS)
def show_feed_of_tag(tag: str, session: SessionDep) -> Response:
    """The newest 20 posts and replies with a tag as RSS, as seen without signing in."""
    name = normal_tag(tag)
    posts = list_newest_tagged(session, name)
    return as_rss(render_feed(f"#{name}", f"Posts with #{name}", f"/post/tag/{quote(name)}/{FILE}", posts))
