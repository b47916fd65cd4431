"""Loads a demo world into the database with bulk inserts.

Everything is one transaction: an interrupted run, even by SIGKILL, leaves nothing behind and is started
again. A partial demo is never visible, and concurrent writers wait.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import islice

from sqlalchemy import Connection, select
from sqlmodel import col

from pamps.db import transaction
from pamps.demo.bulk import open_bulk
from pamps.demo.recipe import Recipe
from pamps.demo.world import Row, World
from pamps.models.user import User
from pamps.security.tokens import hash_password

PASSWORD = "demo password"  # noqa: S105 - shared by all demo users, and public
BATCH = 10_000

# Called with the name and size of a stage; yields a function to call with the number of rows written.
Report = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


class OtherUsers(Exception):
    """The database has accounts that do not belong to this demo."""


def load(recipe: Recipe, report: Report) -> bool:
    """Fill a database without users; returns False, and changes nothing, if it already has this demo.

    Raises OtherUsers if it has other users.
    """
    password = hash_password(PASSWORD)  # slow, so before the transaction
    with transaction() as session:
        return fill(session.connection(), recipe, password, report)


def fill(connection: Connection, recipe: Recipe, password: str, report: Report) -> bool:
    """The same within a given transaction; `password` is the hash shared by all users."""
    bulk = open_bulk(connection)
    if _is_there(connection, recipe):
        return False
    with report("plan", 1) as advance:
        world = World(recipe)
        advance(1)
    for stage in world.stages(password):
        with report(stage.name, stage.total) as advance:
            bulk.start(stage)
            for batch in _prepare_ahead(stage.rows):
                bulk.write(stage, batch)
                advance(len(batch))
            bulk.finish(stage)
    return True


def _prepare_ahead(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Batches of rows, each prepared while the previous one is being written."""

    def prepare() -> list[Row]:
        return list(islice(rows, BATCH))

    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(prepare)
        while batch := following.result():
            following = thread.submit(prepare)
            yield batch


def _is_there(connection: Connection, recipe: Recipe) -> bool:
    """Whether this demo was loaded before, even if changed since; raises OtherUsers if there are other
    users."""
    emails = select(col(User.email)).limit(1)
    is_ours = col(User.email).endswith(f"@{recipe.domain}", autoescape=True)
    if connection.execute(emails.where(is_ours)).first():
        return True
    if connection.execute(emails).first():
        raise OtherUsers
    return False
