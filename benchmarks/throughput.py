"""How many requests a second: each route beside the ceiling of the same process, in the same round."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.plan import Plan
from benchmarks.progress import say
from benchmarks.server import Server, running_server
from benchmarks.subjects import Subjects, find_subjects, get
from benchmarks.wrk import CONNECTIONS, LoadFailed, Request, Sample

CEILING, FEED, HOME, POST, WRITE = "ceiling", "feed", "home", "post", "write"
HOME_PATH = "/user/timeline/"
READS = (FEED, HOME, POST)
# The least part of the ceiling, with one worker on PostgreSQL.
TARGETS = {FEED: 0.50, HOME: 0.40, POST: 0.50, WRITE: 0.25}
SQLITE_TARGET = 1.00  # of PostgreSQL, for the same read
WORKERS_TARGET = 1.50  # of one worker, with two
TEXT = "We met at the market this morning and talked about the harvest, number {}. #market"


@dataclass
class Series:
    """A route of a server, and a sample of each round."""

    server: str
    work: str
    title: str
    requests: list[Request]
    samples: list[Sample] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests a second, the median of the rounds; likewise the milliseconds."""
        return median(sample.rate for sample in self.samples)

    @property
    def p50(self) -> float:
        """Milliseconds in which half of the answers came."""
        return median(sample.p50 for sample in self.samples)

    @property
    def p99(self) -> float:
        """Milliseconds in which all answers came but one of a hundred."""
        return median(sample.p99 for sample in self.samples)

    def ratio(self, other: "Series") -> float:
        """The rate beside that of another series, round by round; the median."""
        pairs = zip(self.samples, other.samples, strict=True)
        return median(mine.rate / theirs.rate for mine, theirs in pairs)


@dataclass(frozen=True)
class Row:
    """A line of the table: a series, its part of the ceiling, and what it is judged by, if it is."""

    series: Series
    of_ceiling: float
    judged_by: str = ""
    ratio: float = 0.0
    target: float = 0.0

    @property
    def reached(self) -> bool:
        """Whether the target is reached, by the figures as they are shown."""
        return round(self.ratio, 2) >= self.target


@dataclass(frozen=True)
class Databases:
    """Copies of the same demo, to be written to."""

    postgres: str
    sqlite: str


ONE, TWO, SQLITE = "PostgreSQL, one worker", "PostgreSQL, two workers", "SQLite, one worker"


def measure_throughput(databases: Databases, plan: Plan, folder: Path) -> list[Row]:
    """The whole table."""
    with running_servers(databases, folder) as servers:
        subjects = find_subjects(servers[ONE])
        require_same(servers[ONE], servers[SQLITE], subjects)
        reads = {name: prepare_reads(name, server, subjects) for name, server in servers.items()}
        measure(servers, [series for group in reads.values() for series in group.values()], plan)
        # After all reads: what is written here would stand on the first page of the feed.
        writes = prepare_writes(ONE, servers[ONE], subjects)
        measure(servers, list(writes.values()), plan)
    return [*judge_one(reads[ONE], writes), *judge_others(SQLITE, reads), *judge_others(TWO, reads)]


@contextmanager
def running_servers(databases: Databases, folder: Path) -> Iterator[dict[str, Server]]:
    """All servers; who is not asked does nothing."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(running_server(uri, folder / name.replace(" ", "-"), workers=workers))
            for name, uri, workers in (
                (ONE, databases.postgres, 1),
                (SQLITE, databases.sqlite, 1),
                (TWO, databases.postgres, 2),
            )
        }


def require_same(one: Server, other: Server, subjects: Subjects) -> None:
    """Raise LoadFailed if the databases do not hold the same, which would make comparing them worthless."""
    for path in ("/post/", f"/post/{subjects.post}/", f"/user/{subjects.reader}/"):
        with one.client() as client, other.client() as other_client:
            if get(client, path).json() != get(other_client, path).json():
                raise LoadFailed(f"{path} is not the same in the two databases. Try again with --fresh.")


def prepare_reads(name: str, server: Server, subjects: Subjects) -> dict[str, Series]:
    """The ceiling and the reads of a server."""
    token = server.log_in(subjects.reader)
    works = (
        (CEILING, "The ceiling", Request("GET", "/ceiling/")),
        (FEED, "`GET /post/`, 20 posts", Request("GET", "/post/")),
        (HOME, f"`GET /user/timeline/`, {subjects.followed} followed", Request("GET", HOME_PATH, token)),
        (POST, f"`GET /post/{{id}}/`, {subjects.replies} replies", Request("GET", f"/post/{subjects.post}/")),
    )
    return {work: Series(name, work, title, [request]) for work, title, request in works}


def prepare_writes(name: str, server: Server, subjects: Subjects) -> dict[str, Series]:
    """The ceiling once more, and posting by several people: one alone would queue for their own account."""
    tokens = [server.log_in(writer) for writer in subjects.writers]
    posts = [
        Request("POST", "/post/", tokens[number % len(tokens)], f'{{"text": "{TEXT.format(number)}"}}')
        for number in range(10 * len(tokens))
    ]
    return {
        CEILING: Series(name, CEILING, "The ceiling", [Request("GET", "/ceiling/")]),
        WRITE: Series(name, WRITE, "`POST /post/`", posts),
    }


def measure(servers: dict[str, Server], series: Sequence[Series], plan: Plan) -> None:
    """Warm everything up, then measure it round by round, every other round backwards."""
    for one in series:
        servers[one.server].load(one.requests, seconds=1, connections=CONNECTIONS)
    for number in range(plan.rounds):
        say(f"Throughput, round {number + 1} of {plan.rounds}: {len(series)} x {plan.seconds} s")
        for one in series if number % 2 == 0 else reversed(series):
            server = servers[one.server]
            one.samples.append(server.load(one.requests, seconds=plan.seconds, connections=CONNECTIONS))


def judge_one(reads: dict[str, Series], writes: dict[str, Series]) -> list[Row]:
    """One worker on PostgreSQL, by its ceiling."""
    rows = [Row(reads[CEILING], 1.0)]
    for work, target in TARGETS.items():
        group = writes if work == WRITE else reads
        ratio = group[work].ratio(group[CEILING])
        rows.append(Row(group[work], ratio, "the ceiling", ratio, target))
    return rows


def judge_others(name: str, reads: dict[str, dict[str, Series]]) -> list[Row]:
    """SQLite, or two workers, by one worker on PostgreSQL."""
    own, first = reads[name], reads[ONE]
    judge, target = ("PostgreSQL", SQLITE_TARGET) if name == SQLITE else ("one worker", WORKERS_TARGET)
    return [
        Row(own[CEILING], 1.0),
        *(Row(own[w], own[w].ratio(own[CEILING]), judge, own[w].ratio(first[w]), target) for w in READS),
    ]
