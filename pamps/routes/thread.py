"""Threads."""

from pamps.auth import MaybeUser
from pamps.http.dependencies import PathId, SessionDep, TreePageDep
from pamps.http.openapi import refusals
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
    """A post, what it answers (the nearest 50, oldest first), and the replies below it in reading order: each
    before the replies to it, siblings oldest first, 20 levels deep.

    What somebody wrote who is muted or blocked is a place without text and author; replies to it follow.
    """
    return thread_queries.show_thread(session, viewer, page, post_id)
