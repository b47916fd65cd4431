"""The cost of lists in databases of different sizes: time, and pages that PostgreSQL touches."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.lists import LISTS, Place, find_places, find_unknown_lists
from benchmarks.plan import Plan
from benchmarks.postgres import Postgres
from benchmarks.progress import say
from benchmarks.server import Server, running_server
from benchmarks.statements import capture
from benchmarks.wrk import LoadFailed, Request

TARGET = 1.5  # times the cost in the smallest database
EXPLAINED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "EXECUTE")
IGNORED = ("PREPARE", "SET", "SHOW", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
REPEATS = 3


@dataclass
class Cost:
    """The cost of a request: milliseconds until the response, milliseconds in the database, pages touched."""

    times: list[float] = field(default_factory=list)
    database_ms: float = 0.0
    pages: int = 0

    @property
    def ms(self) -> float:
        """The median over the rounds, each of which is a median."""
        return median(self.times)


@dataclass
class Curve:
    """The cost of a page of a list in every database, by number of posts."""

    title: str
    page: int
    rows: int
    costs: dict[int, Cost]

    @property
    def time_ratio(self) -> float:
        """The time in the largest database divided by that in the smallest."""
        return self._ratio(lambda cost: cost.ms)

    @property
    def page_ratio(self) -> float:
        """The pages touched in the largest database divided by those in the smallest."""
        return self._ratio(lambda cost: float(cost.pages))

    @property
    def reached(self) -> bool:
        """Whether both ratios meet the target, as rounded in the table."""
        return round(self.time_ratio, 2) <= TARGET and round(self.page_ratio, 2) <= TARGET

    def _ratio(self, figure: Callable[[Cost], float]) -> float:
        costs = [self.costs[size] for size in sorted(self.costs)]
        return figure(costs[-1]) / figure(costs[0])


@dataclass(frozen=True)
class Growth:
    """All curves, and the lists of the API that benchmarks/lists.py does not know."""

    curves: list[Curve]
    unknown: list[str]


def measure_growth(postgres: Postgres, databases: dict[int, str], plan: Plan, folder: Path) -> Growth:
    """Measure every list in every database; `databases` has their names by number of posts."""
    with running_servers(postgres, databases, folder) as servers:
        say(f"Growth: looking for the first page and page {plan.far_page} of {len(LISTS)} lists")
        places = find_places(servers, plan)
        unknown = find_unknown_lists(next(iter(servers.values())))
        curves = [
            Curve(found[0].title, found[0].page, found[0].rows, {size: Cost() for size in servers})
            for found in zip(*places.values(), strict=True)
        ]
        measure_times(servers, places, curves, plan)
    for size, database in databases.items():
        say(f"Growth: pages touched with {size:,} posts")
        explain_all(postgres, database, places[size], [curve.costs[size] for curve in curves], folder)
    return Growth(curves, unknown)


@contextmanager
def running_servers(
    postgres: Postgres, databases: dict[int, str], folder: Path
) -> Iterator[dict[int, Server]]:
    """One server with one worker per database."""
    with ExitStack() as stack:
        yield {
            size: stack.enter_context(running_server(postgres.uri(name), folder / f"growth-{size}"))
            for size, name in databases.items()
        }


def measure_times(
    servers: dict[int, Server], places: dict[int, list[Place]], curves: list[Curve], plan: Plan
) -> None:
    """One connection, one second per page, list and database in turn, after warming everything up."""
    for number in range(-1, plan.growth_rounds):
        if number >= 0:
            say(f"Growth, round {number + 1} of {plan.growth_rounds}: {len(curves)} x {len(servers)} x 1 s")
        for index, curve in enumerate(curves):
            for size, server in servers.items():
                place = places[size][index]
                request = Request("GET", place.path, place.token)
                if number < 0:
                    server.warm(request)
                else:
                    curve.costs[size].times.append(server.load([request], seconds=1, connections=1).p50)


def explain_all(
    postgres: Postgres, database: str, places: list[Place], costs: list[Cost], folder: Path
) -> None:
    """Record the cost of the requests in the database."""
    uri = postgres.uri(database)
    statements = capture(uri, [(place.path, place.token) for place in places], folder)
    with closing(postgres.connect(database)) as connection:
        connection.autocommit = False
        for place, sent, cost in zip(places, statements, costs, strict=True):
            if not sent:
                raise LoadFailed(f"GET {place.path} sent no statements to the database")
            prepare_all(connection, sent)
            plans = [explain(connection, statement) for statement in sent if is_explained(statement)]
            cost.pages = sum(pages for pages, _ in plans)
            cost.database_ms = sum(ms for _, ms in plans)


def prepare_all(connection: Any, statements: list[str]) -> None:
    """Prepare the statements that the request prepared, so that they are planned as on the server."""
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL; SET plan_cache_mode = force_generic_plan")
        for statement in statements:
            if statement.startswith("PREPARE"):
                cursor.execute(statement)
    connection.commit()


def is_explained(statement: str) -> bool:
    """Whether a statement reads or writes rows; raises LoadFailed for an unknown kind of statement."""
    verb = statement.lstrip("( \n").split(None, 1)[0].upper().rstrip(";")
    if verb not in EXPLAINED + IGNORED:
        raise LoadFailed(f"Unknown kind of statement: {statement}")
    return verb in EXPLAINED


def explain(connection: Any, statement: str) -> tuple[int, float]:
    """Pages touched and milliseconds of a statement that has been executed before."""
    results = [read_plan(run_explain(connection, statement)) for _ in range(REPEATS)]
    return results[-1][0], median(ms for _, ms in results)


def run_explain(connection: Any, statement: str) -> dict[str, Any]:
    """The output of EXPLAIN ANALYZE; writes are rolled back."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
        answer = cursor.fetchone()[0]
    connection.rollback()
    return dict((json.loads(answer) if isinstance(answer, str) else answer)[0])


def read_plan(explained: dict[str, Any]) -> tuple[int, float]:
    """Pages touched, in memory or not, and milliseconds. The top node of a plan includes all others."""
    plan = explained["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], explained["Execution Time"]
