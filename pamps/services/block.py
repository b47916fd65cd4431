"""Blocking."""

from sqlmodel import Session, col, delete

from pamps.errors import Conflict
from pamps.models.block import Block, BlockKind
from pamps.models.user import Person
from pamps.queries.user import UserNotFound
from pamps.services.follow import end_follow
from pamps.services.locking import add_once, change, lock_accounts


class SelfBlock(Conflict):
    code = "self_hiding"
    detail = "You cannot mute or block yourself."


def block(session: Session, user: Person, hidden_id: int) -> tuple[Block, bool]:
    """Block a user and end follows in both directions; the second value is False if they were already
    blocked. Raises UserNotFound or SelfBlock."""
    lock_pair(session, user, hidden_id)
    row, created = hide(session, user.id, hidden_id, BlockKind.BLOCK)
    if created:
        hide(session, hidden_id, user.id, BlockKind.BLOCKED)
        end_follow(session, user.id, hidden_id)
        end_follow(session, hidden_id, user.id)
    return row, created


def unblock(session: Session, user: Person, hidden_id: int) -> None:
    """Unblock a user; does nothing if they are not blocked. Follows are not restored. Raises UserNotFound or
    SelfBlock."""
    lock_pair(session, user, hidden_id)
    show(session, user.id, hidden_id, BlockKind.BLOCK)
    show(session, hidden_id, user.id, BlockKind.BLOCKED)


def lock_pair(session: Session, user: Person, hidden_id: int) -> None:
    """Lock both accounts; raises UserNotFound or SelfBlock."""
    if hidden_id == user.id:
        raise SelfBlock
    if hidden_id not in lock_accounts(session, user, hidden_id):
        raise UserNotFound


def hide(session: Session, user_id: int, hidden_id: int, kind: BlockKind) -> tuple[Block, bool]:
    """Add a block or mute; the second value is False if it existed already."""
    return add_once(session, Block, {"user_id": user_id, "hidden_id": hidden_id, "kind": kind.value})


def show(session: Session, user_id: int, hidden_id: int, kind: BlockKind) -> None:
    """Remove a block or mute; does nothing if there is none."""
    row = (col(Block.user_id) == user_id, col(Block.hidden_id) == hidden_id, col(Block.kind) == kind.value)
    change(session, delete(Block).where(*row))
