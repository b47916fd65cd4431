"""Compares fan-out on write with the home timelines of Pamps: `python -m benchmarks.fan_out POSTGRES_URI`.

The database has to be filled by `pamps demo`. A table of inboxes is added: a row for each follower of each
post, limited to the newest per user. That table is dropped at the end; everything else is rolled back.

The simplifications favour fan-out: inboxes have no foreign keys, old rows are not removed, there is no
vacuum, and by the median run everything is in memory. ADR 0008 draws the conclusions.
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from math import inf
from statistics import fmean
from typing import TYPE_CHECKING, Any

import psycopg2
import sqlalchemy as sa

from benchmarks.growth import read_plan
from benchmarks.heavy import spread
from benchmarks.progress import say
from benchmarks.server import environment
from benchmarks.tables import table
from benchmarks.wrk import LoadFailed

if TYPE_CHECKING:
    from pamps.db.prepared import Statement

RUNS = 15
SAMPLE = 100  # users, for the mean of all users
ROWS = 21  # read for a page of 20
FAR_PAGE, SKIPPED = 39, 760  # the last page that an inbox of 800 holds, and the rows before it
FEW, SOME, MANY = 20, 200, 2_000  # followed users
FOLLOWERS = (10, 100, 1_000, 10**9)  # of authors; those closest to these numbers are used
HEAD = ("", "rows", "on read: ms", "pages", "fan-out: ms", "pages", "KB", "break-even")

MAKE = "DROP TABLE IF EXISTS bench_inbox; CREATE TABLE bench_inbox (user_id bigint, post_id bigint)"
FILL = """INSERT INTO bench_inbox SELECT reader.id, newest.id FROM "user" reader CROSS JOIN LATERAL (
    SELECT theirs.id FROM social CROSS JOIN LATERAL (
        SELECT id FROM post WHERE user_id = followed_id AND NOT deleted ORDER BY id DESC LIMIT 800) theirs
    WHERE follower_id = reader.id ORDER BY theirs.id DESC LIMIT 800) newest
    WHERE reader.id BETWEEN %(first)s AND %(last)s"""
FOLLOW_INSTEAD = """DELETE FROM social WHERE follower_id = %(viewer)s;
    INSERT INTO social (follower_id, followed_id, date) SELECT %(viewer)s, unnest(%(people)s), now();
    DELETE FROM bench_inbox WHERE user_id = %(viewer)s"""
FAR = "SELECT post_id FROM bench_inbox WHERE user_id = %s ORDER BY post_id DESC OFFSET %s LIMIT 1"
DORMANT = "SELECT user_id FROM post WHERE NOT deleted GROUP BY user_id HAVING count(*) >= 21 ORDER BY max(id)"
CLOSEST = 'SELECT id, {0} FROM "user" ORDER BY abs({0} - %s), id LIMIT 1'
BUSIEST = """SELECT id, posts FROM "user" writer WHERE id <> %(viewer)s AND %(followed)s = EXISTS (SELECT
    FROM social WHERE follower_id = %(viewer)s AND followed_id = writer.id) ORDER BY posts DESC LIMIT 1"""
EVERYTHING = 'SELECT sum(followers), count(*) FROM post JOIN "user" u ON user_id = u.id WHERE NOT deleted'
# The writes that fan-out requires in addition to those of Pamps.
WRITE = "INSERT INTO bench_inbox SELECT follower_id, %(post)s FROM social WHERE followed_id = %(user)s"
DELETE = """DELETE FROM bench_inbox WHERE post_id = %(post)s
    AND user_id IN (SELECT follower_id FROM social WHERE followed_id = %(user)s)"""
FOLLOW = """INSERT INTO bench_inbox SELECT %(viewer)s, id FROM post WHERE user_id = %(user)s AND NOT deleted
    ORDER BY id DESC LIMIT 800 ON CONFLICT DO NOTHING"""
UNFOLLOW = """DELETE FROM bench_inbox WHERE user_id = %(viewer)s AND post_id IN (SELECT id FROM post
    WHERE user_id = %(user)s AND id >= (SELECT min(post_id) FROM bench_inbox WHERE user_id = %(viewer)s))"""


@dataclass(frozen=True)
class Cost:
    """Milliseconds in the database, pages touched, rows, and bytes in the WAL or on disk."""

    ms: float
    pages: int
    rows: int
    size: int = 0


@dataclass(frozen=True)
class Line:
    """An operation in both designs. For writes, the cost of fan-out is additional."""

    title: str
    on_read: Cost | None
    fan_out: Cost
    followers: int = 0  # who receive the post

    @property
    def is_read(self) -> bool:
        """Whether the operation is a read, which fan-out makes cheaper."""
        return self.on_read is not None and not self.followers


def break_even(line: Line, ms_of_post: float) -> float:
    """The number of page reads per written post at which both designs cost the database the same."""
    saved = line.on_read.ms - line.fan_out.ms if line.on_read else 0.0
    return ms_of_post / saved if saved > 0 else inf


def ms_of_follower(lines: Sequence[Line]) -> float:
    """The cost of fan-out in milliseconds per follower of a post."""
    posts = [line for line in lines if line.followers]
    return sum(line.fan_out.ms for line in posts) / sum(line.followers for line in posts)


def mean(costs: Sequence[Cost]) -> Cost:
    """The mean cost of several reads."""
    return Cost(fmean(cost.ms for cost in costs), round(fmean(cost.pages for cost in costs)), costs[0].rows)


def write_line(line: Line, ms_of_post: float) -> list[str]:
    """The cells of an operation."""
    cost, plus = line.fan_out, "" if line.is_read else "+"
    on_read = [f"{line.on_read.ms:,.2f}", f"{line.on_read.pages:,}"] if line.on_read else ["", ""]
    size = f"{cost.size / 1024:,.0f}" if cost.size else ""
    reads = f"{break_even(line, ms_of_post):,.1f}" if line.is_read else ""
    fan_out = [f"{plus}{cost.ms:,.2f}", f"{plus}{cost.pages:,}", size]
    return [line.title, f"{cost.rows:,}", *on_read, *fan_out, reads]


def conclude(lines: Sequence[Line], rows: int, posts: int) -> str:
    """The table and its legend. `rows` is the number of rows that unbounded inboxes would have."""
    followers, us = rows / posts, 1000 * ms_of_follower(lines)
    of_post = followers * us / 1000
    return f"""{table(HEAD, (write_line(line, of_post) for line in lines))}

