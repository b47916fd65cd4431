"""Visibility: the rules of blocks and mutes, applied by every list, thread, search, count and notification.

- A block hides two users from each other everywhere.
- A mute hides a user where the viewer did not request them: in feeds, replies, search and notifications.
  Their profile, the list of their posts and each single post stay visible.
"""

from sqlalchemy import ColumnElement, String, case, cast, func, literal_column, null, select, true
from sqlmodel import col

from pamps.models.block import Block, BlockKind
from pamps.queries.clauses import VIEWER, Column, Selection

IS_MUTE = col(Block.kind) == BlockKind.MUTE


def visible_posts(post: Column, signed_in: bool, *, even_muted: bool = False) -> ColumnElement[bool]:
    """Whether VIEWER sees a post. `post` is the table of posts, an alias of it, or a table with a column
    `user_id` for its author. A tombstone without an author is visible to all. With `even_muted` only blocks
    count."""
    return visible_people(post.user_id, signed_in, even_muted=even_muted)


def visible_people(person: Column, signed_in: bool, *, even_muted: bool = False) -> ColumnElement[bool]:
    """Whether VIEWER sees a user. `person` is a column of user ids; NULL is visible. With `even_muted` only
    blocks count."""
    if not signed_in:
        return true()
    # The set is computed once per statement. COALESCE, because NULL is neither in a set nor outside it.
    return func.coalesce(person, 0).not_in(_hidden(even_muted=even_muted))


def _hidden(*, even_muted: bool) -> Selection:
    hidden = select(col(Block.hidden_id)).where(col(Block.user_id) == VIEWER)
    return hidden.where(~IS_MUTE) if even_muted else hidden


def hidden_as(post: Column, signed_in: bool) -> ColumnElement[str | None]:
    """Why a post is hidden from VIEWER: `block` for a block in either direction, otherwise `mute`; NULL if
    it is visible."""
    if not signed_in:
        return cast(null(), String)
    why = case((IS_MUTE, literal_column("'mute'")), else_=literal_column("'block'"))
    hidings = select(func.min(why))  # of both, the block, which sorts first
    return hidings.where(col(Block.user_id) == VIEWER, col(Block.hidden_id) == post.user_id).scalar_subquery()
