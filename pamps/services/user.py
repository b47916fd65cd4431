"""Creating, changing and deleting accounts."""

from sqlalchemy import ColumnElement
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select, update

from pamps.config import settings
from pamps.db import commit_early
from pamps.errors import Forbidden, FreshTokenRequired, RefusedToken
from pamps.models.audit import Action
from pamps.models.client import Client
from pamps.models.email_token import Purpose
from pamps.models.follow import Follow
from pamps.models.like import Like
from pamps.models.post import Post
from pamps.models.user import PasswordRequest, Person, User, UserPatch, UserRequest, Viewer
from pamps.queries.account import get_account, get_own_row
from pamps.queries.rows import UserRow
from pamps.security.tokens import hash_password, verify_password
from pamps.services.audit import record
from pamps.services.email_token import count_mail, forget_links, send_link
from pamps.services.invite import check_registration, use_invite
from pamps.services.locking import change, lock, lock_accounts
from pamps.services.login_guard import Attempt
from pamps.services.post import remove_all_posts, with_ancestors
from pamps.services.rate_limit import RateLimitHit, count
from pamps.services.session import end_sessions
from pamps.services.uniqueness import explain_taken


class WrongPassword(Forbidden):
    code = "wrong_password"
    detail = "The current password is incorrect."


def register(session: Session, request: UserRequest, client: Client) -> UserRow:
    """Create an account and return it as its owner sees it.

    Raises UsernameTaken, EmailTaken, RegistrationClosed, BadInvite or TooManyRequests.
    """
    count(session, RateLimitHit("registration", client.network, "registrations from your address"))
    commit_early(session, because="a refusal must not undo the count")
    check_registration(session, request.invite)
    commit_early(session, because="hashing is slow")
    try:
        user = add_user(session, request, confirmed=not settings.accounts.confirm_email)
    except IntegrityError as error:
        raise explain_taken(error) from error
    use_invite(session, request.invite)
    if not user.confirmed:
        send_link(session, Purpose.EMAIL_CONFIRMATION, user.email, user)
    return get_own_row(session, user)


def add_user(
    session: Session, request: UserRequest, *, superuser: bool = False, confirmed: bool = True
) -> User:
    """Create an account; raises SQLAlchemy's IntegrityError if the name or the address is taken."""
    # Hash before the first statement: it is slow, and no transaction should be open in the meantime.
    hashed = hash_password(request.password)
    given = request.model_dump(exclude={"password", "invite"})
    user = User(**given, password=hashed, superuser=superuser, confirmed=confirmed)
    session.add(user)
    session.flush()
    return user


def change_profile(
    session: Session, viewer: Viewer, patch: UserPatch, client: Client, *, fresh: bool
) -> UserRow:
    """Change what the patch names and show the result. Where addresses are confirmed, a new one only counts
    once the link that is sent there was followed.

    Raises FreshTokenRequired for a new e-mail address unless `fresh`, EmailTaken or TooManyRequests.
    """
    changes = patch.model_dump(exclude_unset=True)
    if "email" in changes and not fresh:
        raise FreshTokenRequired
    user = get_account(session, viewer)
    to_confirm = None
    if settings.accounts.confirm_email and changes.get("email", user.email) != user.email:
        to_confirm = changes.pop("email")
        count_mail(session, to_confirm, client)
    lock_accounts(session, user)
    if to_confirm is not None:
        send_link(session, Purpose.EMAIL_CONFIRMATION, to_confirm, user)
    if changes.get("email", user.email) != user.email:
        record(session, Action.EMAIL_CHANGED, user, user, client)
    user.sqlmodel_update(changes)
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:
        raise explain_taken(error) from error
    return get_own_row(session, viewer)


def change_password(
    session: Session, viewer: Viewer, request: PasswordRequest, client: Client, *, kept: int | None
) -> None:
    """Set a new password and end all sessions except `kept`.

    Raises WrongPassword if the current password is wrong, or TooManyRequests.
    """
    user = get_account(session, viewer)
    attempt = Attempt(user.username, user, client)
    attempt.count(session)
    commit_early(session, because="hashing is slow")
    if not verify_password(request.current_password, user.password):
        raise WrongPassword
    unchanged = (col(User.id) == user.id) & (col(User.password) == user.password)
    hashed = hash_password(request.new_password)
    attempt.was_right(session)
    if not change(session, update(User).where(unchanged).values(password=hashed)):
        raise WrongPassword  # changed concurrently
    end_sessions(session, user, exclude=kept)
    forget_links(session, user)
    record(session, Action.PASSWORD_CHANGED, user, user, client)


def delete_user(session: Session, user: Person) -> None:
    """Delete an account: its posts as if each were deleted, its likes and its follows. Its name becomes
    available.

    Replies by others stay, and counters of others are adjusted in the same transaction. Raises RefusedToken
    if the account was already deleted.
    """
    followers = select(Follow.follower_id).where(Follow.followed_id == user.id)
    following = select(Follow.followed_id).where(Follow.follower_id == user.id)
    _lock_with(session, user, col(User.id).in_(followers) | col(User.id).in_(following))
    liked = col(Post.id).in_(select(Like.post_id).where(Like.user_id == user.id))
    written = col(Post.id).in_(with_ancestors(col(Post.user_id) == user.id))
    lock(session, Post, liked | written)
    change(session, update(User).where(col(User.id).in_(followers)).values(following=User.following - 1))
    change(session, update(User).where(col(User.id).in_(following)).values(followers=User.followers - 1))
    change(session, update(Post).where(liked).values(likes=Post.likes - 1))
    remove_all_posts(session, user)
    # Likes and follows are deleted by cascade.
    change(session, delete(User).where(col(User.id) == user.id))


def _lock_with(session: Session, user: Person, connected: ColumnElement[bool]) -> None:
    """Lock the account and all connected ones in the common order (see `lock`)."""
    accounts = connected | (col(User.id) == user.id)
    while True:
        with session.begin_nested() as attempt:
            locked = lock(session, User, accounts)
            if set(session.exec(select(User.id).where(accounts))) <= locked:
                break
            attempt.rollback()  # a new follower appeared meanwhile, and must be locked in order
    if user.id not in locked:
        raise RefusedToken
