"""Generating demo data."""

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from pamps.cli.failures import fail


def demo(
    users: Annotated[int, typer.Option(min=1, max=1_000_000, help="Number of users.")] = 100,
    posts: Annotated[
        int, typer.Option(min=0, max=100_000_000, help="Number of posts, including replies.")
    ] = 1000,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of the generated data.")] = 1,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day of the two years of data, today (UTC) by default."),
    ] = None,
) -> None:
    """Fill an empty database with users, follows, posts and likes, to try Pamps out or to benchmark it.

    The same options produce the same data. Other writers are blocked until
    it finishes. An interrupted run leaves nothing behind: run it again.
    Refused in production, because the accounts share a published password.
    """
    from pamps.cli.progress import show_progress
    from pamps.config import settings
    from pamps.db import get_database
    from pamps.demo.load import PASSWORD, OtherUsers, load
    from pamps.demo.recipe import Recipe
    from pamps.services import schema

    if settings.env == "production":
        fail("This is production: demo accounts share a published password.")
    recipe = Recipe(users, posts, seed, check_day(until), settings.posts.max_length)
    schema.upgrade()
    try:
        loaded = load(recipe, show_progress)
    except OtherUsers:
        fail("This database already has other users. Set PAMPS_DB__uri to an empty database.")
    get_database().dispose()  # SQLite cleans up when its last connection is closed
    if loaded:
        typer.echo(f"{users:,} users and {posts:,} posts. Log in as any user; the password is: {PASSWORD}")
    else:
        typer.echo("This demo already exists. Nothing was changed.")


def check_day(given: datetime | None) -> date:
    """The last day of a demo: the given one or today; raises typer.BadParameter for future days."""
    today = datetime.now(UTC).date()
    day = given.date() if given else today
    if not date(2000, 1, 1) <= day <= today:
        raise typer.BadParameter("must be from 2000-01-01 to today", param_hint="'--until'")
    return day
