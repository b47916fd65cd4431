"""Serving."""

from pathlib import Path
from typing import Annotated

import typer


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on. \\[server.host]")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Its port. \\[server.port]")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes. \\[server.workers]")] = None,
    reload: Annotated[bool, typer.Option("--reload", help="Restart when the code changes.")] = False,
) -> None:
    """Bring the database to the newest migration and serve the API."""
    import uvicorn

    from pamps import schema
    from pamps.config import settings
    from pamps.db import engine

    schema.upgrade()
    engine.dispose()  # the workers open connections of their own
    uvicorn.run(
        "pamps.app:app",
        host=settings.server.host if host is None else host,
        port=settings.server.port if port is None else port,
        workers=workers or settings.server.workers,
        reload=reload,
        reload_dirs=[str(Path(__file__).parent.parent)] if reload else None,
        server_header=False,
    )
