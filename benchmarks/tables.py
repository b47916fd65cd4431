"""The tables of a run, readable on a terminal as well as in Markdown."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from benchmarks.growth import TARGET, Curve, Growth
from benchmarks.memory import FLAT, LIMIT, SETTLED, Memory
from benchmarks.throughput import Row

FILLING_SECONDS = 120.0


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first column to the left, all others to the right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join("| " + " | ".join(align(line, widths)) + " |" for line in (lines[0], rule, *lines[1:]))


def align(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    """The cells as wide as their columns."""
    first, *others = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
    return [first.strip().ljust(widths[0]), *others]


def verdict(reached: bool) -> str:
    """Whether a target was reached, as a table says it."""
    return "yes" if reached else "NO"


def throughput_tables(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """A title and a table for each server."""
    groups = groupby(rows, lambda row: row.series.server)
    return [(name, throughput_table(list(group))) for name, group in groups]


def throughput_table(rows: Sequence[Row]) -> str:
    """One server: what each route gives, and what it is judged by."""
    judge = next(row.judged_by for row in rows if row.judged_by)
    head = ["", "requests/s", "p50 ms", "p99 ms", "of the ceiling"]
    # What is judged by the ceiling has its ratio in the table already.
    beside = judge != "the ceiling"
    head += [f"beside {judge}"] * beside + ["at least", "reached"]
    return table(head, (throughput_line(row, beside=beside) for row in rows))


def throughput_line(row: Row, *, beside: bool) -> list[str]:
    """The cells of a route."""
    series = row.series
    figures = [f"{series.rate:,.0f}", f"{series.p50:.1f}", f"{series.p99:.1f}", f"{row.of_ceiling:.2f}"]
    if not row.judged_by:
        return [series.title, *figures, *[""] * (2 + beside)]
    judged = [f"{row.ratio:.2f}"] * beside
    return [series.title, *figures, *judged, f"{row.target:.2f}", verdict(row.reached)]


def growth_table(growth: Growth) -> str:
    """Every page of every list: time and pages in each database, and how much more in the largest."""
    sizes = sorted(growth.curves[0].costs)
    shown = [short(size) for size in sizes]
    head = ["list", "page", "rows", *(f"ms {size}" for size in shown), "ratio"]
    head += [*(f"pages {size}" for size in shown), "ratio", "ms in the database", f"at most {TARGET}"]
    return table(head, (growth_line(curve, sizes) for curve in growth.curves))


def growth_line(curve: Curve, sizes: Sequence[int]) -> list[str]:
    """The cells of a page of a list."""
    costs = [curve.costs[size] for size in sizes]
    times, pages = [f"{cost.ms:.1f}" for cost in costs], [f"{cost.pages:,}" for cost in costs]
    inside = " / ".join(f"{cost.database_ms:.2f}" for cost in costs)
    ratios = f"{curve.time_ratio:.2f}", f"{curve.page_ratio:.2f}"
    line = [curve.title, str(curve.page), str(curve.rows), *times, ratios[0], *pages, ratios[1], inside]
    return [*line, verdict(curve.reached)]


def memory_table(memory: Memory) -> str:
    """What a worker holds, and whether it is little and stays so."""
    settled = f"{memory.requests:,} requests beside {int(SETTLED * memory.requests):,}"
    return table(
        ["memory of a worker", "", "at most", "reached"],
        [
            ["at the start", f"{memory.start:.0f} MB", "", ""],
            [f"after {memory.requests:,} requests", f"{memory.end:.0f} MB", "", ""],
            ["the most", f"{memory.peak:.0f} MB", f"{LIMIT:.0f} MB", verdict(is_small(memory))],
            [settled, f"{memory.growth:.3f}", f"{FLAT}", verdict(is_flat(memory))],
        ],
    )


def is_small(memory: Memory) -> bool:
    """Whether a worker never held too much."""
    return memory.peak <= LIMIT


def is_flat(memory: Memory) -> bool:
    """Whether a worker holds no more and more, seen over as many requests as were asked for."""
    return memory.enough and memory.growth <= FLAT


def filling_table(seconds: dict[str, float]) -> str:
    """How long `pamps demo` took."""
    lines = [
        [kind, f"{took:.0f} s", f"{FILLING_SECONDS:.0f} s", verdict(took <= FILLING_SECONDS)]
        for kind, took in seconds.items()
    ]
    return table(["filling", "took", "at most", "reached"], lines)


def short(size: int) -> str:
    """A number of posts: 10k, 1M."""
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if size >= unit:
            return f"{size / unit:g}{name}"
    return str(size)
