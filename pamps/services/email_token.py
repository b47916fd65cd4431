"""E-mail tokens: links that are sent by mail, and work once."""

import secrets
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, delete, select

from pamps.config import settings
from pamps.db.prepared import insert_into
from pamps.errors import Forbidden
from pamps.models.client import Client
from pamps.models.email_token import EmailToken, Purpose
from pamps.models.types import utc_now
from pamps.models.user import Person, User
from pamps.queries.account import find_by_email
from pamps.security.tokens import digest
from pamps.services.locking import change, lock, sweep
from pamps.services.mail import Mail, post
from pamps.services.rate_limit import RateLimitHit, count

LIFE = timedelta(hours=1)

SUBJECTS = {
    Purpose.PASSWORD_RESET: "Reset your Pamps password",
    Purpose.EMAIL_CONFIRMATION: "Confirm your e-mail address for Pamps",
}
TEXTS = {
    Purpose.PASSWORD_RESET: """\
Hello {username},

we received a request to reset the password of your account. Choose a new password here:

{link}

The link works once and expires in one hour. If you did not request this, ignore this message: your password
stays unchanged.
""",
    Purpose.EMAIL_CONFIRMATION: """\
Hello {username},

please confirm that this is your e-mail address:

{link}

The link works once and expires in one hour. If you do not have this account, ignore this message.
""",
}


class BadLink(Forbidden):
    code = "bad_link"
    detail = "This link is invalid or has expired. Request a new one."


def request_link(session: Session, purpose: Purpose, email: str, client: Client) -> None:
    """Send a link to an address if it belongs to an account that can use it. Neither the result nor the time
    taken reveals whether it does. Raises TooManyRequests."""
    count_mail(session, email, client)
    user = find_by_email(session, email)
    wanted = user is not None and (purpose is Purpose.PASSWORD_RESET or not user.confirmed)
    send_link(session, purpose, user.email if user else email, user if wanted else None)


def count_mail(session: Session, email: str, client: Client) -> None:
    """Count a mail against the limits per recipient and per client; raises TooManyRequests."""
    count(
        session,
        RateLimitHit("mail", digest(email.lower()), "mails to this address"),
        RateLimitHit("mail_address", client.network, "mails requested from your address"),
    )


def send_link(session: Session, purpose: Purpose, email: str, user: User | None) -> None:
    """Create a link for `user` and mail it to `email` after the commit. Without a user, do the same database
    work and send nothing."""
    token = secrets.token_urlsafe(32)
    row = {
        "user_id": user.id if user else None,
        "purpose": purpose.value,
        "email": email,
        "token_hash": digest(token),
        "expires_at": utc_now() + LIFE,
    }
    insert: Any = insert_into(EmailToken).values(row)
    newer = {name: row[name] for name in ("email", "token_hash", "expires_at")}
    session.execute(insert.on_conflict_do_update(index_elements=["user_id", "purpose"], set_=newer))
    sweep(session, EmailToken)
    if user is not None:
        # In the fragment, which browsers do not send: so the token stays out of server logs.
        link = f"{settings.server.address}/{purpose}/#{token}"
        text = TEXTS[purpose].format(username=user.username, link=link)
        post(session, Mail(email, SUBJECTS[purpose], text))


def forget_links(session: Session, user: Person) -> None:
    """Invalidate all links sent to `user`."""
    change(session, delete(EmailToken).where(col(EmailToken.user_id) == user.id))


def find_link(session: Session, purpose: Purpose, token: str) -> EmailToken:
    """A valid link of an active user; raises BadLink."""
    good = (col(EmailToken.token_hash) == digest(token)) & (col(EmailToken.purpose) == purpose.value)
    if purpose is Purpose.PASSWORD_RESET:
        good &= col(EmailToken.email) == col(User.email)  # a link sent to a former address is void
    link = session.exec(
        select(EmailToken)
        .join(User, col(User.id) == EmailToken.user_id)
        .where(good, col(EmailToken.expires_at) > utc_now(), col(User.is_active).is_(True))
    ).first()
    if link is None:
        raise BadLink
    return link


def use_link(session: Session, purpose: Purpose, token: str) -> tuple[User, str]:
    """The account of a link, locked, and its address. Consumes the link: of two concurrent uses one raises
    BadLink."""
    link = find_link(session, purpose, token)
    lock(session, User, col(User.id) == link.user_id)
    user = session.get(User, link.user_id)
    if user is None or not change(session, delete(EmailToken).where(col(EmailToken.id) == link.id)):
        raise BadLink
    return user, link.email
