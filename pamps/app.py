"""The application."""

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from pamps import __version__
from pamps.config import settings
from pamps.errors import install_error_handlers
from pamps.middleware import BodyLimit, TrailingSlash
from pamps.routes import ROUTERS


def create_app() -> FastAPI:
    """The API with its documentation pages, which load nothing from elsewhere."""
    app = FastAPIOffline(
        title="Pamps",
        version=__version__,
        description="A microblog server.",
        static_url="/static",
        redirect_slashes=False,
    )
    install_error_handlers(app)
    app.add_middleware(TrailingSlash)
    app.add_middleware(BodyLimit, limit=settings.server.max_body)
    for router in ROUTERS:
        app.include_router(router)
    return app


app = create_app()
