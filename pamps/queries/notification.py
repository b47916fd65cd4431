"""Reading notifications."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, bindparam, func, literal, literal_column, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pamps.db.prepared import Statement, prepared_statement, run
from pamps.db.window import Sort, Window, WindowShape
from pamps.models.notification import IS_UNREAD, Notification, NotificationType
from pamps.models.post import Post
from pamps.models.user import Person, User
from pamps.queries.clauses import VIEWER, Column, Selection, as_value
from pamps.queries.listing import Listing, list_prepared
from pamps.queries.rows import NotificationRow, PostRow, post_columns
from pamps.queries.visibility import visible_people

MOST_UNREAD = 100
BATCH = 100
ACTOR = aliased(User)
IS_MINE = (col(Notification.user_id) == VIEWER) & visible_people(Notification.actor_id, signed_in=True)
OWN_COLUMNS: list[Column] = [
    *(col(Notification.id), col(Notification.type), col(Notification.date), col(Notification.read)),
    *(col(Notification.actor_id), col(ACTOR.username), col(ACTOR.avatar)),
]


def list_notifications(
    session: Session, viewer: Person, window: Window, *, type_: NotificationType | None, unread: bool
) -> Listing[NotificationRow]:
    """The notifications of the viewer, newest first, optionally only those of one type or the unread ones."""
    build = _build(type_ is not None, unread)
    values = {} if type_ is None else {"type": type_.value}
    return list_prepared(session, window, Sort.NEWEST_FIRST, _make_row, build, **values, **as_value(viewer))


def list_since(session: Session, viewer: Person, after: int) -> list[NotificationRow]:
    """The first BATCH notifications after that id, oldest first."""
    shape = WindowShape(before=False, after=True, descending=False, rows=BATCH)
    rows = run(session, _notifications(shape, False, False), after=after, **as_value(viewer))
    return [_make_row(*row[:-1]) for row in rows]


def find_newest(session: Session, viewer: Person) -> int:
    """The id of the newest notification of the viewer, even if hidden from them; 0 if there is none."""
    ((newest,),) = run(session, _newest(), **as_value(viewer))
    return int(newest)


def select_unread_count() -> Selection:
    """The number of unread notifications of VIEWER, counted up to MOST_UNREAD."""
    first = (
        select(col(Notification.id))
        .where(IS_MINE, IS_UNREAD)
        .limit(literal_column(str(MOST_UNREAD)))
        .subquery()
    )
    return select(func.count()).select_from(first)


def _make_row(*row: Any) -> NotificationRow:
    id_, type_, date, read, actor_id, actor_name, actor_avatar = row[: len(OWN_COLUMNS)]
    post_id, *_ = post = row[len(OWN_COLUMNS) :]
    about = None if post_id is None else PostRow(*post)
    return NotificationRow(
        id_, NotificationType(type_), date, read, actor_id, actor_name, actor_avatar, about
    )


def _build(of_type: bool, unread: bool) -> Callable[[WindowShape], Statement]:
    return lambda shape: _notifications(shape, of_type, unread)


@prepared_statement
def _notifications(shape: WindowShape, of_type: bool, unread: bool) -> Selection:
    mine = select(col(Notification.id)).where(IS_MINE)
    if of_type:
        mine = mine.where(col(Notification.type) == bindparam("type"))
    if unread:
        mine = mine.where(IS_UNREAD)
    # In a subquery, so that PostgreSQL reads them in order from the index.
    first = shape.of(mine, col(Notification.id)).subquery("first")
    shown = select(*OWN_COLUMNS, *post_columns(signed_in=True), first.c.id.label("cursor"))
    joined = (
        shown.select_from(first)
        .join(Notification, col(Notification.id) == first.c.id)
        .outerjoin(ACTOR, col(ACTOR.id) == Notification.actor_id)
        .outerjoin(Post, col(Post.id) == Notification.post_id)
        .outerjoin(User, col(User.id) == Post.user_id)
    )
    return shape.sort(joined, first.c.id)


@prepared_statement
def _newest() -> Selection:
    newest = select(func.max(Notification.id)).where(col(Notification.user_id) == VIEWER)
    return select(func.coalesce(newest.scalar_subquery(), literal(0)))


@prepared_statement
def recipients_since() -> Selection:
    """The users who have notifications after the id `after`, and the newest id of each."""
    columns: list[Column] = [Notification.user_id, func.max(Notification.id)]
    is_new = col(Notification.id) > bindparam("after", type_=BigInteger)
    return select(*columns).where(is_new).group_by(col(Notification.user_id))


@prepared_statement
def newest_of_all() -> Selection:
    """The newest id of all notifications; 0 if there are none."""
    return select(func.coalesce(func.max(Notification.id), 0))
