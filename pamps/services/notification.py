"""Telling people what happened: `notify()` is the only way in.

A notification is written in the transaction of its cause, and goes with it.
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
    """Tell people what `actor` did, nobody twice of the same and never the actor.

    Their accounts have to be held (see `lock_accounts`): only so those of one person are committed in the
    order of their ids.
    """
    told = sorted(set(recipients) - {actor.id})
    if not told:
        return
    about = {"type": type_.value, "actor_id": actor.id, "post_id": post_id, "date": utc_now()}
    rows = [{"user_id": user_id, **about} for user_id in told]
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
    """Take back what somebody no longer does: about a post, or to a person, but not what these are told."""
    gone = (col(Notification.actor_id) == actor_id) & (col(Notification.type) == type_.value)
    if post_id is not None:
        gone &= col(Notification.post_id) == post_id
    if user_id is not None:
        gone &= col(Notification.user_id) == user_id
    _forget(session, gone & col(Notification.user_id).not_in(exclude))


def delete_for_posts(session: Session, post_ids: Collection[int]) -> None:
    """Take back everything that was about these posts."""
    _forget(session, col(Notification.post_id).in_(post_ids))


def delete_for_user(session: Session, user_id: int) -> None:
    """Take back everything that somebody did, or was told; so also all that was about their posts."""
    _forget(session, (col(Notification.actor_id) == user_id) | (col(Notification.user_id) == user_id))


def mark_read(session: Session, reader: Person, up_to: int) -> None:
    """Mark one's notifications up to that id as read."""
    own = (col(Notification.user_id) == reader.id) & IS_UNREAD & (col(Notification.id) <= up_to)
    read = update(Notification).where(_in_order(own)).values(read=True)
    change(session, read)


def _forget(session: Session, gone: ColumnElement[bool]) -> None:
    change(session, delete(Notification).where(_in_order(gone)))


def _in_order(rows: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same rows, held in the order of their ids: of two who change the same ones neither waits for the
    other for ever."""
    held = select(Notification.id).where(rows).order_by(col(Notification.id)).with_for_update()
    return col(Notification.id).in_(held)
