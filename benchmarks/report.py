"""What a run found, as a document."""

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
    throughput_tables,
)
from benchmarks.throughput import Row
from benchmarks.wrk import CONNECTIONS

WIDTH = 118

INTRODUCTION = """
{summary} `{command}` has written this file; it holds one run, and the next one replaces it. The method is at
the end.
"""

THROUGHPUT = """
{connections} connections that always ask; {rounds} rounds, in each of which every line had {seconds} s. A
figure is the median of the rounds; a ratio is the median of the ratios of each round. The database is a demo
of {users:,} people and {posts:,} posts. wrk, the server and PostgreSQL share the machine.
"""

GROWTH = """
The same {users:,} people with {sizes} posts, on PostgreSQL; everything is asked for by somebody signed in.
"ms" is the time of a request that has the server for itself, the median of {rounds} rounds of one second.
"pages" (of 8 kB) are those that EXPLAIN (ANALYZE, BUFFERS) counts for all statements that such a request
sends when it is the first of a new process, whether they were in memory or not. They are the steadier
witness. The time in the database is from there, too. The ratios are those of the largest database beside the
smallest, and both may be at most {target}. Page {page} has as many rows as the list has in the smallest
database for so many pages.
"""

UNKNOWN = """
`benchmarks/lists.py` does not know these lists, so they were not measured: {names}.
"""

MEMORY = """
Resident memory (RSS) of one worker on PostgreSQL while it answers a thousand different reads of all kinds.
"""

CUT_SHORT = """
There was time for {requests:,} requests only, of {wanted:,}.
"""

FILLING = """
`pamps demo {arguments}` into an empty database, when it was last filled.
"""

METHOD = (
    """
**The ceiling** is a plain synchronous FastAPI route that returns a constant (`benchmarks/served.py`). The
process that serves it serves the routes beside it, too, and the same middleware is around it. So it is what
the framework gives on this machine to a route that does nothing. Ratios to it can be compared between
machines; requests a second cannot.
""",
    """
**The server** is what `pamps serve` starts, with the ceiling added. It does not know that it is measured.
Its access log goes to a file. What differs from the defaults: {settings}. Limits are off because nobody
posts so fast. All tokens come from real logins. What is posted is posted by several people in turn.
""",
    """
**Errors:** one answer that is no success, one broken connection, one timeout, and the run ends with a
message and writes nothing.
""",
    """
**Again:** `benchmarks/run`, on a machine that does nothing else, with wrk (on Debian: `apt-get install
wrk`). PostgreSQL is the server that `PAMPS_BENCH_URI` names, or one that comes as a Python package. Filled
databases are kept in `.bench/` for the next run. `benchmarks/run --help` tells the rest.
""",
)


@dataclass
class Results:
    """All of a run; what was not measured is empty."""

    arguments: list[str]
    machine: dict[str, str]
    plan: Plan
    throughput: list[Row] = field(default_factory=list)
    growth: Growth | None = None
    memory: Memory | None = None
    filling: dict[str, float] = field(default_factory=dict)

    @property
    def recipe(self) -> Recipe:
        """The demo of throughput and memory."""
        return Recipe(self.plan.users, max(self.plan.sizes))

    @property
    def verdicts(self) -> list[bool]:
        """Of every target, whether it was reached."""
        verdicts = [row.reached for row in self.throughput if row.judged_by]
        verdicts += [curve.reached for curve in self.growth.curves] if self.growth else []
        verdicts += [is_small(self.memory), is_flat(self.memory)] if self.memory else []
        return verdicts + [seconds <= FILLING_SECONDS for seconds in self.filling.values()]

    @property
    def summary(self) -> str:
        """One sentence."""
        return f"{sum(self.verdicts)} of {len(self.verdicts)} targets were reached."


def write_document(results: Results) -> str:
    """All of it in Markdown."""
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
    """What was run where."""
    command = shlex.join(["benchmarks/run", *results.arguments])
    facts = [f"| {name} | {value} |" for name, value in results.machine.items()]
    intro = prose(INTRODUCTION, summary=results.summary, command=command)
    return [intro, "\n".join(["| | |", "|---|---|", *facts])]


def describe_throughput(results: Results) -> list[str]:
    """Requests a second."""
    plan, recipe = results.plan, results.recipe
    intro = prose(
        THROUGHPUT,
        connections=CONNECTIONS,
        rounds=plan.rounds,
        seconds=plan.seconds,
        users=recipe.users,
        posts=recipe.posts,
    )
    tables = [f"### {name}\n\n{lines}" for name, lines in throughput_tables(results.throughput)]
    return ["## Throughput", intro, *tables, "![Requests a second of each route](plots/throughput.png)"]


def describe_growth(plan: Plan, growth: Growth) -> list[str]:
    """Cost against size."""
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
    """What a worker holds."""
    intro = prose(MEMORY)
    if not memory.enough:
        intro += "\n" + prose(CUT_SHORT, requests=memory.requests, wanted=memory.wanted)
    return ["## Memory", intro, memory_table(memory), "![Memory of a worker](plots/memory.png)"]


def prose(text: str, **values: object) -> str:
    """The text with its gaps filled, wrapped as the other documents are."""
    return fill(text.format_map(values), WIDTH, break_long_words=False, break_on_hyphens=False).strip()
