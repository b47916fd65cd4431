"""Logging in."""

from typing import Annotated

from fastapi import Form, Request, Response

from pamps.errors import RefusedToken, TooManyRequests, Unauthorized
from pamps.http.cookies import CrossOrigin, GivenRefresh, check_wish, hand_out
from pamps.http.dependencies import ClientDep, Hashing, SessionDep
from pamps.http.openapi import refusals
from pamps.http.route import make_router
from pamps.models.login import LoginForm, TokenResponse
from pamps.services import login as login_service
from pamps.services import session as session_service
from pamps.services.login import BadCredentials, EmailNotConfirmed
from pamps.services.totp import OtpRequired, WrongOtp

router = make_router("", "token", store=False)


@router.post(
    "/token",
    dependencies=[Hashing],
    responses=refusals(
        BadCredentials, OtpRequired, WrongOtp, EmailNotConfirmed, CrossOrigin, TooManyRequests
    ),
)
def log_in(
    form: Annotated[LoginForm, Form()],
    client: ClientDep,
    session: SessionDep,
    request: Request,
    response: Response,
) -> TokenResponse:
    """Log in with a user name or e-mail address and a password.

    With `cookie`, the refresh token is set as a cookie, for browsers, and omitted from the body.
    """
    check_wish(request, in_cookie=form.cookie)
    return hand_out(response, login_service.log_in(session, form, client), in_cookie=form.cookie)


@router.post("/refresh_token", responses=refusals(Unauthorized, RefusedToken, CrossOrigin))
def refresh_token(
    refresh: GivenRefresh, client: ClientDep, session: SessionDep, response: Response
) -> TokenResponse:
    """Exchange the refresh token in body or cookie for a new token pair. The access token is not fresh.

    A refresh token can be used once. Using it again ends the session.
    """
    pair = session_service.refresh(session, refresh.require(), client)
    return hand_out(response, pair, in_cookie=refresh.in_cookie)
