"""Links by mail: for who forgot the password, and to confirm an address."""

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, select, update

from pamps.config import settings
from pamps.db import commit_early
from pamps.db.prepared import insert_into
from pamps.errors import Forbidden
from pamps.models.audit import Action
from pamps.models.client import Client
from pamps.models.email_token import EmailToken, Purpose
from pamps.models.types import utc_now
from pamps.models.user import Person, User
from pamps.queries.user import find_by_email
from pamps.security.tokens import digest, hash_password
from pamps.services.audit import record
from pamps.services.locking import change, lock, sweep
from pamps.services.mail import Mail, post
from pamps.services.rate_limit import RateLimitHit, count
from pamps.services.session import revoke_all_access
from pamps.services.uniqueness import explain_taken

LIFE = timedelta(hours=1)

SUBJECTS = {
    Purpose.PASSWORD_RESET: "Your new password for Pamps",
    Purpose.EMAIL_CONFIRMATION: "Confirm your e-mail address for Pamps",
}
TEXTS = {
    Purpose.PASSWORD_RESET: """\
Hello {username},

somebody, probably you, forgot the password of your account. Choose a new one here:

{link}

The link works once, for one hour. If it was not you, do nothing: your password stays as it is.
""",
    Purpose.EMAIL_CONFIRMATION: """\
Hello {username},

please confirm that this is your e-mail address:

{link}

The link works once, for one hour. If you know nothing of this account, do nothing.
""",
}


class BadLink(Forbidden):
    code = "bad_link"
    detail = "The link is not good, or not any more. Ask for a new one."


def request_link(session: Session, purpose: Purpose, email: str, client: Client) -> None:
    """Send a link to the owner of an address, if there is one who can use it. Nobody learns whether there is:
    neither by the answer nor by the time it takes. Raises TooManyRequests."""
    count_mail(session, email, client)
    user = find_by_email(session, email)
    wanted = user is not None and (purpose is Purpose.PASSWORD_RESET or not user.confirmed)
    send_link(session, purpose, user.email if user else email, user if wanted else None)


def count_mail(session: Session, email: str, client: Client) -> None:
    """Bound how much somebody can have sent, and to whom; raises TooManyRequests."""
    count(
        session,
        RateLimitHit("mail", digest(email.lower()), "mails to this address"),
        RateLimitHit("mail_address", client.network, "mails asked for from your address"),
    )


def send_link(session: Session, purpose: Purpose, email: str, user: User | None) -> None:
    """Make a link for `user` and send it to `email` once it is committed; without a user only look busy."""
    token = secrets.token_urlsafe(32)
    made = {
        "user_id": user.id if user else None,
        "purpose": purpose.value,
        "email": email,
        "token_hash": digest(token),
        "expires_at": utc_now() + LIFE,
    }
    insert: Any = insert_into(EmailToken).values(made)
    newer = {name: made[name] for name in ("email", "token_hash", "expires_at")}
    session.execute(insert.on_conflict_do_update(index_elements=["user_id", "purpose"], set_=newer))
    sweep(session, EmailToken)
    if user is not None:
        # Behind `#`, which no browser sends: so the token is in nobody's log.
        link = f"{settings.server.address}/{purpose}/#{token}"
        text = TEXTS[purpose].format(username=user.username, link=link)
        post(session, Mail(email, SUBJECTS[purpose], text))


def reset_password(session: Session, token: str, password: str, client: Client) -> None:
    """Set a new password for who followed the link. Whoever was in is out: sessions and access tokens end.

    Raises BadLink.
    """
    _find(session, Purpose.PASSWORD_RESET, token)
    commit_early(session, because="hashing is slow")
    hashed = hash_password(password)
    user, _ = _use(session, Purpose.PASSWORD_RESET, token)
    # Who reads the mail of an address has confirmed it.
    change(session, update(User).where(col(User.id) == user.id).values(password=hashed, confirmed=True))
    revoke_all_access(session, user)
    forget_links(session, user)
    record(session, Action.PASSWORD_RESET, user, user, client)


def confirm_email(session: Session, token: str, client: Client) -> None:
    """Make the address of the link that of the account; raises BadLink or EmailTaken."""
    user, email = _use(session, Purpose.EMAIL_CONFIRMATION, token)
    if email != user.email:
        record(session, Action.EMAIL_CHANGED, user, user, client)
    try:
        change(session, update(User).where(col(User.id) == user.id).values(email=email, confirmed=True))
    except IntegrityError as error:
        raise explain_taken(error) from error


def forget_links(session: Session, user: Person) -> None:
    """Make the links that were sent to `user` useless."""
    change(session, delete(EmailToken).where(col(EmailToken.user_id) == user.id))


def _find(session: Session, purpose: Purpose, token: str) -> EmailToken:
    """A link that is good and has an active user; raises BadLink."""
    good = (col(EmailToken.token_hash) == digest(token)) & (col(EmailToken.purpose) == purpose.value)
    if purpose is Purpose.PASSWORD_RESET:
        good &= col(EmailToken.email) == col(User.email)  # who reads an old address has no claim any more
    link = session.exec(
        select(EmailToken)
        .join(User, col(User.id) == EmailToken.user_id)
        .where(good, col(EmailToken.expires_at) > utc_now(), col(User.is_active).is_(True))
    ).first()
    if link is None:
        raise BadLink
    return link


def _use(session: Session, purpose: Purpose, token: str) -> tuple[User, str]:
    """The account of a link, held, and its address. The link is spent: one of two who use it gets BadLink."""
    link = _find(session, purpose, token)
    lock(session, User, col(User.id) == link.user_id)
    user = session.get(User, link.user_id)
    if user is None or not change(session, delete(EmailToken).where(col(EmailToken.id) == link.id)):
        raise BadLink
    return user, link.email
