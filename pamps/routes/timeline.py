"""The home timeline."""

from pamps.auth import CurrentUser
from pamps.errors import Unauthorized
from pamps.http.answers import Answer
from pamps.http.dependencies import SessionDep
from pamps.http.openapi import refusals
from pamps.http.pagination import PageDep
from pamps.http.route import make_router
from pamps.models.post import PostResponse
from pamps.presenters import native
from pamps.queries import timeline as timeline_queries
from pamps.queries.timeline import TimelineOptions

router = make_router("/user", "timeline")


@router.get("/timeline/", responses=refusals(Unauthorized))
def show_timeline(
    page: PageDep,
    viewer: CurrentUser,
    session: SessionDep,
    include_replies: bool = True,
    include_own: bool = False,
) -> Answer[list[PostResponse]]:
    """List the posts by the users you follow, newest first."""
    options = TimelineOptions(include_replies=include_replies, include_own=include_own)
    return page.answer(timeline_queries.list_timeline(session, viewer, page.window, options), native.post)
