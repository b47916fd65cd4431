"""Reading notifications."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, func, literal, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pamps.db.prepared import Row, Statement, prepared_statement, run
from pamps.http.pagination import Page, Sort, Window
from pamps.models.notification import IS_UNREAD, Notification, NotificationResponse, NotificationType
from pamps.models.post import Post
from pamps.models.user import Person, User, UserBrief, UserResponse
from pamps.presenters.remembered import Json, json_list, rendered_once
from pamps.queries import user as user_queries
from pamps.queries.clauses import VIEWER, as_value
from pamps.queries.post import columns_of_posts, render_post
from pamps.queries.visibility import is_visible

MOST_UNREAD = 100
BATCH = 100
ACTOR = aliased(User)
IS_MINE = (col(Notification.user_id) == VIEWER) & is_visible(Notification.actor_id, signed_in=True)
OWN_COLUMNS: list[Any] = [
    *(col(Notification.id), col(Notification.type), col(Notification.date), col(Notification.read)),
    *(col(Notification.actor_id), col(ACTOR.username), col(ACTOR.avatar)),
]


def list_notifications(
    session: Session, viewer: Person, page: Page, *, type_: NotificationType | None, unread: bool
) -> Json[list[NotificationResponse]]:
    """The viewer's notifications, newest first, optionally of one type, only unread ones, or both."""
    build = _build(type_ is not None, unread)
    values = {} if type_ is None else {"type": type_.value}
    rows = page.fetch_built(session, build, Sort.NEWEST_FIRST, **values, **as_value(viewer))
    return Json(json_list(map(render_notification, rows)))


def list_since(session: Session, viewer: Person, after: int) -> list[tuple[int, bytes]]:
    """The first notifications after that id with their ids, oldest first, at most BATCH."""
    window = Window(before=False, after=True, descending=False, rows=BATCH)
    rows = run(session, _notifications(window, False, False), after=after, **as_value(viewer))
    return [(row[0], render_notification(row)) for row in rows]


def find_newest(session: Session, viewer: Person) -> int:
    """The id of the viewer's newest notification, even if it is hidden from them; 0 if there is none."""
    ((newest,),) = run(session, _newest(), **as_value(viewer))
    return int(newest)


def show_account(session: Session, owner: Person) -> UserResponse:
    """The owner's account with the number of unread notifications; raises RefusedToken."""
    account = user_queries.show_account(session, owner)
    account.unread_notifications = count_unread(session, owner)
    return account


def count_unread(session: Session, viewer: Person) -> int:
    """The number of the viewer's unread notifications, at most MOST_UNREAD."""
    ((count,),) = run(session, _unread(), **as_value(viewer))
    return int(count)


def render_notification(row: Row) -> bytes:
    """Render a row of `_notifications` as JSON; its parts are cached separately."""
    own, post = row[: len(OWN_COLUMNS)], row[len(OWN_COLUMNS) : -1]
    shown = b"null" if post[0] is None else render_post(post)
    return _render_own(own)[: -len(b"null}")] + shown + b"}"


@rendered_once(OWN_COLUMNS)
def _render_own(*row: Any) -> NotificationResponse:
    """The notification without its post, which is the last field."""
    id_, type_, date, read, actor_id, name, avatar = row
    actor = UserBrief(id=actor_id, username=name, avatar=avatar)
    return NotificationResponse.model_construct(
        id=id_, type=NotificationType(type_), date=date, read=read, actor=actor, post=None
    )


def _build(of_type: bool, unread: bool) -> Callable[[Window], Statement]:
    return lambda window: _notifications(window, of_type, unread)


@prepared_statement
def _notifications(window: Window, of_type: bool, unread: bool) -> Select[Any]:
    mine = select(col(Notification.id)).where(IS_MINE)
    if of_type:
        mine = mine.where(col(Notification.type) == bindparam("type"))
    if unread:
        mine = mine.where(IS_UNREAD)
    # In a subquery, so that PostgreSQL reads them in order from the index.
    first = window.of(mine, col(Notification.id)).subquery("first")
    shown = select(*OWN_COLUMNS, *columns_of_posts(signed_in=True), first.c.id.label("cursor"))
    joined = (
        shown.select_from(first)
        .join(Notification, col(Notification.id) == first.c.id)
        .join(ACTOR, col(ACTOR.id) == Notification.actor_id)
        .outerjoin(Post, col(Post.id) == Notification.post_id)
        .outerjoin(User, col(User.id) == Post.user_id)
    )
    return window.sort(joined, first.c.id)


@prepared_statement
def _newest() -> Select[Any]:
    newest = select(func.max(Notification.id)).where(col(Notification.user_id) == VIEWER)
    return select(func.coalesce(newest.scalar_subquery(), literal(0)))


@prepared_statement
def told_since() -> Select[Any]:
    """The users with notifications after the id `after`, with the newest id of each."""
    columns: list[Any] = [Notification.user_id, func.max(Notification.id)]
    is_new = col(Notification.id) > bindparam("after", type_=BigInteger)
    return select(*columns).where(is_new).group_by(col(Notification.user_id))


@prepared_statement
def newest_of_all() -> Select[Any]:
    """The newest id of all notifications; 0 if there are none."""
    return select(func.coalesce(func.max(Notification.id), 0))


@prepared_statement
def _unread() -> Select[Any]:
    first = select(col(Notification.id)).where(IS_MINE, IS_UNREAD).limit(MOST_UNREAD).subquery()
    return select(func.count()).select_from(first)
