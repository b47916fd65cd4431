"""Notifications."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, func
from sqlmodel import Field, SQLModel, String, col

from pamps.models.ids import BodyId
from pamps.models.post import PostResponse
from pamps.models.types import TABLE_OPTIONS, HasId, RequestModel, flag, identity, moment, reference
from pamps.models.user import UserBrief


class NotificationType(StrEnum):
    """The events that notify a user."""

    FOLLOW = "follow"
    LIKE = "like"
    REPLY = "reply"
    MENTION = "mention"


class Notification(SQLModel, table=True):
    """`actor_id` did something that concerns `user_id`. There is one of each type for an actor and a post, or
    a follow.

    The notifications of one user are committed in id order, because adding one requires the lock on their
    account (see pamps.services.notification). A client that has seen an id has seen all smaller ones.
    """

    __table_args__ = TABLE_OPTIONS

    id: int = identity()
    user_id: int = reference("user.id", ondelete="CASCADE")
    type: str = Field(sa_type=String(30))
    # None for what nobody in particular did.
    actor_id: int | None = reference("user.id", ondelete="CASCADE")
    # The post that was liked, or the reply or mention itself; None for a follow.
    post_id: int | None = reference("post.id", ondelete="CASCADE")
    date: datetime = moment()
    read: bool = flag(False)


IS_UNREAD = col(Notification.read).is_(False)
_ABOUT = (
    *(col(Notification.actor_id), col(Notification.user_id), col(Notification.type)),
    func.coalesce(Notification.post_id, 0),
)
Index("uq_notification_actor_id_user_id_type_post_id", *_ABOUT, unique=True)
# The notifications of a user: all, of one type, and unread, each by id; and those about a post.
Index("ix_notification_user_id_id", col(Notification.user_id), col(Notification.id))
Index(
    "ix_notification_user_id_type_id", *map(col, (Notification.user_id, Notification.type, Notification.id))
)
Index(
    "ix_notification_unread",
    col(Notification.user_id),
    col(Notification.id),
    sqlite_where=IS_UNREAD,
    postgresql_where=IS_UNREAD,
)
Index("ix_notification_post_id", col(Notification.post_id))


class ReadRequest(RequestModel):
    """Marks notifications as read, up to and including this id."""

    up_to: BodyId


class NotificationResponse(HasId):
    """A notification. `post` is the post that was liked, or the reply or mention itself."""

    type: NotificationType
    date: datetime
    read: bool
    actor: UserBrief | None
    post: PostResponse | None
