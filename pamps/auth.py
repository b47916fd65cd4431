"""Who is asking: the dependencies that routes name in their signatures."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import Body, Depends, Request
from fastapi.security import OAuth2PasswordBearer
from fastapi.security.utils import get_authorization_scheme_param
from sqlmodel import Session

from pamps.errors import (
    FreshTokenRequired,
    InsufficientScope,
    RefusedToken,
    SessionRequired,
    SuperuserRequired,
    Unauthorized,
)
from pamps.http import cookies
from pamps.http.dependencies import SAFE_METHODS, SessionDep
from pamps.http.slots import Turn, in_thread
from pamps.models.login import RefreshRequest
from pamps.models.user import Viewer
from pamps.queries.access_token import find_by_secret
from pamps.queries.session import find_signed_in
from pamps.security.tokens import ACCESS_TOKEN_PREFIX, InvalidToken, read_token
from pamps.services.access_token import note_use

Check = Callable[[Viewer | None], Viewer | None]


def require_user(viewer: Viewer | None) -> Viewer:
    """Raises Unauthorized if nobody is signed in."""
    if viewer is None:
        raise Unauthorized
    return viewer


def require_session(viewer: Viewer | None) -> Viewer:
    """Raises SessionRequired for those who came in with a personal access token."""
    viewer = require_user(viewer)
    if viewer.session_id is None:
        raise SessionRequired
    return viewer


def require_fresh(viewer: Viewer | None) -> Viewer:
    """Raises FreshTokenRequired unless the password was just given, or SessionRequired."""
    viewer = require_session(viewer)
    if not viewer.fresh:
        raise FreshTokenRequired
    return viewer


def require_superuser(viewer: Viewer | None) -> Viewer:
    """Raises SuperuserRequired for everybody else who has logged in, or SessionRequired."""
    viewer = require_session(viewer)
    if not viewer.superuser:
        raise SuperuserRequired
    return viewer


# Whether a route finds out in its own thread who is asking (see pamps.http.sending).
FINDS_LATER = "pamps.finds_later"
LATER = "pamps.later"


@dataclass(frozen=True)
class Later:
    """Who is asking, not asked yet."""

    find: Callable[[], Viewer | None]


def read_bearer(request: Request) -> str | None:
    """The token of the header (RFC 6750, section 2.1)."""
    scheme, token = get_authorization_scheme_param(request.headers.get("Authorization"))
    return token if scheme.lower() == "bearer" else None


class Asks(OAuth2PasswordBearer):
    """A dependency that finds out who is asking, and holds them to a check.

    A token that is not valid is an error even where nobody needs to sign in: its owner believes to be
    somebody.
    """

    def __init__(self, check: Check | None = None) -> None:
        super().__init__(
            tokenUrl="token",
            scheme_name="OAuth2PasswordBearer",
            auto_error=False,
            description="An access token from `/token` or `/access_token/`.",
        )
        self.check = check

    async def __call__(  # type: ignore[override]
        self, request: Request, session: SessionDep
    ) -> Viewer | Later | None:
        token = read_bearer(request)
        find = partial(self.find, session, token, request.method)
        if token is None:
            return find()  # without asking the database
        if not request.scope[FINDS_LATER]:
            return await in_thread(find)
        request.scope[LATER] = later = Later(find)
        return later

    def find(self, session: Session, token: str | None, method: str) -> Viewer | None:
        """Whose token it is, after the check; raises like `find_viewer`."""
        viewer = None if token is None else find_viewer(session, token, method)
        return self.check(viewer) if self.check else viewer


def find_viewer(session: Session, token: str, method: str) -> Viewer:
    """Whose token it is; raises RefusedToken for one that opens nothing, and InsufficientScope for one that
    may not do this."""
    if token.startswith(ACCESS_TOKEN_PREFIX):
        return _find_by_access_token(session, token, method)
    try:
        viewer = find_signed_in(session, read_token(token, "access_token"))
    except InvalidToken:
        raise RefusedToken from None
    if viewer is None:
        raise RefusedToken
    return viewer


def _find_by_access_token(session: Session, secret: str, method: str) -> Viewer:
    found = find_by_secret(session, secret)
    if found is None:
        raise RefusedToken
    viewer, token = found
    # Here and not in the routes, so that none can forget it.
    if token.scopes != "write" and method not in SAFE_METHODS:
        raise InsufficientScope
    note_use(session, token)
    return viewer


# Who is signed in, or None; who is; who has logged in; who has just done so; a superuser who has.
MaybeUser = Annotated[Viewer | None, Depends(Asks())]
CurrentUser = Annotated[Viewer, Depends(Asks(require_user))]
CurrentSession = Annotated[Viewer, Depends(Asks(require_session))]
FreshSession = Annotated[Viewer, Depends(Asks(require_fresh))]
SUPERUSER = Asks(require_superuser)  # also the guard of a whole router
Superuser = Annotated[Viewer, Depends(SUPERUSER)]


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
    """The refresh token of the body, or else of the cookie; raises CrossOrigin (see pamps.http.cookies)."""
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
HashingTurn: Any = Depends(Turn(os.cpu_count() or 1, HASHING_PATIENCE))
