"""The results of a run as a document."""

import shlex
from dataclasses import dataclass, field
from textwrap import fill

from benchmarks.databases import Recipe
from benchmarks.growth import TARGET, Growth
from benchmarks.memory import Memory
from benchmarks.plan import Plan
from benchmarks.server import SETTINGS
from benchmarks.tables import (
    FILLING_SECONDS,
    filling_table,
    growth_table,
    is_flat,
    is_small,
    memory_table,
    throughput_table,
)
from benchmarks.throughput import Tables
from benchmarks.wrk import CONNECTIONS

WIDTH = 118

INTRODUCTION = """
{summary} This file was written by `{command}`. It holds a single run, and the next run replaces it. The
method is described at the end.
"""

THROUGHPUT = """
{connections} connections that send one request after the other; {rounds} rounds, each with {seconds} s for
every line. Figures are medians of the rounds, and ratios are medians of the ratios within each round. Writes
have rounds of their own, after all reads and with the ceiling measured again. "server ms" and "PostgreSQL
ms" are processor time per request. The database is a demo of {users:,} users and {posts:,} posts. wrk, the
server and PostgreSQL share the machine.
"""

GROWTH = """
The same {users:,} users with {sizes} posts, on PostgreSQL, read by a signed-in user. "ms" is the time of a
request while the server has nothing else to do, the median of {rounds} rounds of one second each. "pages"
(of 8 kB) are those that EXPLAIN (ANALYZE, BUFFERS) counts for all statements of such a request when it is
the first one of a new process, whether they were in memory or not; they are steadier than times. The time in
the database comes from there too. Ratios compare the largest database with the smallest; both may be at most
{target}. For page {page}, pages are shortened so that the smallest database has that many.
"""

UNKNOWN = """
`benchmarks/lists.py` does not know these lists, so they were not measured: {names}.
"""

MEMORY = """
Resident memory (RSS) of one worker on PostgreSQL while it answers a thousand different reads of all kinds.
"""

CUT_SHORT = """
There was only time for {requests:,} of {wanted:,} requests.
"""

FILLING = """
`pamps demo {arguments}` into an empty database, when it was last filled.
"""

METHOD = (
    """
**The ceiling** is a bare FastAPI application with a single route, a plain function that returns a constant
(`benchmarks/bare.py`). It runs in a process of its own with the same uvicorn options, but without an access
log. It always has one worker, which is not bound to a core as those of Pamps are. Ratios to it can be
compared across machines; requests per second cannot.
""",
    """
**The constant inside Pamps** is such a route in the real application, in a router of its own that comes last
(`benchmarks/served.py`). `GET /health/` is a constant too, with a response model. The gap to the ceiling is
the cost of the middleware, of finding the route, and of the access log.
""",
    """
**The server** is the one that `pamps serve` starts, with that constant added and otherwise unchanged. Its
access log goes to a file. These settings differ from their defaults: {settings}. Limits are
off because nobody posts this fast. Tokens come from real logins. Home timeline, own account and
notifications are read by a signed-in user, everything else without a token. Before the first round, several
users follow that user, like one of their posts and reply to it, because a demo has no notifications. The
same users take turns posting, after all reads.
""",
    """
**Processor time** is the difference of user and system time in `/proc/PID/stat` before and after a line,
divided by its requests: of all processes of the server, and of the PostgreSQL processes that serve
connections to the database, if they run on the same machine. Other load on the machine changes it less than
requests per second.
""",
    """
**Errors:** a single unsuccessful response, broken connection or timeout ends the run with a message, and
nothing is written.
""",
    """
**To repeat it,** run `benchmarks/run` on an otherwise idle machine with wrk (on Debian: `apt-get install
wrk`). PostgreSQL is the server that `PAMPS_BENCH_URI` names, or one that comes as a Python package. Filled
databases are kept in `.bench/` for the next run. `benchmarks/run --help` lists the options.
""",
)


