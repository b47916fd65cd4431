"""The check of the `Host` header (`server.hosts`)."""

import re
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from pamps.http.handlers import error_response


class AllowedHostsMiddleware:
    """Answers 400 if `Host` is not one of the given names; `*.example.org` matches every subdomain."""

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self.app = app
        self.names = [name.lower() for name in names]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_allowed(scope):
            await error_response(400, "unknown_host", "Invalid host header")(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        host = re.sub(r":\d*$", "", Headers(scope=scope).get("host", "").lower())
        return any(host == name or (name[:2] == "*." and host.endswith(name[1:])) for name in self.names)
