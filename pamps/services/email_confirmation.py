"""Confirming an e-mail address with a link that was sent to it."""

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, update

from pamps.models.audit import Action
from pamps.models.client import Client
from pamps.models.email_token import Purpose
from pamps.models.user import User
from pamps.services.audit import record
from pamps.services.email_token import use_link
from pamps.services.locking import change
from pamps.services.uniqueness import explain_taken


def confirm_email(session: Session, token: str, client: Client) -> None:
    """Make the address of the link the account's confirmed address; raises BadLink or EmailTaken."""
    user, email = use_link(session, Purpose.EMAIL_CONFIRMATION, token)
    if email != user.email:
        record(session, Action.EMAIL_CHANGED, user, user, client)
    try:
        change(session, update(User).where(col(User.id) == user.id).values(email=email, confirmed=True))
    except IntegrityError as error:
        raise explain_taken(error) from error
