"""Reading users as a viewer sees them, in one statement each. Rendered rows are cached."""

import re
from collections.abc import Callable
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    bindparam,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pamps.db.prepared import Row, Statement, prepared_statement, run
from pamps.errors import NotFound, RefusedToken
from pamps.http.pagination import Page, Sort, Window
from pamps.models.block import Block, BlockKind
from pamps.models.follow import Follow
from pamps.models.like import Like
from pamps.models.user import AccountResponse, Person, User, UserPublic, UserResponse, Viewer, normalise_login
from pamps.presenters.remembered import Json, json_list, rendered_once
from pamps.queries.clauses import POST, USER, VIEWER, as_value, first_pairs, is_there
from pamps.queries.visibility import is_visible
from pamps.text.tokenizer import fold

USER_FIELDS = ("id", *UserPublic.model_fields)
USER_COLUMNS = [getattr(User, name) for name in USER_FIELDS]
SHOWN_FIELDS = (*USER_FIELDS, "followed", "follows_you", "muted", "blocked", "email")
ACCOUNT_COLUMNS = [getattr(User, name) for name in AccountResponse.model_fields]


# The number of users with a common prefix among whom the most followed are chosen.
CANDIDATES = 1_000
# Determines which fields of a user are shown.
Role = Literal["nobody", "somebody", "superuser"]


class UserNotFound(NotFound):
    code = "user_not_found"
    detail = "There is no such user."


def role_of(viewer: Viewer | None) -> Role:
    """The role of a viewer."""
    if viewer is None:
        return "nobody"
    return "superuser" if viewer.superuser else "somebody"


def is_called(name: str) -> ColumnElement[bool]:
    """Whether a user has this name, ignoring case; false for anything that cannot be a name."""
    return is_named(User.username, name)


def is_named(column: Any, name: str) -> ColumnElement[bool]:
    """Whether a column has this user name, ignoring case."""
    # Beyond ASCII, the two databases and Python disagree about case; PostgreSQL rejects NUL.
    if not name.isascii() or "\0" in name:
        return false()
    return func.lower(column) == name.lower()


def plain_name(name: str) -> str:
    """The lower-case name; "", which matches no user, for anything that cannot be a name."""
    return "" if not name.isascii() or "\0" in name else name.lower()


def find_user(session: Session, username: str) -> User | None:
    """The user of that name, ignoring case, or None."""
    return session.scalar(select(User).where(is_called(username)))


def get_user(session: Session, username: str) -> User:
    """The user of that name, ignoring case; raises UserNotFound."""
    if (user := find_user(session, username)) is None:
        raise UserNotFound
    return user


def get_user_id(session: Session, viewer: Viewer | None, username: str) -> int:
    """The id of the user of that name; raises UserNotFound, including for users who have blocked the
    viewer."""
    rows = run(session, _user_id(role_of(viewer)), name=plain_name(username), **as_value(viewer))
    if not rows:
        raise UserNotFound
    ((user_id,),) = rows
    return int(user_id)


def find_login(session: Session, name: str) -> User | None:
    """The active user whose user name or e-mail address is `name`, ignoring case, or None."""
    is_named = func.lower(User.email) == normalise_login(name) if "@" in name else is_called(name)
    return session.scalar(select(User).where(is_named, col(User.is_active).is_(True)))


def find_by_email(session: Session, email: str) -> User | None:
    """The active user with this e-mail address, ignoring case, or None."""
    is_theirs = func.lower(User.email) == email.lower()
    return session.scalar(select(User).where(is_theirs, col(User.is_active).is_(True)))


def get_account(session: Session, viewer: Viewer) -> User:
    """The row of the viewer's account; raises RefusedToken if it was deleted since the request began."""
    if (user := session.get(User, viewer.id)) is None:
        raise RefusedToken
    return user


def show_user(session: Session, viewer: Viewer | None, username: str) -> Json[UserResponse]:
    """One user as the viewer sees them, even if blocked by the viewer; raises UserNotFound."""
    rows = run(session, _user(role_of(viewer)), name=plain_name(username), **as_value(viewer))
    if not rows:
        raise UserNotFound
    return Json(render_user(rows[0][:-1]))


def show_account(session: Session, owner: Person) -> UserResponse:
    """The owner's account with its private fields, as it is in the database now.

    Raises RefusedToken if it was deleted since the request began.
    """
    row = session.execute(select(*USER_COLUMNS, col(User.email)).where(col(User.id) == owner.id)).first()
    if row is None:
        raise RefusedToken
    return UserResponse.model_validate(row, from_attributes=True)


