"""Home timelines by fan-out on write, beside those of Pamps: `python -m benchmarks.fan_out POSTGRES_URI`.

The database is one that `pamps demo` has filled. It gets a table of inboxes: a row for each follower of each
post, of which everybody keeps the newest. That table is dropped at the end; all else is rolled back.

What is left out is in favour of fan-out: the inboxes have no foreign keys, nobody takes out of them what is
old, there is no vacuum, and by the middle run everything is in memory. ADR 0008 says what follows.
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
SAMPLE = 100  # people, for the mean of everybody
ROWS = 21  # that a page of 20 reads
FAR_PAGE, SKIPPED = 39, 760  # the last page that an inbox of 800 holds, and the rows before it
FEW, SOME, MANY = 20, 200, 2_000  # people whom somebody follows
FOLLOWERS = (10, 100, 1_000, 10**9)  # of authors, or as near to it as anybody comes
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
# What fan-out has to do besides what Pamps does anyway.
WRITE = "INSERT INTO bench_inbox SELECT follower_id, %(post)s FROM social WHERE followed_id = %(user)s"
DELETE = """DELETE FROM bench_inbox WHERE post_id = %(post)s
    AND user_id IN (SELECT follower_id FROM social WHERE followed_id = %(user)s)"""
FOLLOW = """INSERT INTO bench_inbox SELECT %(viewer)s, id FROM post WHERE user_id = %(user)s AND NOT deleted
    ORDER BY id DESC LIMIT 800 ON CONFLICT DO NOTHING"""
UNFOLLOW = """DELETE FROM bench_inbox WHERE user_id = %(viewer)s AND post_id IN (SELECT id FROM post
    WHERE user_id = %(user)s AND id >= (SELECT min(post_id) FROM bench_inbox WHERE user_id = %(viewer)s))"""


@dataclass(frozen=True)
class Cost:
    """Milliseconds in the database, pages touched, rows, and bytes in the log or on the disk."""

    ms: float
    pages: int
    rows: int
    size: int = 0


@dataclass(frozen=True)
class Line:
    """Something that is done both ways. Whatever is no read costs with fan-out so much more."""

    title: str
    on_read: Cost | None
    fan_out: Cost
    followers: int = 0  # to whom a post goes

    @property
    def is_read(self) -> bool:
        """Whether it is what fan-out makes cheaper."""
        return self.on_read is not None and not self.followers


def break_even(line: Line, ms_of_post: float) -> float:
    """How often a page is read for each post that is written when both ways cost the database the same."""
    saved = line.on_read.ms - line.fan_out.ms if line.on_read else 0.0
    return ms_of_post / saved if saved > 0 else inf


def ms_of_follower(lines: Sequence[Line]) -> float:
    """What fan-out costs for each follower of a post."""
    posts = [line for line in lines if line.followers]
    return sum(line.fan_out.ms for line in posts) / sum(line.followers for line in posts)


def mean(costs: Sequence[Cost]) -> Cost:
    """Of several reads."""
    return Cost(fmean(cost.ms for cost in costs), round(fmean(cost.pages for cost in costs)), costs[0].rows)


def write_line(line: Line, ms_of_post: float) -> list[str]:
    """The cells of something that is done."""
    cost, plus = line.fan_out, "" if line.is_read else "+"
    on_read = [f"{line.on_read.ms:,.2f}", f"{line.on_read.pages:,}"] if line.on_read else ["", ""]
    size = f"{cost.size / 1024:,.0f}" if cost.size else ""
    reads = f"{break_even(line, ms_of_post):,.1f}" if line.is_read else ""
    fan_out = [f"{plus}{cost.ms:,.2f}", f"{plus}{cost.pages:,}", size]
    return [line.title, f"{cost.rows:,}", *on_read, *fan_out, reads]


def conclude(lines: Sequence[Line], rows: int, posts: int) -> str:
    """The table and its legend, given how many rows all the posts would be in inboxes without a bound."""
    followers, us = rows / posts, 1000 * ms_of_follower(lines)
    of_post = followers * us / 1000
    return f"""{table(HEAD, (write_line(line, of_post) for line in lines))}

