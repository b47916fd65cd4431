"""Resetting a forgotten password with a link that was sent by mail."""

from sqlmodel import Session, col, update

from pamps.db import commit_early
from pamps.models.audit import Action
from pamps.models.client import Client
from pamps.models.email_token import Purpose
from pamps.models.user import User
from pamps.security.tokens import hash_password
from pamps.services.audit import record
from pamps.services.email_token import find_link, forget_links, use_link
from pamps.services.locking import change
from pamps.services.session import revoke_all_access


def reset_password(session: Session, token: str, password: str, client: Client) -> None:
    """Set a new password with the token of a link and revoke all access: sessions and access tokens end.

    Raises BadLink.
    """
    find_link(session, Purpose.PASSWORD_RESET, token)
    commit_early(session, because="hashing is slow")
    hashed = hash_password(password)
    user, _ = use_link(session, Purpose.PASSWORD_RESET, token)
    # Receiving mail at an address confirms it.
    change(session, update(User).where(col(User.id) == user.id).values(password=hashed, confirmed=True))
    revoke_all_access(session, user)
    forget_links(session, user)
    record(session, Action.PASSWORD_RESET, user, user, client)
