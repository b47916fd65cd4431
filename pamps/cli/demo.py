"""A database full of people who do not exist."""

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from pamps.cli.failures import fail


def demo(
    users: Annotated[int, typer.Option(min=1, max=1_000_000, help="People.")] = 100,
    posts: Annotated[int, typer.Option(min=0, max=100_000_000, help="Posts, with replies.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Another number, another world.")] = 1,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day on which its two years end; else today, in UTC."),
    ] = None,
) -> None:
    """Fill an empty database with people, follows, posts and likes, to try Pamps out and to measure it.

    The same options make the same data. Nobody can write until it is done.
    What is interrupted leaves nothing behind: start it again. In production
    it is refused, because everybody knows the password of everybody.
    """
    from pamps.cli.progress import show_progress
    from pamps.config import settings
    from pamps.db import get_database
    from pamps.demo.load import PASSWORD, OtherUsers, load
    from pamps.demo.recipe import Recipe
    from pamps.services import schema

    if settings.env == "production":
        fail("This is production: a demo has accounts whose password everybody knows.")
    recipe = Recipe(users, posts, seed, check_day(until), settings.posts.max_length)
    schema.upgrade()
    try:
        loaded = load(recipe, show_progress)
    except OtherUsers:
        fail("There are other users in this database. A demo goes into one without: set PAMPS_DB__uri.")
    get_database().dispose()  # SQLite cleans up behind its last connection
    if loaded:
        typer.echo(f"{users:,} users and {posts:,} posts. Log in as anybody; the password is: {PASSWORD}")
    else:
        typer.echo("This demo is there already. Nothing was changed.")


def check_day(given: datetime | None) -> date:
    """The day on which a demo ends: today, or the given one unless it is to come."""
    today = datetime.now(UTC).date()
    day = given.date() if given else today
    if not date(2000, 1, 1) <= day <= today:
        raise typer.BadParameter("from 2000-01-01 to today", param_hint="'--until'")
    return day
