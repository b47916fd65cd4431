"""Logging in."""

from typing import Annotated

from fastapi import Depends, Form, Response

from pamps.auth import HashingTurn
from pamps.db import SessionDep
from pamps.errors import refusals
from pamps.models.token import LoginForm, RefreshRequest, TokenResponse
from pamps.routes.base import make_router
from pamps.services import token as token_service
from pamps.services.token import BadCredentials, RefusedToken


async def _do_not_store(response: Response) -> None:
    """No cache on the way may keep a token (RFC 6749, section 5.1)."""
    response.headers["Cache-Control"] = "no-store"


router = make_router("", "token", dependencies=[Depends(_do_not_store)])


@router.post("/token", dependencies=[HashingTurn], responses=refusals(BadCredentials))
def log_in(form: Annotated[LoginForm, Form()], session: SessionDep) -> TokenResponse:
    """Log in with user name or e-mail address and password."""
    return token_service.log_in(session, form)


@router.post("/refresh_token", responses=refusals(RefusedToken))
def refresh_token(body: RefreshRequest, session: SessionDep) -> TokenResponse:
    """Get a new pair of tokens; its access token is not fresh."""
    return token_service.refresh(session, body.refresh_token)
