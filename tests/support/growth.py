"""Databases with a given number of posts, to measure how the cost of a request grows with it.

There are two kinds of users and posts. `quiet` and the quiet post have the same number of rows in every
world, spread evenly among those of others: without an index, a list of them scans all the others. The rows of
`loud` and the loud post grow with the world and are not where a list starts: the cost of a list that reads
all of them grows.
"""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response
from psycopg2 import extensions
from sqlalchemy import Connection
from sqlalchemy.schema import AddConstraint, DropConstraint
from sqlmodel import Session, SQLModel

from benchmarks.growth import is_explained, read_plan
from pamps.app import create_app
from pamps.config import settings
from pamps.config.schema import DatabaseSettings
from pamps.db import make_engine, use_database
from pamps.models import User
from pamps.models.search_index import search_index
from pamps.services.search_index import Text, index_row
from tests.conftest import TEST_URI
from tests.support.client import Client
from tests.support.databases import DatabaseInside, empty_database, migrate
from tests.support.factories import make_session

Row = tuple[Any, ...]

PEOPLE = ("quiet", "loud", "watcher", "reader", "sleepy", "admin", "told")
QUIET, LOUD, WATCHER, READER, SLEEPY, ADMIN, TOLD = range(1, len(PEOPLE) + 1)
SIGNED_IN = (WATCHER, READER, SLEEPY, ADMIN, TOLD)
QUIET_POST, LOUD_POST = 1, 2
FEW = 60  # rows of each quiet user or post
FOLLOWED = 200  # by `reader`, who follows active users, and by `sleepy`, who follows inactive ones
# Average numbers of follows and likes per user, and of likes per post. Less than a page, so that PostgreSQL,
# which plans for the average, may assume that a list is read completely anyway.
AVERAGE = 15
REPLIES = 3  # per post, on average
TEXT = "This is what somebody wrote, and it is about as long as such texts are. " * 2
SEARCH_INDEX = search_index()
TABLES = {**SQLModel.metadata.tables, SEARCH_INDEX.name: SEARCH_INDEX}
TIME = "2026-01-01 00:00:00.000000+00"


