"""The home timeline."""

from pamps.auth import CurrentUser
from pamps.errors import Unauthorized, refusals
from pamps.http.dependencies import PageDep, SessionDep
from pamps.http.route import make_router
from pamps.models.post import PostResponse
from pamps.presenters.remembered import Json
from pamps.queries import timeline as timeline_queries
from pamps.queries.timeline import Kind

router = make_router("/user", "timeline")


@router.get("/timeline/", responses=refusals(Unauthorized))
def show_timeline(
    page: PageDep,
    viewer: CurrentUser,
    session: SessionDep,
    include_replies: bool = True,
    include_own: bool = False,
) -> Json[list[PostResponse]]:
    """List the posts by the users you follow, newest first."""
    kind = Kind(include_replies=include_replies, include_own=include_own)
    return timeline_queries.list_timeline(session, viewer, page, kind)
