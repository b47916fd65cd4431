"""The refresh token cookie of browsers, which no script can read and no other site can use."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Body, Depends, Request, Response

from pamps.config import settings
from pamps.errors import Forbidden, Unauthorized
from pamps.models.login import RefreshRequest, TokenResponse
from pamps.services.session import TokenPair


def is_secure() -> bool:
    """Whether the cookie requires TLS."""
    return settings.env != "development"


def cookie_name() -> str:
    """The name of the cookie. Browsers accept `__Host-` over TLS only, and from this very host (RFC 6265bis,
    section 4.1.3.2)."""
    return "__Host-pamps_refresh" if is_secure() else "pamps_refresh"


class CrossOrigin(Forbidden):
    code = "cross_origin"
    detail = "The cookie is accepted only from pages of this server."


def hand_out(response: Response, pair: TokenPair, *, in_cookie: bool) -> TokenResponse:
    """The response with the token pair. With `in_cookie`, the refresh token is set as a cookie instead."""
    if in_cookie:
        _set(response, pair.refresh_token, settings.security.refresh_token_minutes * 60)
    return TokenResponse(
        access_token=pair.access_token,
        refresh_token=None if in_cookie else pair.refresh_token,
        token_type="bearer",  # noqa: S106 - a token type, not a token
        expires_in=pair.expires_in,
    )


def clear(response: Response) -> None:
    """Delete the cookie in the browser."""
    _set(response, "", 0)


def _set(response: Response, value: str, max_age: int) -> None:
    response.set_cookie(
        cookie_name(), value, max_age=max_age, path="/", secure=is_secure(), httponly=True, samesite="strict"
    )


def read(request: Request) -> str | None:
    """The refresh token in the cookie, or None. Raises CrossOrigin if there is one and the request does not
    come from a page of this server."""
    token = request.cookies.get(cookie_name())
    if token and not comes_from_here(request):
        raise CrossOrigin
    return token or None


def check_wish(request: Request, *, in_cookie: bool) -> None:
    """Raise CrossOrigin if a page of another origin requests a login with a cookie (login CSRF).

    Clients other than browsers send no origin. Without a cookie, a page gains nothing that its own server
    could not request.
    """
    is_browser = "sec-fetch-site" in request.headers or "origin" in request.headers
    if in_cookie and is_browser and not comes_from_here(request):
        raise CrossOrigin


def comes_from_here(request: Request) -> bool:
    """Whether a page of this server sent the request, by headers that pages cannot forge."""
    if (site := request.headers.get("sec-fetch-site")) is not None:
        return site == "same-origin"
    here = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return request.headers.get("origin") in (here, settings.server.origin)


@dataclass(frozen=True)
class Refresh:
    """A refresh token, and whether it was sent in the cookie."""

    token: str | None
    in_cookie: bool

    def require(self) -> str:
        """The token; raises Unauthorized if there is none."""
        if self.token is None:
            raise Unauthorized
        return self.token


def get_refresh(request: Request, body: Annotated[RefreshRequest | None, Body()] = None) -> Refresh:
    """The refresh token in the body, otherwise the one in the cookie. Raises CrossOrigin like `read`."""
    if body is not None:
        return Refresh(body.refresh_token, in_cookie=False)
    token = read(request)
    return Refresh(token, in_cookie=token is not None)


GivenRefresh = Annotated[Refresh, Depends(get_refresh)]


def maybe_refresh(request: Request, body: Annotated[RefreshRequest | None, Body()] = None) -> Refresh:
    """The same, but without a token if the request has an Authorization header, which takes precedence."""
    return (
        Refresh(None, in_cookie=False) if "authorization" in request.headers else get_refresh(request, body)
    )


MaybeRefresh = Annotated[Refresh, Depends(maybe_refresh)]
