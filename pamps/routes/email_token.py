"""E-mail tokens: links for resetting a password and for confirming an address."""

from pamps.errors import TooManyRequests
from pamps.http.dependencies import ClientDep, Hashing, SessionDep
from pamps.http.openapi import refusals
from pamps.http.route import make_router
from pamps.models.email_token import LinkAnswer, LinkConfirmation, LinkRequest, PasswordReset, Purpose
from pamps.services import email_token as email_token_service
from pamps.services.email_token import BadLink
from pamps.services.uniqueness import EmailTaken

router = make_router("", "mail")


@router.post("/password_reset/", status_code=202, responses=refusals(TooManyRequests))
def request_password_reset(body: LinkRequest, client: ClientDep, session: SessionDep) -> LinkAnswer:
    """Request a password reset link by e-mail. The answer does not reveal whether the address is known."""
    email_token_service.request_link(session, Purpose.PASSWORD_RESET, body.email, client)
    return LinkAnswer()


@router.post("/password_reset/confirm/", status_code=204, dependencies=[Hashing], responses=refusals(BadLink))
def reset_password(body: PasswordReset, client: ClientDep, session: SessionDep) -> None:
    """Set a new password with the token of a reset link. All sessions and access tokens end."""
    email_token_service.reset_password(session, body.token, body.new_password, client)


@router.post("/email_confirmation/", status_code=202, responses=refusals(TooManyRequests))
def request_email_confirmation(body: LinkRequest, client: ClientDep, session: SessionDep) -> LinkAnswer:
    """Request a new confirmation link by e-mail. The answer does not reveal whether the address is known."""
    email_token_service.request_link(session, Purpose.EMAIL_CONFIRMATION, body.email, client)
    return LinkAnswer()


@router.post("/email_confirmation/confirm/", status_code=204, responses=refusals(BadLink, EmailTaken))
def confirm_email(body: LinkConfirmation, client: ClientDep, session: SessionDep) -> None:
    """Confirm an e-mail address with the token of a confirmation link."""
    email_token_service.confirm_email(session, body.token, client)
