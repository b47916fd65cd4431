"""Reading mutes."""

from sqlmodel import Session

from pamps.db.prepared import prepared_statement
from pamps.db.window import Sort, Window, WindowShape
from pamps.models.block import BlockKind
from pamps.models.user import Viewer
from pamps.queries.block import select_hidden
from pamps.queries.clauses import Selection
from pamps.queries.listing import Listing
from pamps.queries.rows import Role, UserRow
from pamps.queries.user import list_people


def list_muted(session: Session, viewer: Viewer, window: Window) -> Listing[UserRow]:
    """The users muted by the viewer, latest first. The cursor is the id of the mute."""
    return list_people(session, viewer, window, _muted, Sort.NEWEST_FIRST)


@prepared_statement
def _muted(shape: WindowShape, role: Role) -> Selection:
    return select_hidden(shape, role, BlockKind.MUTE)
