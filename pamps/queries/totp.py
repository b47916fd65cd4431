"""Reading the state of two-factor authentication."""

from sqlalchemy import func, select
from sqlmodel import Session, col

from pamps.models.totp import RecoveryCode, Totp, TotpResponse
from pamps.models.user import Person


def find_totp(session: Session, owner: Person) -> Totp | None:
    """The TOTP secret of `owner`, confirmed or not."""
    return session.scalar(select(Totp).where(col(Totp.user_id) == owner.id))


def has_recovery_code(session: Session, owner: Person, code_hash: str) -> bool:
    """Whether this is the hash of an unused recovery code of `owner`."""
    own = (col(RecoveryCode.user_id) == owner.id) & (col(RecoveryCode.code_hash) == code_hash)
    return session.scalar(select(col(RecoveryCode.id)).where(own)) is not None


def show_totp(session: Session, owner: Person) -> TotpResponse:
    """Whether two-factor authentication is on for `owner`, and the number of recovery codes left."""
    totp = find_totp(session, owner)
    left = select(func.count()).where(col(RecoveryCode.user_id) == owner.id)
    enabled = totp is not None and totp.confirmed_at is not None
    return TotpResponse(enabled=enabled, recovery_codes_left=session.execute(left).scalar_one())
