"""A world written into the database, fast: COPY on PostgreSQL, many rows a call on SQLite.

It is all one transaction. So there is nothing to take up again: what was interrupted, even by SIGKILL, has
left nothing behind and is simply started anew. Nobody ever reads half of it, and whoever registers meanwhile
waits.
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

PASSWORD = "demo password"  # noqa: S105 - everybody in the demo has it, and everybody may know
BATCH = 10_000

# Called with what is to be made and how many; gives what is then called with each number that was written.
Report = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


class OtherUsers(Exception):
    """There are accounts that are not of this demo."""


def load(recipe: Recipe, report: Report) -> bool:
    """Fill a database without users; False, and nothing changed, if this demo is there already.

    Raises OtherUsers if anybody else is there.
    """
    password = hash_password(PASSWORD)  # slow, so before the transaction
    with transaction() as session:
        return fill(session.connection(), recipe, password, report)


def fill(connection: Connection, recipe: Recipe, password: str, report: Report) -> bool:
    """The same within a transaction; `password` is the hash that everybody gets."""
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
    """Batches of rows, each made while the one before is written."""

    def prepare() -> list[Row]:
        return list(islice(rows, BATCH))

    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(prepare)
        while batch := following.result():
            following = thread.submit(prepare)
            yield batch


def _is_there(connection: Connection, recipe: Recipe) -> bool:
    """Whether this demo was loaded, whatever became of it since; raises OtherUsers if another one was."""
    emails = select(col(User.email)).limit(1)
    is_ours = col(User.email).endswith(f"@{recipe.domain}", autoescape=True)
    if connection.execute(emails.where(is_ours)).first():
        return True
    if connection.execute(emails).first():
        raise OtherUsers
    return False
