"""Writing down who did what."""

from sqlmodel import Session

from pamps.models.audit import Action, AuditEntry
from pamps.models.client import Client
from pamps.models.user import Person


def record(
    session: Session, action: Action, actor: Person | str, target: Person | str, client: Client | None
) -> None:
    """Add a line to the audit log, in the transaction of the act; `client` is None for the command line."""
    address = client.address if client else ""
    session.add(AuditEntry(actor=name_of(actor), action=action, target=name_of(target), address=address))


def name_of(who: Person | str) -> str:
    """How the log calls somebody or something."""
    return who if isinstance(who, str) else who.username