def list_users(session: Session, viewer: Viewer | None, page: Page) -> Json[list[UserResponse]]:
    """All users, oldest first."""
    return _list(session, viewer, page, _everybody, Sort.OLDEST_FIRST)


def list_accounts(
    session: Session, page: Page, *, part: str | None, is_active: bool | None
) -> list[AccountResponse]:
    """Accounts as superusers see them, oldest first; with `part`, those whose name or address contains it."""
    statement = select(*ACCOUNT_COLUMNS)
    if part is not None:
        lower = part.lower()
        columns = (func.lower(User.username), func.lower(User.email))
        statement = statement.where(or_(*(column.contains(lower, autoescape=True) for column in columns)))
    if is_active is not None:
        statement = statement.where(col(User.is_active).is_(is_active))
    rows = page.fetch(session, statement, User.id, Sort.OLDEST_FIRST)
    return [AccountResponse.model_validate(row, from_attributes=True) for row in rows]


def show_for_admin(session: Session, user_id: int) -> AccountResponse:
    """One account as superusers see it; raises UserNotFound."""
    row = session.execute(select(*ACCOUNT_COLUMNS).where(col(User.id) == user_id)).first()
    if row is None:
        raise UserNotFound
    return AccountResponse.model_validate(row, from_attributes=True)


def list_followers(
    session: Session, viewer: Viewer | None, page: Page, user_id: int
) -> Json[list[UserResponse]]:
    """The followers of a user, latest first. The cursor is the id of the follow."""
    return _list(session, viewer, page, _followers, user=user_id)


def list_following(
    session: Session, viewer: Viewer | None, page: Page, user_id: int
) -> Json[list[UserResponse]]:
    """The users whom a user follows, latest first. The cursor is the id of the follow."""
    return _list(session, viewer, page, _following, user=user_id)


def find_people(session: Session, viewer: Viewer | None, typed: str, limit: int) -> Json[list[UserResponse]]:
    """Users whose names start with what was typed, ignoring accents and case, most followers first. Considers
    the first CANDIDATES by name."""
    beginning = fold(typed.strip()).lstrip("@").rstrip("*")
    rows: list[Row] = []
    if re.fullmatch("[a-z0-9_]{1,30}", beginning):
        values = {"first": beginning, "last": beginning + "\x7f", "limit": limit}
        rows = run(session, _named_like(role_of(viewer)), **values, **as_value(viewer))
    return Json(json_list(render_user(row[:-1]) for row in rows))


def list_hidden(session: Session, viewer: Viewer, page: Page, kind: BlockKind) -> Json[list[UserResponse]]:
    """The users whom the viewer muted or blocked, latest first. The cursor is the id of the mute or block."""
    return _list(session, viewer, page, _muted if kind is BlockKind.MUTE else _blocked)


def list_likers(
    session: Session, viewer: Viewer | None, page: Page, post_id: int
) -> Json[list[UserResponse]]:
    """The users who like a post, latest first. The cursor is the id of the like."""
    return _list(session, viewer, page, _likers, post=post_id)


def _list(
    session: Session,
    viewer: Viewer | None,
    page: Page,
    build: Callable[[Window, Role], Statement],
    sort: Sort = Sort.NEWEST_FIRST,
    **values: Any,
) -> Json[list[UserResponse]]:
    role = role_of(viewer)
    rows = page.fetch_built(session, lambda window: build(window, role), sort, **as_value(viewer), **values)
    return Json(json_list(render_user(row[:-1]) for row in rows))


def _select_users(role: Role, key: Any = User.id) -> Select[Any]:
    """The columns of `render_user` (the user and their relationship to the viewer), followed by the
    cursor."""
    connection: list[ColumnElement[Any]] = [null()] * 4
    email: Any = null()
    if role != "nobody":
        # Aliased, because some lists join the follow table themselves.
        outgoing, incoming = aliased(Follow), aliased(Follow)
        connection = [
            is_there(col(outgoing.follower_id) == VIEWER, col(outgoing.followed_id) == User.id),
            is_there(col(incoming.follower_id) == User.id, col(incoming.followed_id) == VIEWER),
            *(_is_hidden(kind) for kind in (BlockKind.MUTE, BlockKind.BLOCK)),
        ]
    if role == "superuser":
        email = User.email
    shown = zip((*connection, email), SHOWN_FIELDS[len(USER_FIELDS) :], strict=True)
    columns = [column.label(name) for column, name in shown]
    return select(*USER_COLUMNS, *columns, key.label("cursor")).select_from(User)


