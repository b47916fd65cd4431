"""Reading the audit log."""

from sqlalchemy import select
from sqlmodel import Session, col

from pamps.db.window import Sort, Window
from pamps.models.audit import AuditEntry
from pamps.queries.listing import Listing, list_table
from pamps.queries.user import is_named


def list_audit(session: Session, window: Window) -> Listing[AuditEntry]:
    """A page of the audit log, latest entry first."""
    return list_table(session, window, Sort.NEWEST_FIRST, select(AuditEntry), col(AuditEntry.id))


def latest_audit(session: Session, user: str | None, limit: int) -> list[AuditEntry]:
    """The latest `limit` entries, oldest first; with `user`, those by or about the user of this name."""
    statement = select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(limit)
    if user is not None:
        statement = statement.where(is_named(AuditEntry.actor, user) | is_named(AuditEntry.target, user))
    return list(session.scalars(statement))[::-1]
