"""Reading users: single users, and lists of them."""

import re
from collections.abc import Callable

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Subquery,
    bindparam,
    false,
    func,
    literal_column,
    select,
)
from sqlmodel import Session, col

from pamps.db.prepared import Statement, prepared_statement, run
from pamps.db.window import Sort, Window, WindowShape
from pamps.errors import NotFound
from pamps.models.block import BlockKind
from pamps.models.user import User, Viewer
from pamps.queries.clauses import Column, Selection, as_value
from pamps.queries.listing import Listing, list_prepared
from pamps.queries.rows import Role, UserRow, has_viewer_hidden, user_columns
from pamps.queries.visibility import visible_people
from pamps.text.tokenizer import fold

# The number of users with a common prefix among whom the most followed are chosen.
CANDIDATES = 1_000


class UserNotFound(NotFound):
    code = "user_not_found"
    detail = "User not found"


def role_of(viewer: Viewer | None) -> Role:
    """The role of the viewer towards other users."""
    if viewer is None:
        return "anonymous"
    return "superuser" if viewer.superuser else "user"


def is_called(name: str) -> ColumnElement[bool]:
    """Whether a user has this name, ignoring case; false for anything that cannot be a name."""
    return is_named(User.username, name)


def is_named(column: Column, name: str) -> ColumnElement[bool]:
    """Whether a column has this user name, ignoring case."""
    # Beyond ASCII, the two databases and Python disagree about case; PostgreSQL rejects NUL.
    if not name.isascii() or "\0" in name:
        return false()
    return func.lower(column) == name.lower()


def plain_name(name: str) -> str:
    """The lower-case name; "", which matches no user, for anything that cannot be a name."""
    return "" if not name.isascii() or "\0" in name else name.lower()


def find_user(session: Session, username: str) -> User | None:
    """The user with this name, ignoring case, or None."""
    return session.scalar(select(User).where(is_called(username)))


def get_user(session: Session, username: str) -> User:
    """The user with this name, ignoring case; raises UserNotFound."""
    if (user := find_user(session, username)) is None:
        raise UserNotFound
    return user


def get_user_id(session: Session, viewer: Viewer | None, username: str) -> int:
    """The id of the user with this name, ignoring case; raises UserNotFound, including if they blocked the
    viewer."""
    rows = run(session, _user_id(role_of(viewer)), name=plain_name(username), **as_value(viewer))
    if not rows:
        raise UserNotFound
    ((user_id,),) = rows
    return int(user_id)


def get_user_row(session: Session, viewer: Viewer | None, username: str) -> UserRow:
    """A user as the viewer sees them, even if the viewer blocked them; raises UserNotFound, including if they
    blocked the viewer."""
    rows = run(session, _user(role_of(viewer)), name=plain_name(username), **as_value(viewer))
    if not rows:
        raise UserNotFound
    return UserRow(*rows[0][:-1])


def list_users(session: Session, viewer: Viewer | None, window: Window) -> Listing[UserRow]:
    """All users, oldest first."""
    return list_people(session, viewer, window, _everybody, Sort.OLDEST_FIRST)


def find_people(session: Session, viewer: Viewer | None, typed: str, limit: int) -> list[UserRow]:
    """Users whose names start with what was typed, ignoring accents and case, most followed first. Only the
    first CANDIDATES by name are considered."""
    beginning = fold(typed.strip()).lstrip("@").rstrip("*")
    if not re.fullmatch("[a-z0-9_]{1,30}", beginning):
        return []
    values = {"first": beginning, "last": beginning + "\x7f", "limit": limit}
    rows = run(session, _named_like(role_of(viewer)), **values, **as_value(viewer))
    return [UserRow(*row[:-1]) for row in rows]


def list_people(
    session: Session,
    viewer: Viewer | None,
    window: Window,
    build: Callable[[WindowShape, Role], Statement],
    sort: Sort,
    **values: object,
) -> Listing[UserRow]:
    """A page of a list of users. `build` builds its statement from `select_users`."""
    role = role_of(viewer)
    return list_prepared(
        session, window, sort, UserRow, lambda shape: build(shape, role), **as_value(viewer), **values
    )


def select_users(role: Role, key: Column = User.id) -> Selection:
    """The columns of a `UserRow`, and the cursor of lists."""
    return select(*user_columns(role), key.label("cursor")).select_from(User)


def select_partners(shape: WindowShape, role: Role, pairs: Subquery) -> Selection:
    """The users in the `pairs` of `first_pairs`, in their order."""
    people = select_users(role, key=pairs.c.id).join(pairs, pairs.c.partner == User.id)
    return shape.sort(people, pairs.c.id)


def is_listed(person: Column, role: Role) -> ColumnElement[bool]:
    """Whether lists of users include this one. Mutes hide posts, not users."""
    return visible_people(person, role != "anonymous", even_muted=True)


@prepared_statement
def _user(role: Role) -> Selection:
    return select_users(role).where(_is_found_by_name(role))


@prepared_statement
def _user_id(role: Role) -> Selection:
    return select(col(User.id)).where(_is_found_by_name(role))


def _is_found_by_name(role: Role) -> ColumnElement[bool]:
    """Whether the user is called `name` and has not blocked the viewer."""
    has_blocked_viewer = false() if role == "anonymous" else has_viewer_hidden(BlockKind.BLOCKED)
    return (func.lower(User.username) == bindparam("name")) & ~has_blocked_viewer


@prepared_statement
def _named_like(role: Role) -> Selection:
    name = func.lower(User.username)
    alike = select(col(User.id), col(User.followers), name.label("name")).where(
        name >= bindparam("first"), name < bindparam("last"), is_listed(User.id, role)
    )
    candidates = alike.order_by(name).limit(literal_column(str(CANDIDATES))).subquery()
    best = (candidates.c.followers.desc(), candidates.c.name)
    chosen = select(candidates).order_by(*best).limit(bindparam("limit", type_=BigInteger)).subquery("chosen")
    people = select_users(role).join(chosen, chosen.c.id == User.id)
    return people.order_by(chosen.c.followers.desc(), chosen.c.name)


@prepared_statement
def _everybody(shape: WindowShape, role: Role) -> Selection:
    return shape.of(select_users(role).where(is_listed(User.id, role)), col(User.id))
