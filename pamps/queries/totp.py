"""Reading the state of two-factor authentication."""

from sqlalchemy import func, select
from sqlmodel import Session, col

from pamps.models.totp import RecoveryCode, Totp
from pamps.models.user import Person


def find_totp(session: Session, owner: Person) -> Totp | None:
    """The TOTP secret of `owner`, confirmed or not; None if there is none."""
    return session.scalar(select(Totp).where(col(Totp.user_id) == owner.id))


def has_recovery_code(session: Session, owner: Person, code_hash: str) -> bool:
    """Whether this is the hash of an unused recovery code of `owner`."""
    own = (col(RecoveryCode.user_id) == owner.id) & (col(RecoveryCode.code_hash) == code_hash)
    return session.scalar(select(col(RecoveryCode.id)).where(own)) is not None


def count_recovery_codes(session: Session, owner: Person) -> int:
    """The number of unused recovery codes of `owner`."""
    left = select(func.count()).where(col(RecoveryCode.user_id) == owner.id)
    return int(session.execute(left).scalar_one())


def has_totp(session: Session, owner: Person) -> bool:
    """Whether logging in as `owner` requires a second factor."""
    totp = find_totp(session, owner)
    return totp is not None and totp.confirmed_at is not None
