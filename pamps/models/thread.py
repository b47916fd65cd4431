"""The answer with a thread. It has no table: posts know what they reply to."""

from typing import Literal

from sqlmodel import SQLModel

from pamps.models.post import PostResponse
from pamps.models.types import left_out_if_none


class ThreadPost(PostResponse):
    """A post in a thread. Of one by somebody who is hidden from the viewer only the place is left: where it
    is, when it was written, and how many replied."""

    # Why that is; whoever blocked whom, it is `block`.
    hidden: Literal["block", "mute"] | None = left_out_if_none()


class ThreadReply(ThreadPost):
    """A reply somewhere below the post of the thread."""

    # 1 for a direct reply.
    depth: int
    # Whether replies to it are left out because they are too deep: its own thread has them.
    more_replies: bool


class ThreadResponse(SQLModel):
    """A post between what it answers and the replies below it."""

    # Oldest first; where the first has a `parent_id`, its own thread goes on upwards.
    ancestors: list[ThreadPost]
    post: PostResponse
    # Each before the replies to it, and siblings oldest first.
    replies: list[ThreadReply]
