"""The refresh token of browsers: in a cookie that no script can read and no other site can use."""

from fastapi import Request, Response

from pamps.config import settings
from pamps.errors import Forbidden
from pamps.models.login import TokenResponse

# `__Host-`: a browser takes it over TLS only, and from this very host (RFC 6265bis, section 4.1.3.2).
SECURE = settings.env != "development"
NAME = "__Host-pamps_refresh" if SECURE else "pamps_refresh"


class CrossOrigin(Forbidden):
    code = "cross_origin"
    detail = "The cookie is accepted only from pages of this server."


def hand_out(response: Response, pair: TokenResponse, *, in_cookie: bool) -> TokenResponse:
    """The pair as the answer shows it: with `in_cookie`, its refresh token goes into the cookie instead."""
    if not in_cookie or pair.refresh_token is None:
        return pair
    _set(response, pair.refresh_token, settings.security.refresh_token_minutes * 60)
    return pair.model_copy(update={"refresh_token": None})


def clear(response: Response) -> None:
    """Make the browser forget the cookie."""
    _set(response, "", 0)


def _set(response: Response, value: str, max_age: int) -> None:
    response.set_cookie(
        NAME, value, max_age=max_age, path="/", secure=SECURE, httponly=True, samesite="strict"
    )


def read(request: Request) -> str | None:
    """The refresh token in the cookie; raises CrossOrigin unless a page of this server sent it."""
    token = request.cookies.get(NAME)
    if token and not comes_from_here(request):
        raise CrossOrigin
    return token or None


def check_wish(request: Request, *, in_cookie: bool) -> None:
    """Raise CrossOrigin if a page of another server wants to log a browser in. What is no browser does not
    say where it comes from, and without a cookie a page gets only what it could have got by itself."""
    is_browser = "sec-fetch-site" in request.headers or "origin" in request.headers
    if in_cookie and is_browser and not comes_from_here(request):
        raise CrossOrigin


def comes_from_here(request: Request) -> bool:
    """Whether the browser says that a page of this server sent the request (no page can make it lie)."""
    if (site := request.headers.get("sec-fetch-site")) is not None:
        return site == "same-origin"
    here = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return request.headers.get("origin") in (here, settings.server.origin)