class Rows:
    """The rows of a world, without their ids, which count from 1. Counters stay 0."""

    def __init__(self, posts: int) -> None:
        self.total = posts
        self.many = posts // 50 + FEW  # rows of each loud user or post
        first = len(PEOPLE) + 1
        self.dormant = range(first, first + FOLLOWED)
        # Enough of them in every world that no plan reads them all to show twenty.
        self.others = [self.dormant.stop + n for n in scattered(4_000 + posts // 5)]
        first += FOLLOWED + len(self.others)
        self.active = range(first, first + FOLLOWED)

    def tables(self) -> Iterator[tuple[str, str, Iterable[Row]]]:
        """All tables (name, columns, rows), each after those it references."""
        yield "user", "username, email, password, superuser, created_at", self.people()
        yield "social", "follower_id, followed_id, date", ((*pair, TIME) for pair in self.follows())
        posts = ((*post, self.text(post_id), TIME) for post_id, post in enumerate(self.posts(), 1))
        yield "post", "user_id, parent_id, text, date", posts
        yield "like", "user_id, post_id, date", ((*pair, TIME) for pair in self.likes())
        yield "hiding", "user_id, hidden_id, kind, date", ((*row, TIME) for row in self.hidings())
        columns = "user_id, actor_id, post_id, type, read, date"
        yield "notification", columns, ((*row, TIME) for row in self.notifications())
        tags = {tag: number for number, tag in enumerate(self.tags(), 1)}
        yield "tag", "name, folded, uses", ((tag, tag, AVERAGE) for tag in tags)
        uses = ((post, tags[tag], author) for post, author in self.authors() for tag in self.tags_of(post))
        yield "post_tag", "post_id, tag_id, user_id", uses
        columns = f"{SEARCH_INDEX.c.post_id.name}, words, user_id"
        yield SEARCH_INDEX.name, columns, map(self.indexed, count(1), self.posts())

    def people(self) -> Iterator[Row]:
        """All users."""
        strangers = (f"person{number}" for number in range(len(PEOPLE) + 1, self.active.stop))
        for person, name in enumerate((*PEOPLE, *strangers), 1):
            yield name, f"{name}@example.com", "no hash", person == ADMIN, TIME

    def follows(self) -> Iterator[Row]:
        """All follows. The oldest ones are loud."""
        yield from ((READER, author) for author in self.active)
        yield from ((SLEEPY, author) for author in self.dormant)
        for person in (LOUD, WATCHER):
            yield from both_ways(person, self.others[: self.many])
        strangers = [(self.others[a], self.others[AVERAGE + b]) for a, b in groups(1_000 + self.total // 4)]
        yield from spread(both_ways(QUIET, self.others[:FEW]), strangers)

    def posts(self) -> Iterator[Row]:
        """All posts, with authors and parents. The first are by inactive users, then by `loud`; the last
            fifth are
        replies."""
        yield from ((author, None) for author in self.dormant)
        yield from [(LOUD, None)] * FEW
        replies = self.total // 5
        top_level = self.total - FOLLOWED - 3 * FEW - replies
        crowd: list[Row] = [(self.active[n % FOLLOWED], None) for n in range(top_level)]
        for n in range(replies // 2):
            crowd += [(LOUD, LOUD_POST), (self.active[n % FOLLOWED], LOUD_POST + 1 + n // REPLIES)]
        yield from spread([(QUIET, None), (QUIET, QUIET_POST)] * FEW, crowd)

    def authors(self) -> Iterator[tuple[int, int]]:
        """All posts with their authors."""
        return ((post_id, author) for post_id, (author, _) in enumerate(self.posts(), 1))

    def tags(self) -> list[str]:
        """All tags."""
        return [*(f"tag{number:05}" for number in range(self.total // AVERAGE)), "quiet", "loud"]

    def tags_of(self, post: int) -> list[str]:
        """The tags of a post: one that AVERAGE posts have, often the loud one, rarely the quiet one."""
        tags = [f"tag{post % (self.total // AVERAGE):05}"] + ["loud"] * (post % 2)
        return tags + ["quiet"] * self.is_quiet(post)

    def is_quiet(self, post: int) -> bool:
        """Whether the post is one of the FEW."""
        number, rest = divmod(post, self.total // FEW)
        return rest == 0 and number <= FEW

    def text(self, post: int) -> str:
        """The text of a post; FEW contain `seldom`."""
        seldom = "seldom " * self.is_quiet(post)
        return TEXT + seldom + " ".join(f"#{tag}" for tag in self.tags_of(post))

    def indexed(self, post: int, row: Row) -> Row:
        """The index row of a post."""
        author, parent = row
        text = Text(post, author, self.text(post), parent is not None)
        return tuple(index_row(text, self.tags_of(post)).values())

    def likes(self) -> Iterator[Row]:
        """All likes. The oldest ones are loud."""
        posts = [LOUD_POST + n for n in scattered(self.total - LOUD_POST)]
        for person in (LOUD, WATCHER):
            yield from ((person, post) for post in posts[: self.many])
        yield from ((person, LOUD_POST) for person in self.others[: self.many])
        strangers = [(self.others[a], posts[b + 1]) for a, b in groups(1_000 + self.total // 4)]
        liked = [(QUIET, post) for post in posts[:FEW]]
        likers = [(person, QUIET_POST) for person in self.others[:FEW]]
        yield from spread([row for pair in zip(liked, likers, strict=True) for row in pair], strangers)

    def hidings(self) -> Iterator[Row]:
        """All mutes and blocks: `admin` has very many mutes and few blocks."""
        muted = [(ADMIN, person, "mute") for person in self.others[: 2 * self.many]]
        yield from spread([(ADMIN, person, "block") for person in self.others[:FEW]], muted)
        for a, b in groups(1_000 + self.total // 4):
            yield self.others[a], self.others[AVERAGE + b], "mute"

    def notifications(self) -> Iterator[Row]:
        """All notifications: `told` has very many likes, which are read, few mentions, which are unread, and
        few follows."""
        likes = [(TOLD, person, LOUD_POST, "like", True) for person in self.others[: 3 * self.many]]
        few = self.others[:FEW]
        mentions = [(TOLD, person, LOUD_POST + 1, "mention", False) for person in few]
        follows = [(TOLD, person, None, "follow", True) for person in few]
        rows = spread(follows, list(spread(mentions, likes)))
        strangers = [
            (self.others[a], self.others[AVERAGE + b], LOUD_POST, "like", True)
            for a, b in groups(1_000 + self.total // 4)
        ]
        yield from spread(list(rows), strangers)


def scattered(count: int) -> Iterator[int]:
    """The numbers below `count`, 0 first, with neighbours far apart."""
    return (n * 7919 % count for n in range(count))  # a prime number


def groups(total: int) -> Iterator[tuple[int, int]]:
    """This many pairs of numbers, each number with AVERAGE others."""
    for n in range(total):
        yield n // AVERAGE, n // AVERAGE**2 * AVERAGE + n % AVERAGE


def both_ways(person: int, others: Iterable[int]) -> list[Row]:
    """Follows in both directions between the user and all of the others."""
    return [pair for other in others for pair in ((person, other), (other, person))]


def spread(few: list[Row], many: list[Row]) -> Iterator[Row]:
    """All rows, with the few spread evenly among the many."""
    step = len(many) // len(few)
    for number, row in enumerate(few):
        yield row
        yield from many[number * step : (number + 1) * step]
    yield from many[len(few) * step :]


def fill(connection: Connection, rows: Rows) -> None:
    """Write the rows into the empty tables."""
    cursor: Any = connection.connection.cursor()
    if connection.dialect.name == "postgresql":
        fill_postgres(connection, cursor, rows)
        return
    for table, columns, values in rows.tables():
        marks = ", ".join("?" for _ in columns.split(","))
        cursor.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', values)  # noqa: S608


def fill_postgres(connection: Connection, cursor: Any, rows: Rows) -> None:
    """The same, leaving the tables as autovacuum would."""
    tables = [TABLES[name] for name, *_ in rows.tables()]
    # Foreign keys are checked once per table at the end, because checking row by row dominates the time.
    references = [key for table in tables for key in table.foreign_key_constraints]
    for reference in references:
        connection.execute(DropConstraint(reference))
    # All rows, because a sample would make statistics and plans vary between runs.
    cursor.execute("SET LOCAL default_statistics_target = 1000")
    for table, columns, values in rows.tables():
        file = StringIO()
        csv.writer(file).writerows(values)
        file.seek(0)
        # Rows that everybody sees, so that indexes can answer without them. VACUUM would leave out what is
        # newer than the oldest transaction of other tests. FREEZE wants a table that was just emptied.
        cursor.execute(f'TRUNCATE "{table}" CASCADE; ALTER TABLE "{table}" DISABLE TRIGGER USER')
        cursor.copy_expert(f'COPY "{table}" ({columns}) FROM STDIN (FORMAT csv, FREEZE)', file)
        cursor.execute(f'ANALYZE "{table}"; ALTER TABLE "{table}" ENABLE TRIGGER USER')
    for reference in references:
        # Not isolated: it would be missing from every table that later tests create.
        connection.execute(AddConstraint(reference, isolate_from_table=False))


@dataclass(eq=False)
class World:
    """A filled database with the application. All requests share one connection."""

    connection: Connection
    client: TestClient
    tokens: dict[str, str]
    sent: list[str] = field(default_factory=list)  # to PostgreSQL, word for word

    def get(self, path: str, reader: str) -> Response:
        """The response for a signed-in user, or for `nobody`."""
        token = self.tokens.get(reader)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with use_database(DatabaseInside(self.connection)):
            answer = self.client.get(path, headers=headers)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer

    def measure(self, path: str, reader: str) -> tuple[Response, int]:
        """The same with its cost: on PostgreSQL the number of pages and rows touched, on SQLite, whose driver
        does not report these, the steps of its virtual machine."""
        if self.connection.dialect.name == "postgresql":
            self.sent.clear()
            answer = self.get(path, reader)
            return answer, sum(
                self._explain(statement) for statement in filter(is_explained, list(self.sent))
            )
        driver: Any = self.connection.connection.driver_connection
        steps = count()
        driver.set_progress_handler(lambda: next(steps) < 0, 1)  # true would end the statement
        answer = self.get(path, reader)
        driver.set_progress_handler(None, 1)
        return answer, next(steps)

    def _explain(self, statement: str) -> int:
        """The plan of a statement; those prepared for the request still exist, planned as for the server."""
        cursor: Any = self.connection.connection.cursor()
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
        ((explained,),) = cursor.fetchall()
        pages, _ = read_plan(explained[0])
        return pages + count_rows(explained[0]["Plan"])

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Roll back everything done in the block."""
        with self.connection.begin() as transaction:
            yield
            transaction.rollback()


def count_rows(plan: dict[str, Any]) -> int:
    """The number of rows a plan reads from tables and indexes, including rows it filters out. Needed besides
    pages because an index-only scan reads very many rows from few pages."""
    kinds = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    own = sum(plan.get(kind, 0) for kind in kinds) * plan["Actual Loops"] if "Relation Name" in plan else 0
    return round(own) + sum(map(count_rows, plan.get("Plans", ())))


@contextmanager
def open_world(posts: int, folder: Path) -> Iterator[World]:
    """Create a world with this many posts, in a database of its own."""
    with empty_database(TEST_URI, folder) as uri:
        db = DatabaseSettings.model_validate({**settings.db.model_dump(), "uri": uri})
        migrate(uri)
        engine = make_engine(db)
        with engine.execution_options(writes=True).connect() as connection:
            with connection.begin():
                fill(connection, Rows(posts))
            yield make_world(connection)
        engine.dispose()


def make_world(connection: Connection) -> World:
    """The world of a filled database: the application and the signed-in users."""
    app = create_app()
    with Session(connection) as session:
        people = [session.get_one(User, person) for person in SIGNED_IN]
        tokens = {person.username: make_session(session, person).access_token for person in people}
    world = World(connection, Client(app), tokens)
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        driver.cursor_factory = recording_cursor(world.sent)
    return world


def recording_cursor(sent: list[str]) -> type[Any]:
    """A cursor of psycopg2 that adds what it sends to a list, values included, whoever uses it."""

    class Recording(extensions.cursor):  # type: ignore[misc]  # it has no types
        def execute(self, *statement: Any) -> None:
            super().execute(*statement)
            sent.append(self.query.decode())

    return Recording