+: on top of what Pamps does anyway. A post has {followers:,.0f} followers on average; at {us:.1f} us
for each, that is {of_post:.2f} ms to fan it out. Break-even: so many reads of such a page for each
post that is written. Inboxes without a bound would have {rows:,} rows."""


class Database:
    """A connection to a demo. What is measured leaves no trace."""

    def __init__(self, connection: Any) -> None:
        connection.autocommit = True
        self._cursor = connection.cursor()
        self._prepared: dict[str, str] = {}
        self.fetch("SET plan_cache_mode = force_generic_plan")  # as Pamps has it

    def fetch(self, statement: str, values: object = None) -> list[Any]:
        """The rows that a statement gives, if it gives any."""
        self._cursor.execute(statement, values)
        return list(self._cursor.fetchall()) if self._cursor.description else []

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Take back what the block does, in the transaction that has begun."""
        self.fetch("SAVEPOINT undone")
        yield
        self.fetch("ROLLBACK TO undone; RELEASE undone")

    def cost(self, statement: str, *rounds: dict[str, Any]) -> Cost:
        """The middle one of what the statement costs with these values, prepared as Pamps does."""
        if statement not in self._prepared:
            name = self._prepared[statement] = f"fan_out_{len(self._prepared)}"
            numbered = {key: f"${number}" for number, key in enumerate(rounds[0], 1)}
            self.fetch(f"PREPARE {name} AS {statement % numbered}")
        places = ", ".join(f"%({key})s" for key in rounds[0])
        call = f"EXECUTE {self._prepared[statement]}" + (f"({places})" if places else "")
        costs = sorted((self._explain(call, values) for values in rounds), key=lambda cost: cost.ms)
        return costs[len(costs) // 2]

    def _explain(self, call: str, values: dict[str, Any]) -> Cost:
        # To ask the clock at every row would take longer than many a row does.
        explain = f"EXPLAIN (ANALYZE, TIMING OFF, BUFFERS, WAL, FORMAT JSON) {call}"
        with self.undone():
            [([explained],)] = self.fetch(explain, values)
        pages, ms = read_plan(explained)
        plan = explained["Plan"]
        source = plan["Plans"][-1] if plan["Node Type"] == "ModifyTable" else plan
        return Cost(ms, pages, int(source["Actual Rows"]), plan["WAL Bytes"])


def main() -> None:
    """Print how both ways compare."""
    os.environ.update(environment(sys.argv[1]))
    print(f"\n{compare(sys.argv[1])}")


def compare(uri: str) -> str:
    """What `conclude` says of this demo. The settings of Pamps have to name a PostgreSQL."""
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
    """Make the inboxes."""
    say("Filling the inboxes of everybody")
    started = time.monotonic()
    database.fetch(MAKE)
    database.fetch(FILL, {"first": 0, "last": 2**62})
    database.fetch("ALTER TABLE bench_inbox ADD PRIMARY KEY (user_id, post_id)")
    took = time.monotonic() - started
    database.fetch("VACUUM ANALYZE bench_inbox")
    [(rows, size)] = database.fetch("SELECT count(*), pg_total_relation_size('bench_inbox') FROM bench_inbox")
    return Line("all inboxes of 800 posts", None, Cost(took * 1000, size // 8192, rows, size))


def measure_reading(database: Database) -> Iterator[Line]:
    """The first page of anybody, and two pages of those who follow few, some, many, or dormant accounts."""
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
    """The first page, and one far from it if there is one."""
    yield measure_page(database, f"page 1, {title}", viewer)
    for (last,) in database.fetch(FAR, [viewer, SKIPPED - 1]):
        yield measure_page(database, f"page {FAR_PAGE}, {title}", viewer, before=last)


def measure_page(database: Database, title: str, viewer: int, **bound: int) -> Line:
    """A page both ways; raises LoadFailed if they do not give the same."""
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
    """What a statement finds, and what that costs."""
    sent = statement.values({name: value for name, value in values.items() if name in statement.names})
    return database.fetch(statement.text, sent), database.cost(statement.text, *[sent] * RUNS)


@cache
def page_statements(*bounds: str) -> "tuple[Statement, ...]":
    """What Pamps asks for a page, of which all but the first are for a page that the first did not fill; and
    the same out of the inboxes."""
    # Only now, when the settings name the database.
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
    """Posts, a deletion, follows."""
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
    """What Pamps does when somebody writes: insert the post, count it."""
    from pamps.services.post import _count_post, _insert

    written = {"wrote": "x" * 100, "now": datetime.now(UTC), "user": author, "parent": None}
    insert = database.cost(_insert().text, *[_insert().values(written)] * RUNS)
    count = database.cost(_count_post().text, *[_count_post().values({"user": author})] * RUNS)
    return Cost(insert.ms + count.ms, insert.pages + count.pages, 1)


if __name__ == "__main__":
    main()
