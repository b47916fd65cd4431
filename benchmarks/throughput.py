"""Requests per second of each line, compared with the ceiling in the same round."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from benchmarks.lines import CEILING_LINE, CONSTANT_LINES, TARGETS, Line, read_lines, write_line
from benchmarks.notifications import add_notifications
from benchmarks.plan import Plan
from benchmarks.processor import spent, times_of_backends, times_of_session
from benchmarks.progress import say
from benchmarks.server import Server, running_bare, running_server
from benchmarks.subjects import Subjects, find_subjects, get
from benchmarks.wrk import CONNECTIONS, LoadFailed, Sample

BARE = "the bare application"
ONE, SQLITE, TWO = "PostgreSQL, one worker", "SQLite, one worker", "PostgreSQL, two workers"
SQLITE_TARGET = 0.95  # of PostgreSQL, for the same line
WORKERS_TARGET = 1.50  # of one worker, with two
WARM_UP = 2  # seconds of each line


@dataclass
class Series:
    """A line on one server, with a sample from each round. All figures are medians of the rounds."""

    server: str
    line: Line
    samples: list[Sample] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests per second."""
        return median(sample.rate for sample in self.samples)

    @property
    def p50(self) -> float:
        """Milliseconds within which half of the responses arrived."""
        return median(sample.p50 for sample in self.samples)

    @property
    def p99(self) -> float:
        """Milliseconds within which 99 of 100 responses arrived."""
        return median(sample.p99 for sample in self.samples)

    @property
    def server_ms(self) -> float | None:
        """Processor time of the server per request, or None if unknown."""
        return median_of_known([sample.server_ms for sample in self.samples])

    @property
    def postgres_ms(self) -> float | None:
        """Processor time of PostgreSQL per request, or None if it is not involved or unknown."""
        return median_of_known([sample.postgres_ms for sample in self.samples])

    def ratio(self, other: "Series") -> float:
        """The median of the ratios to the rate of another series in the same round."""
        pairs = zip(self.samples, other.samples, strict=True)
        return median(mine.rate / theirs.rate for mine, theirs in pairs)


