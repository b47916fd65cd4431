"""Liking and unliking."""

from sqlmodel import Session, col, delete, update

from pamps.models.like import Like
from pamps.models.notification import NotificationType
from pamps.models.post import IS_LISTED, Post
from pamps.models.user import Person
from pamps.queries.post import PostNotFound, get_author
from pamps.services.locking import add_once, change, lock, lock_accounts
from pamps.services.notification import notify, withdraw


def like(session: Session, user: Person, post_id: int) -> tuple[Like, bool]:
    """Like a post; the second value is False if it was already liked. Raises PostNotFound."""
    author_id = get_author(session, user, post_id)
    if author_id is None:
        raise PostNotFound
    lock_accounts(session, user, author_id)
    _lock(session, post_id)
    row, created = add_once(session, Like, {"user_id": user.id, "post_id": post_id})
    if created:
        _count(session, post_id, 1)
        notify(session, [author_id], NotificationType.LIKE, user, post_id)
    return row, created


def unlike(session: Session, user: Person, post_id: int) -> None:
    """Unlike a post; does nothing if it is not liked. Raises PostNotFound."""
    _lock(session, post_id)
    own = delete(Like).where(col(Like.user_id) == user.id, col(Like.post_id) == post_id)
    if change(session, own):
        _count(session, post_id, -1)
        withdraw(session, NotificationType.LIKE, user.id, post_id=post_id)


def _lock(session: Session, post_id: int) -> None:
    if not lock(session, Post, (col(Post.id) == post_id) & IS_LISTED):
        raise PostNotFound


def _count(session: Session, post_id: int, by: int) -> None:
    change(session, update(Post).where(col(Post.id) == post_id).values(likes=Post.likes + by))
