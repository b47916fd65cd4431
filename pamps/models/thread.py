"""Thread responses. Threads have no table of their own: posts refer to their parents."""

from typing import Literal

from sqlmodel import SQLModel

from pamps.models.post import PostResponse
from pamps.models.types import left_out_if_none


class ThreadPost(PostResponse):
    """A post in a thread. If its author is hidden from the viewer it is a tombstone that keeps only its
    position, date and number of replies."""

    # Why the post is hidden; `block` in either direction.
    hidden: Literal["block", "mute"] | None = left_out_if_none()


class ThreadReply(ThreadPost):
    """A direct or indirect reply to the post of the thread."""

    # 1 for a direct reply.
    depth: int
    # Whether its replies are omitted because they are too deep; its own thread shows them.
    more_replies: bool


class ThreadResponse(SQLModel):
    """A post with its ancestors and the replies below it."""

    # Oldest first; if the first has a `parent_id`, its own thread shows further ancestors.
    ancestors: list[ThreadPost]
    post: PostResponse
    # Depth first: each before the replies to it, siblings oldest first.
    replies: list[ThreadReply]
