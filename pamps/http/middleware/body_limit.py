"""The bound on the size of request bodies (`server.max_body`)."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pamps.http.handlers import HTTP_ERRORS, error_response

ANNOUNCING = frozenset({b"content-length", b"transfer-encoding"})


class BodyLimitMiddleware:
    """Refuses a body of more than `limit` bytes: at once when its length is announced, otherwise as soon
    as it has grown too long.

    A response that comes before the end of a body waits for the rest, up to `limit` bytes more: a connection
    that is closed with unread bytes is reset, and the response can be lost with it.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _may_have_body(scope):
            await self.app(scope, receive, send)
            return
        headers = dict(reversed(scope["headers"]))  # of several, the first counts
        announced = headers.get(b"content-length", b"0")
        received = 0
        # A client that sends `Expect` waits for a word before the body.
        more = not ANNOUNCING.isdisjoint(headers) and b"expect" not in headers

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


def _may_have_body(scope: Scope) -> bool:
    """In HTTP/1 a body is announced (RFC 9112, section 6.3); in later versions it may come unannounced."""
    if scope.get("http_version") not in ("1.1", "1.0"):
        return True
    return not ANNOUNCING.isdisjoint(dict(scope["headers"]))
