"""Logging in."""

from sqlmodel import Session, col, update

from pamps.config import settings
from pamps.db import commit_early
from pamps.errors import Forbidden, Unauthorized
from pamps.models.audit import Action
from pamps.models.client import Client
from pamps.models.login import LoginForm
from pamps.models.user import User
from pamps.queries.account import find_login
from pamps.security.tokens import hash_password, is_outdated, verify_password
from pamps.services import totp
from pamps.services.audit import record
from pamps.services.locking import change, lock
from pamps.services.login_guard import Attempt
from pamps.services.session import TokenPair, open_session
from pamps.services.totp import OtpRequired, Proof, WrongOtp


class BadCredentials(Unauthorized):
    code = "bad_credentials"
    detail = "Incorrect username or password"


class EmailNotConfirmed(Forbidden):
    code = "email_not_confirmed"
    detail = "The e-mail address is not confirmed. Follow the link that was sent to it."


def log_in(session: Session, form: LoginForm, client: Client) -> TokenPair:
    """A new session and its fresh pair of tokens.

    Raises BadCredentials, which does not reveal what was wrong, EmailNotConfirmed, OtpRequired, WrongOtp or
    TooManyRequests.
    """
    user = find_login(session, form.username)
    attempt = Attempt(form.username, user, client)
    attempt.count(session)
    commit_early(session, because="hashing is slow")
    if not verify_password(form.password, user.password if user else None) or user is None:
        raise BadCredentials
    if settings.accounts.confirm_email and not user.confirmed:
        raise EmailNotConfirmed
    better = hash_password(form.password) if is_outdated(user.password) else user.password
    proof = _check_second_factor(session, user, form.otp, attempt)
    attempt.was_right(session)
    # The account may have changed during the hashing.
    unchanged = col(User.is_active).is_(True) & (col(User.password) == user.password)
    if not lock(session, User, (col(User.id) == user.id) & unchanged):
        raise BadCredentials
    proof.use(session)
    if better != user.password:
        change(session, update(User).where(col(User.id) == user.id).values(password=better))
    return open_session(session, user, client)


def _check_second_factor(session: Session, user: User, otp: str | None, attempt: Attempt) -> Proof:
    """The proof of the second factor that a login of `user` requires; raises OtpRequired, WrongOtp or
    TooManyRequests."""
    if otp:
        attempt.count_code(session, user)
    try:
        proof = totp.check(session, user, otp)
    except OtpRequired:
        attempt.wants_code(session)
        raise
    except WrongOtp:
        record(session, Action.WRONG_OTP, user, user, attempt.client)
        commit_early(session, because="the refusal must not undo the audit entry")
        raise
    if otp:
        attempt.code_was_right(session, user)
    return proof
