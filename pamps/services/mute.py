"""Muting. A mute is a row of the table of blocks."""

from sqlmodel import Session

from pamps.models.block import Block, BlockKind
from pamps.models.user import Person
from pamps.services.block import hide, lock_pair, show


def mute(session: Session, user: Person, hidden_id: int) -> tuple[Block, bool]:
    """Mute a user; the second value is False if they were already muted. Raises UserNotFound or SelfBlock."""
    lock_pair(session, user, hidden_id)
    return hide(session, user.id, hidden_id, BlockKind.MUTE)


def unmute(session: Session, user: Person, hidden_id: int) -> None:
    """Unmute a user; does nothing if they are not muted. Raises UserNotFound or SelfBlock."""
    lock_pair(session, user, hidden_id)
    show(session, user.id, hidden_id, BlockKind.MUTE)
