"""Reading people."""

from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, false, func, null, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from pamps.errors import NotFound
from pamps.models.like import Like
from pamps.models.social import Social
from pamps.models.user import AccountResponse, User, UserPublic, UserResponse, normal_login
from pamps.pagination import Page, Sort

USER_COLUMNS = [getattr(User, name) for name in ("id", *UserPublic.model_fields)]
ACCOUNT_COLUMNS = [getattr(User, name) for name in AccountResponse.model_fields]


class UserNotFound(NotFound):
    code = "user_not_found"
    detail = "There is no such user."


def is_called(name: str) -> ColumnElement[bool]:
    """Whether a user has this name, without regard to case. What cannot be a name is nobody's."""
    return is_named(User.username, name)


def is_named(column: Any, name: str) -> ColumnElement[bool]:
    """Whether a column holds this user name, without regard to case."""
    # Beyond ASCII the two databases and Python disagree about case; NUL is more than PostgreSQL can take.
    if not name.isascii() or "\0" in name:
        return false()
    return func.lower(column) == name.lower()


def find_user(session: Session, username: str) -> User | None:
    """The user of that name, without regard to case."""
    return session.scalar(select(User).where(is_called(username)))


def get_user(session: Session, username: str) -> User:
    """The user of that name, without regard to case; raises UserNotFound."""
    if (user := find_user(session, username)) is None:
        raise UserNotFound
    return user


def find_login(session: Session, name: str) -> User | None:
    """The active user whose user name or e-mail address, without regard to case, is `name`."""
    is_named = func.lower(User.email) == normal_login(name) if "@" in name else is_called(name)
    return session.scalar(select(User).where(is_named, col(User.is_active).is_(True)))


def find_by_email(session: Session, email: str) -> User | None:
    """The active user with this e-mail address, without regard to case."""
    is_theirs = func.lower(User.email) == email.lower()
    return session.scalar(select(User).where(is_theirs, col(User.is_active).is_(True)))


def show_user(session: Session, viewer: User | None, username: str) -> UserResponse:
    """One person as the viewer sees them; raises UserNotFound."""
    return _show_one(session, _select_users(viewer).where(is_called(username)))


def show_account(session: Session, owner: User) -> UserResponse:
    """One's own account, with what only its owner may see, as it is in the database now.

    Raises UserNotFound if it was deleted since the request began.
    """
    account = _show_one(session, _select_users(None).where(col(User.id) == owner.id))
    account.email = owner.email
    return account


def list_users(session: Session, viewer: User | None, page: Page) -> list[UserResponse]:
    """Everybody, oldest first."""
    return _fetch(session, page, _select_users(viewer), User.id, Sort.OLDEST_FIRST)


def list_accounts(
    session: Session, page: Page, *, part: str | None, is_active: bool | None
) -> list[AccountResponse]:
    """Accounts as superusers see them, oldest first: with `part` those that have it in name or address."""
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


def list_followers(session: Session, viewer: User | None, page: Page, user: User) -> list[UserResponse]:
    """Who follows `user`, latest first. The cursor is the id of the follow."""
    statement = _select_users(viewer).join(Social, col(Social.follower_id) == User.id)
    return _fetch(session, page, statement.where(col(Social.followed_id) == user.id), Social.id)


def list_following(session: Session, viewer: User | None, page: Page, user: User) -> list[UserResponse]:
    """Whom `user` follows, latest first. The cursor is the id of the follow."""
    statement = _select_users(viewer).join(Social, col(Social.followed_id) == User.id)
    return _fetch(session, page, statement.where(col(Social.follower_id) == user.id), Social.id)


def list_likers(session: Session, viewer: User | None, page: Page, post_id: int) -> list[UserResponse]:
    """Who likes a post, latest first. The cursor is the id of the like."""
    statement = _select_users(viewer).join(Like, col(Like.user_id) == User.id)
    return _fetch(session, page, statement.where(col(Like.post_id) == post_id), Like.id)


def _select_users(viewer: User | None) -> Select[Any]:
    """The columns of a response, with how the viewer and the person are connected."""
    followed: ColumnElement[Any] = null()
    follows_you: ColumnElement[Any] = null()
    email: Any = null()
    if viewer is not None:
        # An alias each: some lists join the table of follows themselves.
        outgoing, incoming = aliased(Social), aliased(Social)
        followed = exists().where(
            col(outgoing.follower_id) == viewer.id, col(outgoing.followed_id) == User.id
        )
        follows_you = exists().where(
            col(incoming.follower_id) == User.id, col(incoming.followed_id) == viewer.id
        )
        email = User.email if viewer.superuser else null()
    return select(
        *USER_COLUMNS, followed.label("followed"), follows_you.label("follows_you"), email.label("email")
    )


def _fetch(
    session: Session, page: Page, statement: Select[Any], key: Any, sort: Sort = Sort.NEWEST_FIRST
) -> list[UserResponse]:
    return [_response(row) for row in page.fetch(session, statement, key, sort)]


def _show_one(session: Session, statement: Select[Any]) -> UserResponse:
    if (row := session.execute(statement).first()) is None:
        raise UserNotFound
    return _response(row)


def _response(row: Row[Any]) -> UserResponse:
    return UserResponse.model_validate(row, from_attributes=True)
