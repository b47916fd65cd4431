"""Confirming an e-mail address."""

from pamps.errors import TooManyRequests
from pamps.http.dependencies import ClientDep, SessionDep
from pamps.http.openapi import refusals
from pamps.http.route import make_router
from pamps.models.email_token import LinkAnswer, LinkConfirmation, LinkRequest, Purpose
from pamps.services import email_confirmation as email_confirmation_service
from pamps.services.email_token import BadLink, request_link
from pamps.services.uniqueness import EmailTaken

router = make_router("", "mail")


@router.post("/email_confirmation/", status_code=202, responses=refusals(TooManyRequests))
def request_email_confirmation(body: LinkRequest, client: ClientDep, session: SessionDep) -> LinkAnswer:
    """Request a new confirmation link by e-mail. The answer does not reveal whether the address is known."""
    request_link(session, Purpose.EMAIL_CONFIRMATION, body.email, client)
    return LinkAnswer()


@router.post("/email_confirmation/confirm/", status_code=204, responses=refusals(BadLink, EmailTaken))
def confirm_email(body: LinkConfirmation, client: ClientDep, session: SessionDep) -> None:
    """Confirm an e-mail address with the token of a confirmation link."""
    email_confirmation_service.confirm_email(session, body.token, client)
