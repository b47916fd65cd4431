"""Reading accounts: for their owners, for logins, and for superusers."""

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from pamps.db.prepared import prepared_statement, run
from pamps.db.window import Sort, Window
from pamps.errors import RefusedToken
from pamps.models.user import Person, User, Viewer, normalise_login
from pamps.queries.clauses import VIEWER, Selection
from pamps.queries.listing import Listing, list_table
from pamps.queries.notification import select_unread_count
from pamps.queries.rows import UserRow, user_columns
from pamps.queries.user import UserNotFound, is_called


def find_login(session: Session, name: str) -> User | None:
    """The active user whose user name or e-mail address is `name`, ignoring case, or None."""
    is_theirs = func.lower(User.email) == normalise_login(name) if "@" in name else is_called(name)
    return session.scalar(select(User).where(is_theirs, col(User.is_active).is_(True)))


def find_by_email(session: Session, email: str) -> User | None:
    """The active user with this e-mail address, ignoring case, or None."""
    is_theirs = func.lower(User.email) == email.lower()
    return session.scalar(select(User).where(is_theirs, col(User.is_active).is_(True)))


def get_account(session: Session, viewer: Viewer) -> User:
    """The account of the viewer; raises RefusedToken if it was deleted since the request began."""
    if (user := session.get(User, viewer.id)) is None:
        raise RefusedToken
    return user


def get_own_row(session: Session, owner: Person, *, with_unread: bool = False) -> UserRow:
    """The account of `owner` with its private fields, read from the database; optionally with the number of
    unread notifications.

    Raises RefusedToken if it was deleted since the request began.
    """
    rows = run(session, _own(with_unread), viewer=owner.id)
    if not rows:
        raise RefusedToken
    return UserRow(*rows[0])


def list_accounts(
    session: Session, window: Window, *, part: str | None, is_active: bool | None
) -> Listing[User]:
    """All accounts, oldest first; with `part`, those whose user name or e-mail address contains it, ignoring
    case."""
    statement = select(User)
    if part is not None:
        lower = part.lower()
        columns = (func.lower(User.username), func.lower(User.email))
        statement = statement.where(or_(*(column.contains(lower, autoescape=True) for column in columns)))
    if is_active is not None:
        statement = statement.where(col(User.is_active).is_(is_active))
    return list_table(session, window, Sort.OLDEST_FIRST, statement, col(User.id))


def get_account_by_id(session: Session, user_id: int) -> User:
    """An account by id, read from the database even if the session has it; raises UserNotFound."""
    user = session.get(User, user_id, populate_existing=True)
    if user is None:
        raise UserNotFound
    return user


@prepared_statement
def _own(with_unread: bool) -> Selection:
    unread = [select_unread_count().scalar_subquery().label("unread_notifications")] if with_unread else []
    return select(*user_columns("owner"), *unread).where(col(User.id) == VIEWER)
