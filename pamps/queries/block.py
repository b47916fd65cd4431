"""Reading blocks."""

from sqlalchemy import literal_column, select
from sqlmodel import Session, col

from pamps.db.prepared import prepared_statement, run
from pamps.db.window import Sort, Window, WindowShape
from pamps.models.block import Block, BlockKind
from pamps.models.user import Person, Viewer
from pamps.queries.clauses import USER, VIEWER, Selection, first_pairs
from pamps.queries.listing import Listing
from pamps.queries.rows import Role, UserRow
from pamps.queries.user import list_people, select_partners
from pamps.queries.visibility import IS_MUTE


def list_blocked(session: Session, viewer: Viewer, window: Window) -> Listing[UserRow]:
    """The users blocked by the viewer, latest first. The cursor is the id of the block."""
    return list_people(session, viewer, window, _blocked, Sort.NEWEST_FIRST)


def find_block(session: Session, viewer: Person | None, user_id: int) -> BlockKind | None:
    """BLOCKED if that user blocked the viewer, BLOCK if only the viewer blocked them, None if neither."""
    if viewer is None:
        return None
    rows = run(session, _blocks(), viewer=viewer.id, user=user_id)
    kinds = {BlockKind(kind) for (kind,) in rows}
    return next((kind for kind in (BlockKind.BLOCKED, BlockKind.BLOCK) if kind in kinds), None)


@prepared_statement
def _blocked(shape: WindowShape, role: Role) -> Selection:
    return select_hidden(shape, role, BlockKind.BLOCK)


def select_hidden(shape: WindowShape, role: Role, kind: BlockKind) -> Selection:
    """The users whom VIEWER has blocked or muted."""
    own = (col(Block.user_id) == VIEWER) & (col(Block.kind) == literal_column(f"'{kind}'"))
    return select_partners(shape, role, first_pairs(shape, Block.hidden_id, own))


@prepared_statement
def _blocks() -> Selection:
    pair = (col(Block.user_id) == VIEWER, col(Block.hidden_id) == USER, ~IS_MUTE)
    return select(col(Block.kind)).where(*pair)