+: in addition to the cost of Pamps. A post has {followers:,.0f} followers on average; at {us:.1f} us
each, fan-out takes {of_post:.2f} ms. Break-even: reads of such a page per written post at which both
designs cost the same. Unbounded inboxes would have {rows:,} rows."""


class Database:
    """A connection to a demo. Measured statements are rolled back."""

    def __init__(self, connection: Any) -> None:
        connection.autocommit = True
        self._cursor = connection.cursor()
        self._prepared: dict[str, str] = {}
        self.fetch("SET plan_cache_mode = force_generic_plan")  # as in Pamps

    def fetch(self, statement: str, values: object = None) -> list[Any]:
        """The rows of a statement; empty if it returns none."""
        self._cursor.execute(statement, values)
        return list(self._cursor.fetchall()) if self._cursor.description else []

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Roll back the writes of the block, within the current transaction."""
        self.fetch("SAVEPOINT undone")
        yield
        self.fetch("ROLLBACK TO undone; RELEASE undone")

    def cost(self, statement: str, *rounds: dict[str, Any]) -> Cost:
        """The median cost of the statement with these parameters, prepared as in Pamps."""
        if statement not in self._prepared:
            name = self._prepared[statement] = f"fan_out_{len(self._prepared)}"
            numbered = {key: f"${number}" for number, key in enumerate(rounds[0], 1)}
            self.fetch(f"PREPARE {name} AS {statement % numbered}")
        places = ", ".join(f"%({key})s" for key in rounds[0])
        call = f"EXECUTE {self._prepared[statement]}" + (f"({places})" if places else "")
        costs = sorted((self._explain(call, values) for values in rounds), key=lambda cost: cost.ms)
        return costs[len(costs) // 2]

    def _explain(self, call: str, values: dict[str, Any]) -> Cost:
        # Timing every row would take longer than many of the rows.
        explain = f"EXPLAIN (ANALYZE, TIMING OFF, BUFFERS, WAL, FORMAT JSON) {call}"
        with self.undone():
            [([explained],)] = self.fetch(explain, values)
        pages, ms = read_plan(explained)
        plan = explained["Plan"]
        source = plan["Plans"][-1] if plan["Node Type"] == "ModifyTable" else plan
        return Cost(ms, pages, int(source["Actual Rows"]), plan["WAL Bytes"])


def main() -> None:
    """Print the comparison."""
    os.environ.update(environment(sys.argv[1]))
    print(f"\n{compare(sys.argv[1])}")


def compare(uri: str) -> str:
    """The comparison for this demo, as formatted by `conclude`. Pamps must be configured for PostgreSQL."""
    with closing(psycopg2.connect(uri)) as connection:
        database = Database(connection)
        try:
            filled = fill(database)
            database.fetch("BEGIN")
            lines = [*measure_reading(database), *measure_writing(database), filled]
        finally:
            database.fetch("ROLLBACK")
            database.fetch("DROP TABLE IF EXISTS bench_inbox")
        [(rows, posts)] = database.fetch(EVERYTHING)
    return conclude(lines, int(rows), posts)


def fill(database: Database) -> Line:
    """Create and fill the inboxes; returns their size."""
    say("Filling the inboxes of all users")
    started = time.monotonic()
    database.fetch(MAKE)
    database.fetch(FILL, {"first": 0, "last": 2**62})
    database.fetch("ALTER TABLE bench_inbox ADD PRIMARY KEY (user_id, post_id)")
    took = time.monotonic() - started
    database.fetch("VACUUM ANALYZE bench_inbox")
    [(rows, size)] = database.fetch("SELECT count(*), pg_total_relation_size('bench_inbox') FROM bench_inbox")
    return Line("all inboxes of 800 posts", None, Cost(took * 1000, size // 8192, rows, size))


def measure_reading(database: Database) -> Iterator[Line]:
    """The first page of a sample, and two pages of users who follow few, some, many, or dormant accounts."""
    say("Reading timelines")
    people = [person for (person,) in database.fetch('SELECT id FROM "user" ORDER BY id')]
    sample = [people[number - 1] for number in spread(len(people), SAMPLE)]
    lines = [measure_page(database, f"page 1, mean of {len(sample)} people", person) for person in sample]
    on_read = mean([line.on_read for line in lines if line.on_read])
    yield replace(lines[0], on_read=on_read, fan_out=mean([line.fan_out for line in lines]))
    for wanted in (FEW, SOME):
        [(person, following)] = database.fetch(CLOSEST.format("following"), [wanted])
        yield from measure_pages(database, f"{following} followed", person)
    viewer = people.pop()
    many = [people[number - 1] for number in spread(len(people), MANY)]
    dormant = [person for (person,) in database.fetch(DORMANT) if person != viewer]
    for kind, followed in ("", many), ("dormant ", dormant[:SOME]), ("dormant ", dormant[:MANY]):
        with database.undone():
            database.fetch(FOLLOW_INSTEAD, {"viewer": viewer, "people": followed})
            database.fetch(FILL, {"first": viewer, "last": viewer})
            yield from measure_pages(database, f"{len(followed):,} {kind}followed", viewer)


def measure_pages(database: Database, title: str, viewer: int) -> Iterator[Line]:
    """The first page, and the far page if it exists."""
    yield measure_page(database, f"page 1, {title}", viewer)
    for (last,) in database.fetch(FAR, [viewer, SKIPPED - 1]):
        yield measure_page(database, f"page {FAR_PAGE}, {title}", viewer, before=last)


def measure_page(database: Database, title: str, viewer: int, **bound: int) -> Line:
    """A page in both designs; raises LoadFailed if their rows differ."""
    latest, *others, received = page_statements(*bound)
    values = {"viewer": viewer, **bound}
    found, cost = ask(database, latest, values)
    costs = [cost]
    if len(found) < ROWS:
        for statement in others:
            found, cost = ask(database, statement, values)
            costs.append(cost)
    inbox, fan_out = ask(database, received, values)
    if found != inbox:
        raise LoadFailed(f"The inbox of user {viewer} has another {title}")
    on_read = replace(costs[-1], ms=sum(cost.ms for cost in costs), pages=sum(cost.pages for cost in costs))
    return Line(title, on_read, fan_out)


def ask(database: Database, statement: "Statement", values: dict[str, int]) -> tuple[list[Any], Cost]:
    """The ids that a statement finds, and its cost."""
    sent = statement.values({name: value for name, value in values.items() if name in statement.names})
    return database.fetch(statement.text, sent), database.cost(statement.text, *[sent] * RUNS)


@cache
def page_statements(*bounds: str) -> "tuple[Statement, ...]":
    """The statements of Pamps for a page, of which all but the first run only if the first did not fill it;
    and the one that reads the inboxes."""
    # Imported here, because the settings name the database only now.
    from pamps.db.prepared import Statement
    from pamps.db.window import WindowShape
    from pamps.models.post import Post
    from pamps.queries.clauses import VIEWER
    from pamps.queries.post import select_posts
    from pamps.queries.timeline import TimelineOptions, select_beyond, select_gathered, select_latest

    shape = WindowShape("before" in bounds, after=False, descending=True, rows=ROWS)
    inbox = sa.table("bench_inbox", sa.column("user_id", sa.BigInteger), sa.column("post_id", sa.BigInteger))
    received = sa.select(inbox.c.post_id).where(inbox.c.user_id == VIEWER)
    ids = shape.of(received, inbox.c.post_id).subquery()
    posts = shape.sort(select_posts(True).join(ids, ids.c.post_id == Post.id), Post.id)
    options = TimelineOptions(include_replies=True, include_own=False)
    own = (build(shape, options) for build in (select_latest, select_beyond, select_gathered))
    return *own, Statement(posts)


def measure_writing(database: Database) -> Iterator[Line]:
    """Posts, a deletion, and follows."""
    say("Writing posts, following")
    [(newest,)] = database.fetch("SELECT max(id) FROM post")
    authors = [database.fetch(CLOSEST.format("followers"), [wanted])[0] for wanted in FOLLOWERS]
    for author, followers in dict.fromkeys(authors):
        rounds = [{"post": newest + number, "user": author} for number in range(1, RUNS + 1)]
        today, more = cost_of_post(database, author), database.cost(WRITE, *rounds)
        yield Line(f"post to {followers:,} followers", today, more, followers)
    [(post,)] = database.fetch("SELECT max(id) FROM post WHERE user_id = %s AND NOT deleted", [author])
    deletion = database.cost(DELETE, *[{"post": post, "user": author}] * RUNS)
    yield Line("deletion of their newest one", None, deletion)
    [(viewer, _)] = database.fetch(CLOSEST.format("following"), [FEW])
    for title, statement, followed in ("follow", FOLLOW, False), ("unfollow", UNFOLLOW, True):
        [(author, posts)] = database.fetch(BUSIEST, {"viewer": viewer, "followed": followed})
        cost = database.cost(statement, *[{"viewer": viewer, "user": author}] * RUNS)
        yield Line(f"{title} somebody with {posts:,} posts", None, cost)


def cost_of_post(database: Database, author: int) -> Cost:
    """The cost of a new post in Pamps: inserting and counting it."""
    from pamps.services.post import _count_post, _insert

    written = {"wrote": "x" * 100, "now": datetime.now(UTC), "user": author, "parent": None}
    insert = database.cost(_insert().text, *[_insert().values(written)] * RUNS)
    count = database.cost(_count_post().text, *[_count_post().values({"user": author})] * RUNS)
    return Cost(insert.ms + count.ms, insert.pages + count.pages, 1)


if __name__ == "__main__":
    main()