@dataclass
class Results:
    """The results of a run; parts that were not measured are empty."""

    arguments: list[str]
    machine: dict[str, str]
    plan: Plan
    throughput: Tables = field(default_factory=dict)
    growth: Growth | None = None
    memory: Memory | None = None
    filling: dict[str, float] = field(default_factory=dict)

    @property
    def recipe(self) -> Recipe:
        """The demo for throughput and memory."""
        return Recipe(self.plan.users, max(self.plan.sizes))

    @property
    def verdicts(self) -> list[bool]:
        """Whether each target is met."""
        verdicts = [row.reached for rows in self.throughput.values() for row in rows if row.judged_by]
        verdicts += [curve.reached for curve in self.growth.curves] if self.growth else []
        verdicts += [is_small(self.memory), is_flat(self.memory)] if self.memory else []
        return verdicts + [seconds <= FILLING_SECONDS for seconds in self.filling.values()]

    @property
    def summary(self) -> str:
        """How many targets are met, in one sentence."""
        return f"{sum(self.verdicts)} of {len(self.verdicts)} targets were met."


def write_document(results: Results) -> str:
    """The whole document in Markdown."""
    parts = ["# How fast Pamps is", *describe_run(results)]
    if results.throughput:
        parts += describe_throughput(results)
    if results.growth:
        parts += describe_growth(results.plan, results.growth)
    if results.memory:
        parts += describe_memory(results.memory)
    if results.filling:
        arguments = " ".join(results.recipe.arguments)
        parts += ["## Filling", prose(FILLING, arguments=arguments), filling_table(results.filling)]
    settings = ", ".join(f"`{name}={value}`" for name, value in SETTINGS.items())
    parts += ["## Method", *(prose(text, settings=settings) for text in METHOD)]
    return "\n\n".join(parts) + "\n"


def describe_run(results: Results) -> list[str]:
    """The command and the machine."""
    command = shlex.join(["benchmarks/run", *results.arguments])
    facts = [f"| {name} | {value} |" for name, value in results.machine.items()]
    intro = prose(INTRODUCTION, summary=results.summary, command=command)
    return [intro, "\n".join(["| | |", "|---|---|", *facts])]


def describe_throughput(results: Results) -> list[str]:
    """The section on throughput."""
    plan, recipe = results.plan, results.recipe
    intro = prose(
        THROUGHPUT,
        connections=CONNECTIONS,
        rounds=plan.rounds,
        seconds=plan.seconds,
        users=recipe.users,
        posts=recipe.posts,
    )
    tables = [f"### {name}\n\n{throughput_table(rows)}" for name, rows in results.throughput.items()]
    plot = "![Requests per second and processor time of each line](plots/throughput.png)"
    return ["## Throughput", intro, *tables, plot]


def describe_growth(plan: Plan, growth: Growth) -> list[str]:
    """The section on growth."""
    sizes = ", ".join(f"{size:,}" for size in plan.sizes)
    intro = prose(
        GROWTH,
        users=plan.users,
        sizes=sizes,
        rounds=plan.growth_rounds,
        target=TARGET,
        page=plan.far_page,
    )
    parts = ["## Growth", intro, growth_table(growth)]
    if growth.unknown:
        names = ", ".join(f"`{name}`" for name in growth.unknown)
        parts.append(prose(UNKNOWN, names=names))
    return [*parts, "![Cost of each list against the number of posts](plots/growth.png)"]


def describe_memory(memory: Memory) -> list[str]:
    """The section on memory."""
    intro = prose(MEMORY)
    if not memory.enough:
        intro += "\n" + prose(CUT_SHORT, requests=memory.requests, wanted=memory.wanted)
    return ["## Memory", intro, memory_table(memory), "![Memory of a worker](plots/memory.png)"]


def prose(text: str, **values: object) -> str:
    """The text with its values filled in, wrapped like the other documents."""
    return fill(text.format_map(values), WIDTH, break_long_words=False, break_on_hyphens=False).strip()
