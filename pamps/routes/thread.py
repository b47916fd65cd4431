"""Threads."""

from pamps.auth import MaybeUser
from pamps.errors import refusals
from pamps.http.dependencies import PathId, SessionDep, TreePageDep
from pamps.http.route import make_router
from pamps.models.thread import ThreadResponse
from pamps.presenters.remembered import Json
from pamps.queries import thread as thread_queries
from pamps.queries.post import PostNotFound
from pamps.queries.thread import ReplyNotFound

router = make_router("/post", "post")


@router.get("/{post_id}/thread/", responses=refusals(PostNotFound, ReplyNotFound))
def show_thread(
    post_id: PathId, page: TreePageDep, viewer: MaybeUser, session: SessionDep
) -> Json[ThreadResponse]:
    """Show a post with its nearest 50 ancestors, oldest first, and the replies below it, depth first with
    siblings oldest first, down to 20 levels.

    A post by a muted or blocked user is a tombstone without text and author; replies to it are still shown.
    """
    return thread_queries.show_thread(session, viewer, page, post_id)
