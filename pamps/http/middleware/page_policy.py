"""The content security policy of the documentation pages."""

import base64
import hashlib
import re

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGES = ("/docs", "/docs/oauth2-redirect", "/redoc")


class PagePolicyMiddleware:
    """Restricts a documentation page to its own scripts and to resources of this server, even if those
    scripts request others (ReDoc requests a logo).

    Inline scripts are allowed by their digests (CSP level 3, section 6.7.3.2). Inline styles are less
    dangerous, and both pages generate theirs at run time.
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
            if start:  # the body of these pages is a single message
                policy = (b"content-security-policy", self._policy(message["body"]).encode())
                await send({**start, "headers": [*start["headers"], policy]})
                start = {}
            await send(message)

        await self.app(scope, receive, send_with_policy)

    def _policy(self, page: bytes) -> str:
        digests = (hashlib.sha256(script).digest() for script in self.INLINE.findall(page))
        return self.POLICY.format(
            digests=" ".join(f"'sha256-{base64.b64encode(d).decode()}'" for d in digests)
        )


def protect_pages(app: FastAPI) -> None:
    """Apply the policy to the documentation pages of `app` only."""
    for route in app.routes:
        if isinstance(route, Route) and route.path in PAGES:
            route.app = PagePolicyMiddleware(route.app)
