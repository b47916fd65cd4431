"""The id of a request: in its state, on its response and in the log of a bug."""

import os
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pamps.http.crash_log import log_bug
from pamps.http.handlers import HTTP_ERRORS, error_response
from pamps.http.middleware.security_headers import with_security_headers


class RequestIdMiddleware:
    """Around everything that can answer: gives a request its id and time of arrival (in `request.state`), and
    every response that id and the security headers. A bug becomes a 500 here, with both.

    The headers are set in the same place because each wrapper of `send` costs every request something.
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
                raise  # too late for another response: the server cuts the connection
            await error_response(500, *HTTP_ERRORS[500])(scope, receive, send_with_headers)
