"""What happens to every request before a route is looked for, and to every answer after it."""

import base64
import hashlib
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pamps.http.crash_log import log_bug
from pamps.http.handlers import HTTP_ERRORS, error_response

# Whether what looks like GET was HEAD: for answers that take their time.
IS_HEAD = "pamps.is_head"
# Every other route is declared with a slash at the end, but those that end in a name of a file.
PAGES = ("/docs", "/docs/oauth2-redirect", "/redoc")
WITHOUT_SLASH = (*PAGES, "/token", "/refresh_token", "/openapi.json", "/static")
FILES = ("/feed.xml",)


class RequestIdMiddleware:
    """Around everything else: marks the request, and sends no answer without its number and the headers that
    keep browsers from mistaking it for something else. A bug becomes a 500 here, inside of both."""

    HEADERS = (
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    )
    HSTS = "max-age=31536000"

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, started = uuid.uuid4().hex, False
        scope.setdefault("state", {}).update(request_id=request_id, arrived=datetime.now(UTC))

        async def send_sealed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in self.HEADERS:
                    headers.setdefault(name, value)
                if scope.get("scheme") == "https":
                    headers["Strict-Transport-Security"] = self.HSTS
            await send(message)

        try:
            await self.app(scope, receive, send_sealed)
        except Exception as error:
            log_bug(request_id, scope["method"], scope["path"], error)
            if started:
                raise  # too late for another answer: the server cuts the connection
            await error_response(500, *HTTP_ERRORS[500])(scope, receive, send_sealed)


class AllowedHostsMiddleware:
    """Answers only to the given names, of which `*.example.org` is every one below example.org; to all names
    if none is given."""

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self.app = app
        self.names = [name.lower() for name in names]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.names and not self._is_known(scope):
            await error_response(400, "unknown_host", "Invalid host header")(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        host = re.sub(r":\d*$", "", Headers(scope=scope).get("host", "").lower())
        return any(host == name or (name[:2] == "*." and host.endswith(name[1:])) for name in self.names)


class SlashMiddleware:
    """Answers every address with and without its trailing slash, without a redirect, and HEAD like GET
    (RFC 9110, section 9.3.2): the server that called us leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"].removesuffix("/")
            bare = path in WITHOUT_SLASH or path.startswith(("/docs/", "/static/")) or path.endswith(FILES)
            is_head = scope["method"] == "HEAD"
            # A new dict: the server still has to see that it was HEAD.
            scope = {**scope, "path": path if bare else path + "/", IS_HEAD: is_head}
            scope["method"] = "GET" if is_head else scope["method"]
        await self.app(scope, receive, send)


class PagePolicyMiddleware:
    """Lets the documentation pages run their own scripts and nothing else, from here and from nowhere else,
    whatever those scripts ask for (ReDoc asks for a logo).

    The few lines of script inside a page are allowed by their digests (CSP level 3, section 6.7.3.2). Styles
    inside it are not so dangerous, and both pages make theirs as they go.
    """

    POLICY = (
        "default-src 'none'; connect-src 'self'; script-src 'self' {digests}; worker-src blob:;"
        " style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    )
    INLINE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}

        async def send_with_policy(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if start:  # these pages come in one piece
                MutableHeaders(scope=start)["Content-Security-Policy"] = self._policy(message["body"])
                await send(start)
                start = {}
            await send(message)

        is_page = scope["type"] == "http" and scope["path"].removesuffix("/") in PAGES
        await self.app(scope, receive, send_with_policy if is_page else send)

    def _policy(self, page: bytes) -> str:
        digests = (hashlib.sha256(script).digest() for script in self.INLINE.findall(page))
        return self.POLICY.format(
            digests=" ".join(f"'sha256-{base64.b64encode(d).decode()}'" for d in digests)
        )


class BodyLimitMiddleware:
    """Refuses a body of more than `limit` bytes: at once when its length is announced, otherwise as soon
    as it has grown too long.

    An answer that comes before the end of a body waits for the rest, up to `limit` bytes more: a connection
    that is closed with unread bytes is reset, and the answer can be lost with it.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        announced = headers.get("content-length", "0")
        received = 0
        # Who sends `Expect` waits for a word before the body.
        more = ("content-length" in headers or "transfer-encoding" in headers) and "expect" not in headers

        async def take() -> Message:
            nonlocal received, more
            message = await receive()
            received += len(message.get("body", b""))
            more = more and message.get("more_body", False)
            return message

        async def receive_within_limit() -> Message:
            message = await take()
            if received > self.limit:
                raise HTTPException(413)
            return message

        async def send_after_body(message: Message) -> None:
            while more and received <= 2 * self.limit:
                await take()
            await send(message)

        if not announced.isdigit() or int(announced[:20]) > self.limit:
            await error_response(413, *HTTP_ERRORS[413])(scope, receive, send_after_body)
            return
        await self.app(scope, receive_within_limit, send_after_body)
