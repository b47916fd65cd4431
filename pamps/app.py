"""The ASGI application: middleware, error handlers, routes and the lifespan of the server."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from multiprocessing import parent_process
from multiprocessing.process import BaseProcess
from threading import Thread

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware
from starlette.staticfiles import StaticFiles
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from pamps import __version__
from pamps.config import require_key, settings
from pamps.config.schema import ServerSettings
from pamps.db import get_database
from pamps.http.cores import on_one_core
from pamps.http.handlers import install_error_handlers
from pamps.http.middleware.access_log import AccessLogMiddleware
from pamps.http.middleware.allowed_hosts import AllowedHostsMiddleware
from pamps.http.middleware.body_limit import BodyLimitMiddleware
from pamps.http.middleware.etag import ETagMiddleware
from pamps.http.middleware.page_policy import protect_pages
from pamps.http.middleware.request_id import RequestIdMiddleware
from pamps.http.router import index_routes
from pamps.routes import ROUTERS
from pamps.services.live.subscribers import open_subscribers
from pamps.services.mail import drain
from pamps.web import pages as page

# Maximum time at shutdown to send queued mails. Docker kills a container after ten seconds.
DRAIN_SECONDS = 5.0

# Response headers that pages of other origins may read (CORS).
EXPOSED_HEADERS = [
    "ETag",
    "Link",
    "X-Request-ID",
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
]


async def redirect_to_pages(request: Request) -> RedirectResponse:
    """Redirect the root URL to the documentation pages."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/docs")


def add_middleware(app: FastAPI, server: ServerSettings) -> None:
    """Add the middleware from the inside out: the last one added sees a request first."""
    app.add_middleware(BodyLimitMiddleware, limit=server.max_body)
    app.add_middleware(ETagMiddleware)
    if server.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=server.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match", "Last-Event-ID"],
            expose_headers=EXPOSED_HEADERS,
            # Pages send the token in a header; the cookie is only for pages of this server.
            allow_credentials=False,
        )
    if server.hosts:
        app.add_middleware(AllowedHostsMiddleware, names=server.hosts)
    app.add_middleware(RequestIdMiddleware)
    if server.access_log:
        app.add_middleware(AccessLogMiddleware)
    if server.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(server.trusted_proxies))


def stop_with_parent() -> None:
    """Stop this worker when its parent process has died; otherwise it would keep serving on the port."""

    def wait(parent: BaseProcess) -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    if parent := parent_process():
        Thread(target=wait, args=(parent,), name="parent", daemon=True).start()


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Start up and shut down: at shutdown, send queued mails for at most DRAIN_SECONDS, then close the
    database connections. Exits if the secret key cannot be created or read."""
    with on_one_core() if settings.server.pin_workers else nullcontext():
        stop_with_parent()
        require_key()
        async with open_subscribers():
            yield
    await to_thread.run_sync(drain, DRAIN_SECONDS)
    get_database().dispose()


def create_app() -> FastAPI:
    """Create the API with its documentation pages, which load nothing from other servers."""
    app = FastAPIOffline(
        title="Pamps",
        version=__version__,
        description="A microblog server.",
        static_url="/static/docs",
        redirect_slashes=False,
        lifespan=lifespan,
    )
    protect_pages(app)
    install_error_handlers(app)
    add_middleware(app, settings.server)
    index_routes(app)
    app.add_api_route("/", redirect_to_pages, include_in_schema=False)
    app.mount("/static/pamps", StaticFiles(directory=page.FOLDER))
    for router in (*ROUTERS, page.router):
        app.include_router(router)
    return app


app = create_app()
