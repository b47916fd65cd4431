"""Account administration, by superusers and the command line. Every action is written to the audit log."""

from sqlmodel import Session, col, update

from pamps.errors import Conflict, RefusedToken
from pamps.models.audit import Action
from pamps.models.client import Client
from pamps.models.user import Person, User
from pamps.queries.account import get_account_by_id
from pamps.queries.user import UserNotFound
from pamps.security.tokens import hash_password
from pamps.services import user as user_service
from pamps.services.audit import record
from pamps.services.email_token import forget_links
from pamps.services.locking import change, lock
from pamps.services.session import end_sessions, revoke_all_access

# A superuser, or for the command line `cli:` and the operating system user.
Actor = Person | str


class OwnAccount(Conflict):
    code = "own_account"
    detail = "This is your own account. Use the paths under /user/me/ instead."


def set_active(session: Session, actor: Actor, user_id: int, client: Client | None, *, active: bool) -> User:
    """Let somebody in, also whose address was never confirmed, or keep them out: then their sessions end, and
    nothing opens their account.

    Its posts stay visible. Raises UserNotFound or OwnAccount.
    """
    user = _lock(session, actor, user_id)
    state = {"is_active": True, "confirmed": True} if active else {"is_active": False}
    if any(getattr(user, name) is not value for name, value in state.items()):
        change(session, update(User).where(col(User.id) == user_id).values(state))
        record(session, Action.ACTIVATED if active else Action.DEACTIVATED, actor, user, client)
    if not active:
        end_sessions(session, user)
    return get_account_by_id(session, user_id)


def delete_user(session: Session, actor: Actor, user_id: int, client: Client | None) -> None:
    """Delete an account as its owner could; raises UserNotFound or OwnAccount."""
    user = _find(session, actor, user_id)
    try:
        user_service.delete_user(session, user)
    except RefusedToken:  # deleted concurrently
        raise UserNotFound from None
    record(session, Action.USER_DELETED, actor, user, client)


def set_superuser(session: Session, actor: Actor, user_id: int, *, superuser: bool) -> None:
    """Grant or withdraw superuser rights; raises UserNotFound."""
    user = _lock(session, actor, user_id)
    if user.superuser is not superuser:
        change(session, update(User).where(col(User.id) == user_id).values(superuser=superuser))
        record(session, Action.PROMOTED if superuser else Action.DEMOTED, actor, user, None)


def set_password(session: Session, actor: Actor, user_id: int, password: str, client: Client | None) -> None:
    """Set a user's password and revoke all access: sessions and access tokens end.

    Raises UserNotFound.
    """
    hashed = hash_password(password)
    user = _lock(session, actor, user_id)
    change(session, update(User).where(col(User.id) == user_id).values(password=hashed))
    revoke_all_access(session, user)
    forget_links(session, user)
    record(session, Action.PASSWORD_SET, actor, user, client)


def end_all_sessions(session: Session, actor: Actor, user_id: int) -> int:
    """End all sessions of a user and return how many there were; raises UserNotFound."""
    user = _lock(session, actor, user_id)
    ended = end_sessions(session, user)
    if ended:
        record(session, Action.SESSIONS_ENDED, actor, user, None)
    return ended


def _find(session: Session, actor: Actor, user_id: int) -> User:
    if not isinstance(actor, str) and actor.id == user_id:
        raise OwnAccount
    if (user := session.get(User, user_id)) is None:
        raise UserNotFound
    return user


def _lock(session: Session, actor: Actor, user_id: int) -> User:
    """The account, locked against concurrent changes until the end of the transaction."""
    user = _find(session, actor, user_id)
    if not lock(session, User, col(User.id) == user_id):
        raise UserNotFound
    session.refresh(user)  # it may have changed before the lock was acquired
    return user
