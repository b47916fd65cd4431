"""Writing down who did what."""

from sqlmodel import Session

from pamps.client import Client
from pamps.models.audit import Action, AuditEntry
from pamps.models.user import User


def record(
    session: Session, action: Action, actor: User | str, target: User | str, client: Client | None
) -> None:
    """Add a line to the audit log, in the transaction of the act; `client` is None for the command line."""
    names = [who.username if isinstance(who, User) else who for who in (actor, target)]
    address = client.address if client else ""
    session.add(AuditEntry(actor=names[0], action=action, target=names[1], address=address))
