"""The request id: in the state of the request, on the response and in the log of unexpected errors."""

import os
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pamps.http.crash_log import log_bug
from pamps.http.handlers import HTTP_ERRORS, error_response
from pamps.http.middleware.security_headers import with_security_headers


class RequestIdMiddleware:
    """Sets the id and the time of arrival of a request (in `request.state`), and adds `X-Request-ID` and the
    security headers to every response. Unexpected errors are logged and become a 500 with these headers.

    One middleware does both because each wrapper of `send` costs every request some time.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, is_started = os.urandom(16).hex(), False
        scope.setdefault("state", {}).update(request_id=request_id, arrived=datetime.now(UTC))

        async def send_with_headers(message: Message) -> None:
            nonlocal is_started
            if message["type"] == "http.response.start":
                is_started = True
                headers = with_security_headers(message["headers"], is_https=scope.get("scheme") == "https")
                headers.append((b"x-request-id", request_id.encode()))
                message["headers"] = headers
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            log_bug(request_id, scope["method"], scope["path"], error)
            if is_started:
                raise  # too late for another response: the server closes the connection
            await error_response(500, *HTTP_ERRORS[500])(scope, receive, send_with_headers)
