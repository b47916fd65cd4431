"""Who is asking: the dependencies that routes name in their signatures."""

import os
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Body, Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session

from pamps import cookies
from pamps.db import SAFE_METHODS, SessionDep
from pamps.errors import (
    FreshTokenRequired,
    InsufficientScope,
    RefusedToken,
    SessionRequired,
    SuperuserRequired,
    Unauthorized,
)
from pamps.models.token import RefreshRequest
from pamps.models.user import User
from pamps.queries.access_token import find_by_secret
from pamps.queries.session import find_signed_in
from pamps.security import ACCESS_TOKEN_PREFIX, Claims, InvalidToken, read_token
from pamps.services.access_token import note_use
from pamps.turns import Turn

# The pure ones are `async`: they never wait, and a plain function would cost each request a thread.
_bearer = OAuth2PasswordBearer(
    tokenUrl="token", auto_error=False, description="An access token from `/token` or `/access_token/`."
)


class AccessSecret(str):
    """What may be a personal access token."""


@dataclass(frozen=True)
class Caller:
    """Who sent the request, and how they showed it."""

    user: User
    # None for a personal access token.
    session_id: int | None
    # Whether they have just given the password.
    fresh: bool

    def require_session(self) -> int:
        """The id of the session; raises SessionRequired."""
        if self.session_id is None:
            raise SessionRequired
        return self.session_id


async def get_credentials(token: Annotated[str | None, Depends(_bearer)]) -> Claims | AccessSecret | None:
    """What was sent to show who it is; None without a token. A token that is not valid is an error even where
    nobody needs to sign in: its owner believes to be somebody."""
    if token is None:
        return None
    if token.startswith(ACCESS_TOKEN_PREFIX):
        return AccessSecret(token)
    try:
        return read_token(token, "access_token")
    except InvalidToken:
        raise RefusedToken from None


def maybe_caller(
    request: Request,
    credentials: Annotated[Claims | AccessSecret | None, Depends(get_credentials)],
    session: SessionDep,
) -> Caller | None:
    """Who is signed in, or None for everybody else; raises RefusedToken for a token that opens nothing, and
    InsufficientScope for one that may not do this."""
    if credentials is None:
        return None
    if isinstance(credentials, AccessSecret):
        return _caller_by_access_token(session, credentials, request.method)
    user = find_signed_in(session, credentials)
    if user is None:
        raise RefusedToken
    return Caller(user, credentials.session_id, credentials.fresh)


def _caller_by_access_token(session: Session, secret: AccessSecret, method: str) -> Caller:
    found = find_by_secret(session, secret)
    if found is None:
        raise RefusedToken
    user, token = found
    # Here and not in the routes, so that none can forget it.
    if token.scopes != "write" and method not in SAFE_METHODS:
        raise InsufficientScope
    note_use(session, token)
    # What superusers may wants a login. "Committed": the row keeps what it says.
    set_committed_value(user, "superuser", False)
    return Caller(user, None, fresh=False)


MaybeCaller = Annotated[Caller | None, Depends(maybe_caller)]


async def current_caller(caller: MaybeCaller) -> Caller:
    """Who is signed in; raises Unauthorized if nobody is."""
    if caller is None:
        raise Unauthorized
    return caller


CurrentCaller = Annotated[Caller, Depends(current_caller)]


async def current_session(caller: CurrentCaller) -> Caller:
    """Who has logged in; raises SessionRequired for those who came in without."""
    caller.require_session()
    return caller


CurrentSession = Annotated[Caller, Depends(current_session)]


async def require_superuser(caller: CurrentSession) -> Caller:
    """A superuser who has logged in; raises SuperuserRequired for everybody else who has."""
    if not caller.user.superuser:
        raise SuperuserRequired
    return caller


Superuser = Annotated[Caller, Depends(require_superuser)]


async def fresh_session(caller: CurrentSession) -> Caller:
    """Who has just logged in with the password; raises SessionRequired or FreshTokenRequired."""
    if not caller.fresh:
        raise FreshTokenRequired
    return caller


FreshSession = Annotated[Caller, Depends(fresh_session)]


async def maybe_user(caller: MaybeCaller) -> User | None:
    """The signed-in user, or None for everybody else."""
    return caller.user if caller else None


MaybeUser = Annotated[User | None, Depends(maybe_user)]


async def current_user(caller: CurrentCaller) -> User:
    """The signed-in user; raises Unauthorized without one."""
    return caller.user


CurrentUser = Annotated[User, Depends(current_user)]


async def fresh_user(caller: FreshSession) -> User:
    """The signed-in user, who has just given the password; raises FreshTokenRequired."""
    return caller.user


FreshUser = Annotated[User, Depends(fresh_user)]


@dataclass(frozen=True)
class Refresh:
    """A refresh token, and where it came from."""

    token: str | None
    in_cookie: bool

    def require(self) -> str:
        """The token; raises Unauthorized."""
        if self.token is None:
            raise Unauthorized
        return self.token


async def get_refresh(request: Request, body: Annotated[RefreshRequest | None, Body()] = None) -> Refresh:
    """The refresh token of the body, or else of the cookie; raises CrossOrigin (see pamps.cookies)."""
    if body is not None:
        return Refresh(body.refresh_token, in_cookie=False)
    token = cookies.read(request)
    return Refresh(token, in_cookie=token is not None)


GivenRefresh = Annotated[Refresh, Depends(get_refresh)]


async def maybe_refresh(request: Request, body: Annotated[RefreshRequest | None, Body()] = None) -> Refresh:
    """The same where an access token says it already: then nobody looks for a refresh token."""
    return (
        Refresh(None, in_cookie=False)
        if "authorization" in request.headers
        else await get_refresh(request, body)
    )


MaybeRefresh = Annotated[Refresh, Depends(maybe_refresh)]

HASHING_PATIENCE = 30  # seconds

# Hashing a password takes a third of a second of one core. As many at once as there are cores: more would
# not be faster and would leave nothing for everybody else. Goes on the route, so that whoever waits for a
# turn holds no database connection.
HashingTurn: Any = Depends(Turn(os.cpu_count() or 1, HASHING_PATIENCE), scope="function")