def _is_hidden(kind: BlockKind) -> ColumnElement[bool]:
    """Whether a row of this kind hides the user from the viewer."""
    own = aliased(Block)
    pair = (col(own.user_id) == VIEWER, col(own.hidden_id) == User.id)
    # This form cannot use an index on the kind, through which PostgreSQL would scan all rows of that kind.
    return is_there(*pair, col(own.kind).is_not_distinct_from(literal_column(f"'{kind}'")))


@rendered_once([*USER_COLUMNS, *[literal(True)] * 4, col(User.email)])
def render_user(*row: Any) -> UserResponse:
    """Build the response from the columns of `_select_users` without the cursor. They come from the database,
    so they are not validated again."""
    return UserResponse.model_construct(**dict(zip(SHOWN_FIELDS, row, strict=True)))


@prepared_statement
def _user(role: Role) -> Select[Any]:
    return _select_users(role).where(_is_there_by_name(role))


@prepared_statement
def _user_id(role: Role) -> Select[Any]:
    return select(col(User.id)).where(_is_there_by_name(role))


def _is_there_by_name(role: Role) -> ColumnElement[bool]:
    """Whether the user is called `name` and has not blocked the viewer."""
    return (func.lower(User.username) == bindparam("name")) & ~_has_blocked_viewer(role)


def _has_blocked_viewer(role: Role) -> ColumnElement[bool]:
    return false() if role == "nobody" else _is_hidden(BlockKind.BLOCKED)


@prepared_statement
def _named_like(role: Role) -> Select[Any]:
    name = func.lower(User.username)
    alike = select(col(User.id), col(User.followers), name.label("name")).where(
        name >= bindparam("first"), name < bindparam("last"), _is_shown(User.id, role)
    )
    candidates = alike.order_by(name).limit(literal_column(str(CANDIDATES))).subquery()
    best = (candidates.c.followers.desc(), candidates.c.name)
    chosen = select(candidates).order_by(*best).limit(bindparam("limit", type_=BigInteger)).subquery("chosen")
    people = _select_users(role).join(chosen, chosen.c.id == User.id)
    return people.order_by(chosen.c.followers.desc(), chosen.c.name)


@prepared_statement
def _everybody(window: Window, role: Role) -> Select[Any]:
    return window.of(_select_users(role).where(_is_shown(User.id, role)), col(User.id))


@prepared_statement
def _followers(window: Window, role: Role) -> Select[Any]:
    return _partners(window, role, Follow.follower_id, col(Follow.followed_id) == USER)


@prepared_statement
def _following(window: Window, role: Role) -> Select[Any]:
    return _partners(window, role, Follow.followed_id, col(Follow.follower_id) == USER)


@prepared_statement
def _likers(window: Window, role: Role) -> Select[Any]:
    return _partners(window, role, Like.user_id, col(Like.post_id) == POST)


@prepared_statement
def _muted(window: Window, role: Role) -> Select[Any]:
    return _hidden(window, role, BlockKind.MUTE)


@prepared_statement
def _blocked(window: Window, role: Role) -> Select[Any]:
    return _hidden(window, role, BlockKind.BLOCK)


def _hidden(window: Window, role: Role, kind: BlockKind) -> Select[Any]:
    own = (col(Block.user_id) == VIEWER) & (col(Block.kind) == literal_column(f"'{kind}'"))
    return _joined(window, role, first_pairs(window, Block.hidden_id, own))


def _is_shown(person: Any, role: Role) -> ColumnElement[bool]:
    """Whether a list of users includes this one. Mutes only hide posts, not users."""
    return is_visible(person, role != "nobody", even_muted=True)


def _partners(window: Window, role: Role, partner: Any, pair: ColumnElement[bool]) -> Select[Any]:
    return _joined(window, role, first_pairs(window, partner, pair & _is_shown(partner, role)))


def _joined(window: Window, role: Role, pairs: Subquery) -> Select[Any]:
    people = _select_users(role, key=pairs.c.id).join(pairs, pairs.c.partner == User.id)
    return window.sort(people, pairs.c.id)
