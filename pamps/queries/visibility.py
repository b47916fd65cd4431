"""The rules for who sees whom, used by every list, thread, search, count and notification.

- A block hides both users from each other everywhere. - A mute hides the muted user where they were not asked
for: in feeds, replies, search and notifications. Their
  profile, their list of posts and each of their posts stay accessible.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, cast, func, literal_column, null, select, true
from sqlmodel import Session, col

from pamps.db.prepared import prepared_statement, run
from pamps.models.block import Block, BlockKind
from pamps.models.user import Person
from pamps.queries.clauses import USER, VIEWER

IS_MUTE = col(Block.kind) == BlockKind.MUTE


def is_visible(person: Any, signed_in: bool, *, even_muted: bool = False) -> ColumnElement[bool]:
    """Whether VIEWER sees what belongs to the user in this column of ids; NULL, as in tombstones without an
    author, is visible to all. With `even_muted`, only blocks count."""
    if not signed_in:
        return true()
    # The set is computed once per statement. COALESCE, because NULL is neither in a set nor outside it.
    return func.coalesce(person, 0).not_in(_hidden(even_muted=even_muted))


def _hidden(*, even_muted: bool) -> Select[Any]:
    hidden = select(col(Block.hidden_id)).where(col(Block.user_id) == VIEWER)
    return hidden.where(~IS_MUTE) if even_muted else hidden


def hidden_as(person: Any, signed_in: bool) -> ColumnElement[str | None]:
    """Why a post by this user is a tombstone for VIEWER: `block`, in either direction, or else `mute`; None
    if it is visible."""
    if not signed_in:
        return cast(null(), String)
    why = case((IS_MUTE, literal_column("'mute'")), else_=literal_column("'block'"))
    hidings = select(func.min(why))  # of both, the block, which sorts first
    return hidings.where(col(Block.user_id) == VIEWER, col(Block.hidden_id) == person).scalar_subquery()


def find_block(session: Session, viewer: Person | None, user_id: int) -> BlockKind | None:
    """BLOCKED if that user blocked the viewer, BLOCK if only the viewer blocked them, otherwise None."""
    if viewer is None:
        return None
    rows = run(session, _blocks(), viewer=viewer.id, user=user_id)
    kinds = {BlockKind(kind) for (kind,) in rows}
    return next((kind for kind in (BlockKind.BLOCKED, BlockKind.BLOCK) if kind in kinds), None)


@prepared_statement
def _blocks() -> Select[Any]:
    pair = (col(Block.user_id) == VIEWER, col(Block.hidden_id) == USER, ~IS_MUTE)
    return select(col(Block.kind)).where(*pair)
