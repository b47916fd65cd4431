"""The client of most tests: the framework's test client with a shorter way to the application."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
from anyio.from_thread import BlockingPortal
from fastapi.testclient import TestClient
from starlette.types import ASGIApp


class Client(TestClient):
    """A TestClient that hands each request over to the event loop once. The framework's does so eight times,
    which takes longer than a small request. It receives whole responses, so it cannot read from streams."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        headers: dict[str, str] | None = None,
        raise_server_exceptions: bool = True,
        client: tuple[str, int] = ("testclient", 50000),
    ) -> None:
        super().__init__(app, headers=headers)
        transport = httpx2.ASGITransport(app, raise_app_exceptions=raise_server_exceptions, client=client)
        assert self.portal is not None
        self._transport = _Transport(transport.handle_async_request, self.portal)


class _Transport(httpx2.BaseTransport):
    def __init__(
        self, serve: Callable[[httpx2.Request], Awaitable[httpx2.Response]], portal: BlockingPortal
    ) -> None:
        self._serve = serve
        self._portal = portal

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        content = request.read()
        whole = httpx2.Request(request.method, request.url, headers=request.headers, content=content)
        return self._portal.call(self._receive, whole)

    async def _receive(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._serve(request)
        content = await response.aread()
        headers: Any = response.headers.raw
        return httpx2.Response(response.status_code, headers=headers, content=content, request=request)
