"""Threads."""

from pamps.auth import MaybeUser
from pamps.http.answers import Answer
from pamps.http.dependencies import PathId, SessionDep
from pamps.http.openapi import refusals
from pamps.http.pagination import TreePageDep
from pamps.http.route import make_router
from pamps.models.thread import ThreadResponse
from pamps.presenters import native
from pamps.queries import thread as thread_queries
from pamps.queries.post import PostNotFound
from pamps.queries.thread import ReplyNotFound

router = make_router("/post", "post")


@router.get("/{post_id}/thread/", responses=refusals(PostNotFound, ReplyNotFound))
def show_thread(
    post_id: PathId, page: TreePageDep, viewer: MaybeUser, session: SessionDep
) -> Answer[ThreadResponse]:
    """A post, what it answers (the nearest 50, oldest first), and the replies below it in reading order: each
    before the replies to it, siblings oldest first, 20 levels deep.

    A post by a muted or blocked user is a tombstone without text and author; replies to it are still shown.
    """
    thread = thread_queries.get_thread(session, viewer, post_id, after=page.after, limit=page.limit)
    return page.answer(native.thread(thread), thread.next)
