"""The tables: brought up to date, or dropped."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pamps.cli.failures import fail

if TYPE_CHECKING:
    from sqlalchemy import URL


def migrate() -> None:
    """Bring the database to the newest migration."""
    from pamps.config import require_key

    require_key()  # what is wrong with the settings is said before much is imported
    from pamps.services import schema

    schema.upgrade()
    typer.echo("The database is at the newest migration.")


def reindex() -> None:
    """Make tags and the search index anew from the texts of all posts.

    Nobody has to stop meanwhile. What is interrupted is started again.
    """
    from pamps.cli.progress import show_progress
    from pamps.services.reindex import reindex as reindex_parts

    for part in reindex_parts():
        with show_progress(part.name, part.total) as advance:
            for steps in part.steps:
                advance(steps)
    typer.echo("Every post is found by its words, its tags and its author.")


def reset_db(
    force: Annotated[bool, typer.Option("-f", "--force", help="Do not ask.")] = False,
    database: Annotated[
        str | None, typer.Option(help="Its name, which production wants to be told.", show_default=False)
    ] = None,
) -> None:
    """Drop every table of Pamps, with all that is in them."""
    from pamps.config import settings
    from pamps.services import schema

    name = settings.db.url.database
    if settings.env == "production":
        if database is None and not force:
            database = typer.prompt("Everything will be lost. Type the name of the database to go on")
        if database != name:
            fail(f"This is production: give the name of the database with --database {name}.")
    elif not force:
        typer.confirm(f"Drop all tables of {whereabouts(settings.db.url)} with all in them?", abort=True)
    schema.drop_all()
    typer.echo("All tables are gone. `pamps migrate` makes them anew.")


def whereabouts(url: "URL") -> str:
    """Which database it is: the full path of a SQLite file, because each folder may have its own."""
    from pamps.config.url import database_file

    file = database_file(url)
    return str(url.database) if file is None else str(Path(file).resolve())
