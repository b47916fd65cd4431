"""Reading the audit log."""

from sqlalchemy import select
from sqlmodel import Session, col

from pamps.http.pagination import Page, Sort
from pamps.models.audit import AuditEntry, AuditPublic, AuditResponse
from pamps.queries.user import is_named

AUDIT_COLUMNS = [getattr(AuditEntry, name) for name in ("id", *AuditPublic.model_fields)]


def list_audit(session: Session, page: Page) -> list[AuditResponse]:
    """A page of the audit log, latest entry first."""
    rows = page.fetch(session, select(*AUDIT_COLUMNS), AuditEntry.id, Sort.NEWEST_FIRST)
    return [AuditResponse.model_validate(row, from_attributes=True) for row in rows]


def latest_audit(session: Session, user: str | None, limit: int) -> list[AuditEntry]:
    """The latest `limit` entries, oldest first; with `user`, those by or about the user of this name."""
    statement = select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(limit)
    if user is not None:
        statement = statement.where(is_named(AuditEntry.actor, user) | is_named(AuditEntry.target, user))
    return list(session.scalars(statement))[::-1]
