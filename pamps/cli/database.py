"""Migrating, reindexing and resetting the database."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pamps.cli.failures import fail

if TYPE_CHECKING:
    from sqlalchemy import URL


def migrate() -> None:
    """Migrate the database to the newest schema."""
    from pamps.config import require_key

    require_key()  # what is wrong with the settings is said before much is imported
    from pamps.services import schema

    schema.upgrade()
    typer.echo("The database is at the newest migration.")


def reindex() -> None:
    """Rebuild tags and the search index from all posts.

    The server can keep running. After an interruption, run the command again.
    """
    from pamps.cli.progress import show_progress
    from pamps.services.reindex import reindex as reindex_parts

    for part in reindex_parts():
        with show_progress(part.name, part.total) as advance:
            for steps in part.steps:
                advance(steps)
    typer.echo("Tags and the search index are up to date.")


def reset_db(
    force: Annotated[bool, typer.Option("-f", "--force", help="Do not ask for confirmation.")] = False,
    database: Annotated[
        str | None, typer.Option(help="Name of the database, required in production.", show_default=False)
    ] = None,
) -> None:
    """Drop all tables of Pamps and their contents."""
    from pamps.config import settings
    from pamps.services import schema

    name = settings.db.url.database
    if settings.env == "production":
        if database is None and not force:
            database = typer.prompt("All data will be lost. Type the name of the database to continue")
        if database != name:
            fail(f"This is production: confirm the name of the database with --database {name}.")
    elif not force:
        typer.confirm(f"Drop all tables of {whereabouts(settings.db.url)} and their contents?", abort=True)
    schema.drop_all()
    typer.echo("Dropped all tables. Run `pamps migrate` to create them again.")


def whereabouts(url: "URL") -> str:
    """The name of the database; for SQLite the full path, because each folder may have its own."""
    from pamps.config.url import database_file

    file = database_file(url)
    return str(url.database) if file is None else str(Path(file).resolve())
