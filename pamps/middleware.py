"""What happens to every request before a route is looked for."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pamps.errors import HTTP_ERRORS, error_response

# Every other route is declared with a slash at the end.
PAGES = ("/docs", "/redoc")
WITHOUT_SLASH = (*PAGES, "/token", "/refresh_token", "/openapi.json", "/static")


class Address:
    """Answers every address with and without its trailing slash, without a redirect, and HEAD like GET
    (RFC 9110, section 9.3.2): the server that called us leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"].removesuffix("/")
            bare = path in WITHOUT_SLASH or path.startswith(("/docs/", "/static/"))
            method = "GET" if scope["method"] == "HEAD" else scope["method"]
            # A new dict: the server still has to see that it was HEAD.
            scope = {**scope, "path": path if bare else path + "/", "method": method}
        await self.app(scope, receive, send)


class PageHeaders:
    """Tells browsers to load nothing from elsewhere into the documentation pages, whatever their scripts ask
    for (ReDoc asks for a logo)."""

    POLICY = (
        "default-src 'none'; connect-src 'self'; script-src 'self' 'unsafe-inline'; worker-src blob:;"
        " style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
    )

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Content-Security-Policy"] = self.POLICY
            await send(message)

        is_page = scope["type"] == "http" and scope["path"].removesuffix("/") in PAGES
        await self.app(scope, receive, send_with_policy if is_page else send)


class BodyLimit:
    """Refuses a body of more than `limit` bytes: at once when its length is announced, otherwise as soon
    as it has grown too long."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced[:20]) > self.limit:
            code, detail = HTTP_ERRORS[413]
            await error_response(413, code, detail)(scope, receive, send)
            return
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise HTTPException(413)
            return message

        await self.app(scope, receive_within_limit, send)
