"""The content security policy of the documentation pages."""

import base64
import hashlib
import re

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGES = ("/docs", "/docs/oauth2-redirect", "/redoc")


class PagePolicyMiddleware:
    """Lets a documentation page run its own scripts and nothing else, from this server and from nowhere else,
    whatever those scripts ask for (ReDoc asks for a logo).

    The few lines of script inside a page are allowed by their digests (CSP level 3, section 6.7.3.2). Styles
    inside it are less dangerous, and both pages make theirs as they go.
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
    """Put the policy around the documentation pages of `app`, and around nothing else."""
    for route in app.routes:
        if isinstance(route, Route) and route.path in PAGES:
            route.app = PagePolicyMiddleware(route.app)
