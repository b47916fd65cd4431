"""What good requests lead to: the rows that are there for all of them, and those that some need beside."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pyotp
from sqlmodel import Session

from pamps.models import User
from pamps.models.email_token import EmailToken, Purpose
from pamps.models.invite import InviteRequest
from pamps.models.types import utc_now
from pamps.security.tokens import digest, read_token
from pamps.services import totp as totp_service
from pamps.services.invite import make_invite
from tests.support.factories import (
    CLIENT,
    make_access_token,
    make_follow,
    make_like,
    make_post,
    make_session,
    make_user,
)


def make_good(session: Session) -> tuple[User, dict[str, Any]]:
    """Two people, `ana` and `bia`, who follow each other, and a post by ana that bia likes.

    Returns ana, and the good values that lead to what is hers."""
    ana, bia = make_user(session, "ana"), make_user(session, "bia")
    make_follow(session, ana, bia)
    make_follow(session, bia, ana)
    post = make_post(session, ana, "Old.")
    make_like(session, bia, post)
    other = make_session(session, ana)
    return ana, {
        "user_id": bia.id,
        "post_id": post.id,
        "parent_id": post.id,
        "refresh_token": other.refresh_token,
        "session_id": read_token(other.access_token, "access_token").session_id,
        "token_id": make_access_token(session, ana).row.id,
        "invite_id": make_invite(session, ana, InviteRequest(), None).row.id,
    }


def start_totp(session: Session, user: User) -> dict[str, Any]:
    """A second factor that waits for its first code."""
    return {"otp": pyotp.TOTP(totp_service.start(session, user).secret).now()}


def enable_totp(session: Session, user: User) -> dict[str, Any]:
    """A second factor."""
    totp_service.confirm(session, user, start_totp(session, user)["otp"], CLIENT)
    return {}


def make_mail_link(purpose: Purpose, session: Session, user: User) -> dict[str, Any]:
    """A link that was sent by mail."""
    token, until = "the token of a link", utc_now() + timedelta(hours=1)
    link = EmailToken(
        user_id=user.id, purpose=purpose, email=user.email, token_hash=digest(token), expires_at=until
    )
    session.add(link)
    return {"token": token}


# What a good request of these needs and others do better without, of the user who sends it or else the owner.
PREPARATIONS: dict[str, Callable[[Session, User], dict[str, Any]]] = {
    "post /user/me/totp/confirm/": start_totp,
    "post /user/me/totp/recovery_codes/": enable_totp,
    "post /password_reset/confirm/": partial(make_mail_link, Purpose.PASSWORD_RESET),
    "post /email_confirmation/confirm/": partial(make_mail_link, Purpose.EMAIL_CONFIRMATION),
}
