"""Notifications, created only by `notify()`.

A notification is written in the transaction of its cause, and rolled back with it.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, delete, select, update

from pamps.db.prepared import insert_into
from pamps.models.notification import IS_UNREAD, Notification, NotificationType
from pamps.models.types import utc_now
from pamps.models.user import Person
from pamps.services.live.publish import publish
from pamps.services.locking import change


def notify(
    session: Session,
    recipients: Collection[int],
    type_: NotificationType,
    actor: Person,
    post_id: int | None = None,
) -> None:
    """Notify `recipients` of what `actor` did: each at most once for the same thing, and never the actor.

    The recipients' accounts must be locked (see `lock_accounts`), so that the notifications of one user are
    committed in id order.
    """
    others = sorted(set(recipients) - {actor.id})
    if not others:
        return
    about = {"type": type_.value, "actor_id": actor.id, "post_id": post_id, "date": utc_now()}
    rows = [{"user_id": user_id, **about} for user_id in others]
    insert = insert_into(Notification).values(rows).on_conflict_do_nothing()
    new = session.execute(insert.returning(col(Notification.user_id))).scalars().all()
    publish(session, new)


def withdraw(
    session: Session,
    type_: NotificationType,
    actor_id: int,
    *,
    post_id: int | None = None,
    user_id: int | None = None,
    exclude: Collection[int] = (),
) -> None:
    """Delete notifications of this type by `actor_id`: about a post, to a user, or both. Those to `exclude`
    are kept."""
    matching = (col(Notification.actor_id) == actor_id) & (col(Notification.type) == type_.value)
    if post_id is not None:
        matching &= col(Notification.post_id) == post_id
    if user_id is not None:
        matching &= col(Notification.user_id) == user_id
    _forget(session, matching & col(Notification.user_id).not_in(exclude))


def delete_for_posts(session: Session, post_ids: Collection[int]) -> None:
    """Delete all notifications about these posts."""
    _forget(session, col(Notification.post_id).in_(post_ids))


def delete_for_user(session: Session, user_id: int) -> None:
    """Delete all notifications by or to a user, which includes all about their posts."""
    _forget(session, (col(Notification.actor_id) == user_id) | (col(Notification.user_id) == user_id))


def mark_read(session: Session, reader: Person, up_to: int) -> None:
    """Mark the reader's notifications up to and including that id as read."""
    own = (col(Notification.user_id) == reader.id) & IS_UNREAD & (col(Notification.id) <= up_to)
    read = update(Notification).where(_in_order(own)).values(read=True)
    change(session, read)


def _forget(session: Session, matching: ColumnElement[bool]) -> None:
    change(session, delete(Notification).where(_in_order(matching)))


def _in_order(rows: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same rows, locked in id order, so that concurrent changes of the same rows cannot deadlock."""
    locked = select(Notification.id).where(rows).order_by(col(Notification.id)).with_for_update()
    return col(Notification.id).in_(locked)
