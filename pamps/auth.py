"""Authentication and access checks: the dependencies that routes name in their signatures."""

from collections.abc import Callable
from typing import Annotated, NoReturn

from fastapi import Depends, Request
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
from pamps.models.user import Viewer
from pamps.queries.access_token import find_by_secret
from pamps.queries.session import find_signed_in
from pamps.security.tokens import ACCESS_TOKEN_PREFIX, InvalidToken, read_token
from pamps.services.access_token import note_use

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
Check = Callable[[Viewer | None], Viewer | None]


def require_user(viewer: Viewer | None) -> Viewer:
    """The viewer; raises Unauthorized if nobody is signed in."""
    if viewer is None:
        raise Unauthorized
    return viewer


def require_session(viewer: Viewer | None) -> Viewer:
    """The viewer; raises SessionRequired for personal access tokens, Unauthorized if nobody is signed in."""
    viewer = require_user(viewer)
    if viewer.session_id is None:
        raise SessionRequired
    return viewer


def require_fresh(viewer: Viewer | None) -> Viewer:
    """The viewer; raises FreshTokenRequired unless the token was created with the password, and the errors of
    `require_session`."""
    viewer = require_session(viewer)
    if not viewer.fresh:
        raise FreshTokenRequired
    return viewer


def require_superuser(viewer: Viewer | None) -> Viewer:
    """The viewer; raises SuperuserRequired unless they are one, and the errors of `require_session`."""
    viewer = require_session(viewer)
    if not viewer.superuser:
        raise SuperuserRequired
    return viewer


def bearer_token(request: Request) -> str | None:
    """The bearer token of the Authorization header, or None (RFC 6750, section 2.1)."""
    scheme, token = get_authorization_scheme_param(request.headers.get("Authorization"))
    return token if scheme.lower() == "bearer" else None


class Access(OAuth2PasswordBearer):
    """An access check of a route. As a dependency, its value is the viewer; see `pamps.http.route`.

    An invalid token is an error even where signing in is optional: the client believes it is signed in.
    """

    def __init__(self, check: Check | None = None) -> None:
        super().__init__(
            tokenUrl="token",
            scheme_name="OAuth2PasswordBearer",
            auto_error=False,
            description="An access token from `/token` or `/access_token/`.",
        )
        self.check = check

    def __call__(self) -> NoReturn:  # type: ignore[override]
        """Never called: only routes of `make_router` keep a check, and any other would let everybody in."""
        raise NotImplementedError("Access needs a route of make_router()")

    def require(self, viewer: Viewer | None) -> None:
        """Raise the error of the check if `viewer` may not use the route; None means not signed in."""
        if self.check:
            self.check(viewer)


def find_viewer(session: Session, token: str, method: str) -> Viewer:
    """The user authenticated by a token. Raises RefusedToken if it is invalid, expired or revoked, and
    InsufficientScope if it does not allow this HTTP method."""
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
    # Checked here rather than in the routes, so that no route can forget it.
    if token.scopes != "write" and method not in SAFE_METHODS:
        raise InsufficientScope
    note_use(session, token)
    return viewer


anyone = Access()
signed_in = Access(require_user)
logged_in = Access(require_session)
freshly_logged_in = Access(require_fresh)
superuser = Access(require_superuser)

# The signed-in user, or None.
MaybeUser = Annotated[Viewer | None, Depends(anyone)]
# The signed-in user.
CurrentUser = Annotated[Viewer, Depends(signed_in)]
# The signed-in user, with a session; personal access tokens are refused.
CurrentSession = Annotated[Viewer, Depends(logged_in)]
# The signed-in user, with a session and a fresh token, created with the password.
FreshSession = Annotated[Viewer, Depends(freshly_logged_in)]
# The signed-in user, with a session and superuser rights.
Superuser = Annotated[Viewer, Depends(superuser)]
