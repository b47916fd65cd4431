"""Writing the audit log."""

from sqlmodel import Session

from pamps.models.audit import Action, AuditEntry
from pamps.models.client import Client
from pamps.models.user import Person


def record(
    session: Session, action: Action, actor: Person | str, target: Person | str, client: Client | None
) -> None:
    """Add an audit log entry in the transaction of the action; `client` is None for the command line."""
    address = client.address if client else ""
    session.add(AuditEntry(actor=name_of(actor), action=action, target=name_of(target), address=address))


def name_of(who: Person | str) -> str:
    """The name of an actor or target in the log."""
    return who if isinstance(who, str) else who.username
