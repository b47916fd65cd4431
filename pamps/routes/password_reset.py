"""Resetting a forgotten password by mail."""

from pamps.errors import TooManyRequests
from pamps.http.dependencies import ClientDep, Hashing, SessionDep
from pamps.http.openapi import refusals
from pamps.http.route import make_router
from pamps.models.email_token import LinkAnswer, LinkRequest, PasswordReset, Purpose
from pamps.services import password_reset as password_reset_service
from pamps.services.email_token import BadLink, request_link

router = make_router("", "mail")


@router.post("/password_reset/", status_code=202, responses=refusals(TooManyRequests))
def request_password_reset(body: LinkRequest, client: ClientDep, session: SessionDep) -> LinkAnswer:
    """Request a password reset link by e-mail. The answer does not reveal whether the address is known."""
    request_link(session, Purpose.PASSWORD_RESET, body.email, client)
    return LinkAnswer()


@router.post("/password_reset/confirm/", status_code=204, dependencies=[Hashing], responses=refusals(BadLink))
def reset_password(body: PasswordReset, client: ClientDep, session: SessionDep) -> None:
    """Set a new password with the token of a reset link. All sessions and access tokens end."""
    password_reset_service.reset_password(session, body.token, body.new_password, client)
