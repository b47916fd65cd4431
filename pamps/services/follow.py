"""Following and unfollowing."""

from sqlmodel import Session, col, delete, update

from pamps.errors import Conflict
from pamps.models.block import BlockKind
from pamps.models.follow import Follow
from pamps.models.notification import NotificationType
from pamps.models.user import Person, User
from pamps.queries.block import find_block
from pamps.queries.user import UserNotFound
from pamps.services.locking import add_once, change, lock_accounts
from pamps.services.notification import notify, withdraw


class SelfFollow(Conflict):
    code = "self_follow"
    detail = "You cannot follow yourself."


class Blocked(Conflict):
    code = "blocked"
    detail = "You have blocked this user."


def follow(session: Session, follower: Person, followed_id: int) -> tuple[Follow, bool]:
    """Follow somebody; the second value says whether that is new.

    Raises UserNotFound, including for users who blocked the follower, SelfFollow or Blocked.
    """
    if followed_id == follower.id:
        raise SelfFollow
    _lock(session, follower, followed_id)
    block = find_block(session, follower, followed_id)  # after the lock, which keeps out concurrent blocks
    if block is not None:
        raise UserNotFound if block is BlockKind.BLOCKED else Blocked
    row, created = add_once(session, Follow, {"follower_id": follower.id, "followed_id": followed_id})
    if created:
        _count(session, follower.id, followed_id, 1)
        notify(session, [followed_id], NotificationType.FOLLOW, follower)
    return row, created


def unfollow(session: Session, follower: Person, followed_id: int) -> None:
    """Unfollow a user; does nothing if they are not followed. Raises UserNotFound."""
    _lock(session, follower, followed_id)
    end_follow(session, follower.id, followed_id)


def end_follow(session: Session, follower_id: int, followed_id: int) -> None:
    """Delete a follow, if it exists. Both accounts must be locked."""
    pair = (col(Follow.follower_id) == follower_id) & (col(Follow.followed_id) == followed_id)
    if change(session, delete(Follow).where(pair)):
        _count(session, follower_id, followed_id, -1)
        withdraw(session, NotificationType.FOLLOW, follower_id, user_id=followed_id)


def _lock(session: Session, follower: Person, followed_id: int) -> None:
    """Lock both accounts at once, in the common order: two users may follow each other concurrently."""
    if followed_id not in lock_accounts(session, follower, followed_id):
        raise UserNotFound


def _count(session: Session, follower_id: int, followed_id: int, by: int) -> None:
    change(session, update(User).where(col(User.id) == follower_id).values(following=User.following + by))
    change(session, update(User).where(col(User.id) == followed_id).values(followers=User.followers + by))
