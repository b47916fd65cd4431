"""Two-factor authentication: setting up, checking and disabling TOTP."""

import hmac
from dataclasses import dataclass
from typing import NamedTuple

import pyotp
from sqlalchemy import Delete, Update
from sqlmodel import Session, col, delete, update

from pamps.errors import Conflict, Forbidden, Unauthorized
from pamps.models.audit import Action
from pamps.models.client import Client
from pamps.models.totp import RecoveryCode, Totp
from pamps.models.types import utc_now
from pamps.models.user import Person
from pamps.queries.totp import find_totp, has_recovery_code
from pamps.security.encryption import decrypt, encrypt
from pamps.security.tokens import digest, new_code
from pamps.services.audit import record
from pamps.services.locking import change, lock_accounts

ISSUER = "Pamps"
RECOVERY_CODES = 10
# A phone's clock may be off by half a minute (RFC 6238, section 6).
TOLERANCE = 1  # time steps


class OtpRequired(Unauthorized):
    code = "otp_required"
    detail = "Two-factor authentication is on. Send the code in the `otp` field."


class WrongOtp(Unauthorized):
    code = "wrong_otp"
    detail = "The two-factor code is incorrect or was already used."


class AppMismatch(Forbidden):
    code = "app_mismatch"
    detail = "The code does not match the secret. Check that the clocks of both devices are right."


class TotpEnabled(Conflict):
    code = "totp_enabled"
    detail = "Two-factor authentication is already on. Turn it off first."


class TotpNotEnabled(Conflict):
    code = "totp_not_enabled"
    detail = "Two-factor authentication is not set up."


class TotpSecret(NamedTuple):
    """What an app has to know: the secret in base 32, and the same as an address to scan."""

    secret: str
    uri: str


@dataclass(frozen=True)
class Proof:
    """A correct code, which `use` consumes so that it cannot be used again."""

    spend: Update | Delete | None

    def use(self, session: Session) -> None:
        """Consume the code; raises WrongOtp if it was used concurrently."""
        if self.spend is not None and not change(session, self.spend):
            raise WrongOtp


def check(session: Session, owner: Person, otp: str | None) -> Proof:
    """The proof that a login of `owner` requires; raises OtpRequired or WrongOtp."""
    totp = find_totp(session, owner)
    if totp is None or totp.confirmed_at is None:
        return Proof(None)
    code = _plain(otp or "")
    if not code:
        raise OtpRequired
    return _check_app(totp, code) or _check_recovery_code(session, owner, code)


def _check_app(totp: Totp, code: str) -> Proof | None:
    step = _matching_step(totp, code)
    if step is None:
        return None
    newer = (col(Totp.id) == totp.id) & (col(Totp.last_step) < step)
    return Proof(update(Totp).where(newer).values(last_step=step))


def _check_recovery_code(session: Session, owner: Person, code: str) -> Proof:
    hashed = digest(code)
    if not has_recovery_code(session, owner, hashed):
        raise WrongOtp
    own = (col(RecoveryCode.user_id) == owner.id) & (col(RecoveryCode.code_hash) == hashed)
    return Proof(delete(RecoveryCode).where(own))


def _matching_step(totp: Totp, code: str) -> int | None:
    """The time step of this code, within TOLERANCE of now and later than the last accepted one; None if there
    is none."""
    secret = decrypt(totp.secret)
    if secret is None:  # the server's secret key has changed: only recovery codes still work
        return None
    app = pyotp.TOTP(secret)
    now = app.timecode(utc_now())
    for step in range(max(now - TOLERANCE, totp.last_step + 1), now + TOLERANCE + 1):
        if hmac.compare_digest(app.generate_otp(step).encode(), code.encode()):
            return step
    return None


def _plain(code: str) -> str:
    """The code without the separators that people type between its groups."""
    return "".join(char for char in code.lower() if char not in " -")


def start(session: Session, owner: Person) -> TotpSecret:
    """Create a new secret, which has no effect until `confirm`; raises TotpEnabled."""
    lock_accounts(session, owner)
    if (old := find_totp(session, owner)) is not None:
        if old.confirmed_at is not None:
            raise TotpEnabled
        session.delete(old)
        session.flush()
    secret = pyotp.random_base32()
    session.add(Totp(user_id=owner.id, secret=encrypt(secret), confirmed_at=None, last_step=0))
    uri = pyotp.TOTP(secret).provisioning_uri(name=owner.username, issuer_name=ISSUER)
    return TotpSecret(secret, uri)


def confirm(session: Session, owner: Person, otp: str, client: Client) -> list[str]:
    """Turn the second factor on for who shows that the app works, and give the recovery codes.

    Raises TotpNotEnabled if no set-up was started, TotpEnabled, or AppMismatch.
    """
    lock_accounts(session, owner)
    totp = find_totp(session, owner)
    if totp is None:
        raise TotpNotEnabled
    if totp.confirmed_at is not None:
        raise TotpEnabled
    step = _matching_step(totp, _plain(otp))
    if step is None:
        raise AppMismatch
    totp.confirmed_at, totp.last_step = utc_now(), step
    session.add(totp)
    record(session, Action.TOTP_ENABLED, owner, owner, client)
    return _new_recovery_codes(session, owner)


def renew_recovery_codes(session: Session, owner: Person) -> list[str]:
    """Replace all recovery codes by new ones; raises TotpNotEnabled."""
    lock_accounts(session, owner)
    totp = find_totp(session, owner)
    if totp is None or totp.confirmed_at is None:
        raise TotpNotEnabled
    return _new_recovery_codes(session, owner)


def _new_recovery_codes(session: Session, owner: Person) -> list[str]:
    change(session, delete(RecoveryCode).where(col(RecoveryCode.user_id) == owner.id))
    codes = [new_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=owner.id, code_hash=digest(code)) for code in codes)
    session.flush()
    return ["-".join((c[:6], c[6:12], c[12:18], c[18:])) for c in codes]


def disable(session: Session, actor: Person | str, owner: Person, client: Client | None) -> None:
    """Turn two-factor authentication off, if it is on, and delete its secret and recovery codes."""
    lock_accounts(session, owner)
    deleted = [
        change(session, delete(table).where(col(table.user_id) == owner.id)) for table in (Totp, RecoveryCode)
    ]
    if any(deleted):
        record(session, Action.TOTP_DISABLED, actor, owner, client)
