"""The one rule of who sees whom. Every list, thread, search, count and notification includes it.

- A block hides two people from each other everywhere.
- A mute hides somebody where nobody asked for them: in feeds, replies, search and notifications. Their
  profile, their posts by user and each single post stay visible to those who look for them.
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
    """The same for a person, given by a column of ids."""
    if not signed_in:
        return true()
    # The set is computed once per statement. COALESCE, because NULL is neither in a set nor outside it.
    return func.coalesce(person, 0).not_in(_hidden(even_muted=even_muted))


def _hidden(*, even_muted: bool) -> Selection:
    hidden = select(col(Block.hidden_id)).where(col(Block.user_id) == VIEWER)
    return hidden.where(~IS_MUTE) if even_muted else hidden


def hidden_as(post: Column, signed_in: bool) -> ColumnElement[str | None]:
    """Why VIEWER does not see a post that leaves a gap: `block`, whoever blocked whom, or else `mute`; None
    if they see it."""
    if not signed_in:
        return cast(null(), String)
    why = case((IS_MUTE, literal_column("'mute'")), else_=literal_column("'block'"))
    hidings = select(func.min(why))  # of both, the block, which sorts first
    return hidings.where(col(Block.user_id) == VIEWER, col(Block.hidden_id) == post.user_id).scalar_subquery()