def median_of_known(values: Sequence[float | None]) -> float | None:
    """None if no value is known."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


@dataclass(frozen=True)
class Row:
    """A row of a table. `ratio` is what the target applies to, if there is one."""

    series: Series
    of_ceiling: float
    judged_by: str = ""
    ratio: float = 0.0
    target: float = 0.0

    @property
    def reached(self) -> bool:
        """Whether the ratio reaches the target, both as the table shows them."""
        return round(self.ratio, 2) >= self.target


@dataclass(frozen=True)
class Phase:
    """What is measured in the same rounds: the ceiling, and lines of each server."""

    ceiling: Series
    lines: dict[str, list[Series]]

    @property
    def in_order(self) -> list[Series]:
        """The same line of all servers side by side, because they are compared."""
        names = list(TARGETS)
        every = [series for lines in self.lines.values() for series in lines]
        return [self.ceiling, *sorted(every, key=lambda series: names.index(series.line.name))]


@dataclass(frozen=True)
class Databases:
    """Copies of the same demo that may be changed."""

    postgres: str
    sqlite: str


Tables = dict[str, list[Row]]  # by server


def measure_throughput(databases: Databases, plan: Plan, folder: Path) -> Tables:
    """The rows of all tables."""
    with running_servers(databases, folder) as servers:
        subjects = find_subjects(servers[ONE])
        require_same(servers[ONE], servers[SQLITE], subjects)
        for name in (ONE, SQLITE):
            add_notifications(servers[name], subjects)
        reads = prepare(servers, lambda server: read_lines(server, subjects), CONSTANT_LINES)
        measure(servers, reads, plan)
        # After all reads, because new posts appear on the first page of the feed.
        writes = prepare(servers, lambda server: [write_line(server, subjects)])
        measure(servers, writes, plan)
    return judge([reads, writes])


@contextmanager
def running_servers(databases: Databases, folder: Path) -> Iterator[dict[str, Server]]:
    """All servers at once; a server without requests is idle."""
    with ExitStack() as stack:
        servers = {BARE: stack.enter_context(running_bare(folder / "bare"))}
        for name, uri, workers in (
            (ONE, databases.postgres, 1),
            (SQLITE, databases.sqlite, 1),
            (TWO, databases.postgres, 2),
        ):
            own = folder / name.replace(" ", "-")
            servers[name] = stack.enter_context(running_server(uri, own, workers=workers))
        yield servers


def require_same(one: Server, other: Server, subjects: Subjects) -> None:
    """Raise LoadFailed if the two databases differ, because then they cannot be compared."""
    for path in ("/post/", f"/post/{subjects.post}/thread/", f"/user/{subjects.reader}/"):
        with one.client() as client, other.client() as other_client:
            if get(client, path).json() != get(other_client, path).json():
                raise LoadFailed(f"{path} is not the same in the two databases. Try again with --fresh.")


def prepare(
    servers: dict[str, Server], lines: Callable[[Server], list[Line]], only_one: Sequence[Line] = ()
) -> Phase:
    """The lines for each server that has a database, and some for the first one alone."""
    return Phase(
        Series(BARE, CEILING_LINE),
        {
            name: [Series(name, line) for line in (*(only_one if name == ONE else ()), *lines(server))]
            for name, server in servers.items()
            if name != BARE
        },
    )


def measure(servers: dict[str, Server], phase: Phase, plan: Plan) -> None:
    """Warm everything up, then measure round by round, every second round in reverse order."""
    order = phase.in_order
    for series in order:
        servers[series.server].load(series.line.requests, seconds=WARM_UP, connections=CONNECTIONS)
    for number in range(plan.rounds):
        say(f"Throughput, round {number + 1} of {plan.rounds}: {len(order)} x {plan.seconds} s")
        for series in order if number % 2 == 0 else reversed(order):
            series.samples.append(take_sample(servers[series.server], series.line, plan.seconds))


def take_sample(server: Server, line: Line, seconds: int) -> Sample:
    """Rate and processor time of a line."""
    server_before, postgres_before = times_of_session(server.process.pid), times_of_backends(server.uri)
    sample = server.load(line.requests, seconds=seconds, connections=CONNECTIONS)
    server_spent = spent(server_before, times_of_session(server.process.pid))
    postgres_spent = spent(postgres_before, times_of_backends(server.uri))
    return replace(
        sample,
        server_ms=per_request(server_spent, sample),
        postgres_ms=per_request(postgres_spent, sample),
    )


def per_request(seconds: float | None, sample: Sample) -> float | None:
    """Milliseconds, if the seconds are known."""
    return None if seconds is None else 1000 * seconds / sample.requests


def judge(phases: Sequence[Phase]) -> Tables:
    """One worker on PostgreSQL by the ceiling; SQLite and two workers by that one."""
    ceiling = Row(phases[0].ceiling, 1.0)
    return {
        ONE: [ceiling, *(row for phase in phases for row in judge_one(phase))],
        SQLITE: [row for phase in phases for row in judge_other(SQLITE, phase, "PostgreSQL", SQLITE_TARGET)],
        TWO: [row for phase in phases for row in judge_other(TWO, phase, "one worker", WORKERS_TARGET)],
    }


def judge_one(phase: Phase) -> Iterator[Row]:
    """The rows of one worker on PostgreSQL."""
    for series in phase.lines[ONE]:
        ratio = series.ratio(phase.ceiling)
        yield Row(series, ratio, "the ceiling", ratio, TARGETS[series.line.name])


def judge_other(name: str, phase: Phase, judged_by: str, target: float) -> Iterator[Row]:
    """The rows of another server, compared line by line with one worker on PostgreSQL."""
    first = {series.line.name: series for series in phase.lines[ONE]}
    for series in phase.lines[name]:
        ratio = series.ratio(first[series.line.name])
        yield Row(series, series.ratio(phase.ceiling), judged_by, ratio, target)
