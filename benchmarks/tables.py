"""The tables of a run, in Markdown that is also readable in a terminal."""

from collections.abc import Iterable, Sequence

from benchmarks.growth import TARGET, Curve, Growth
from benchmarks.memory import FLAT, LIMIT, SETTLED, Memory
from benchmarks.throughput import Row

FILLING_SECONDS = 120.0


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is aligned to the left, all others to the right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join("| " + " | ".join(align(line, widths)) + " |" for line in (lines[0], rule, *lines[1:]))


def align(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    """The cells, padded to the widths of their columns."""
    first, *others = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
    return [first.strip().ljust(widths[0]), *others]


def verdict(reached: bool) -> str:
    """Whether a target is met, in the words of a table."""
    return "yes" if reached else "NO"


def throughput_table(rows: Sequence[Row]) -> str:
    """The rate and the processor time of every line on one server, and its target."""
    judge = next(row.judged_by for row in rows if row.judged_by)
    # The ratio to the ceiling has its own column.
    versus = judge != "the ceiling"
    postgres = any(row.series.postgres_ms is not None for row in rows)
    head = ["", "requests/s", "p50 ms", "p99 ms", "server ms"]
    head += ["PostgreSQL ms"] * postgres + ["of the ceiling"] + [f"vs {judge}"] * versus
    lines = (throughput_line(row, postgres=postgres, versus=versus) for row in rows)
    return table([*head, "at least", "met"], lines)


def throughput_line(row: Row, *, postgres: bool, versus: bool) -> list[str]:
    """The cells of a row, with those columns or without."""
    series = row.series
    cells = [series.line.title, f"{series.rate:,.0f}", f"{series.p50:.1f}", f"{series.p99:.1f}"]
    cells += [milliseconds(series.server_ms)] + [milliseconds(series.postgres_ms)] * postgres
    cells.append(f"{row.of_ceiling:.2f}")
    if not row.judged_by:
        return [*cells, *[""] * (2 + versus)]
    return [*cells, *[f"{row.ratio:.2f}"] * versus, f"{row.target:.2f}", verdict(row.reached)]


def milliseconds(value: float | None) -> str:
    """Processor time, blank if it is unknown."""
    return "" if value is None else f"{value:.2f}"


def growth_table(growth: Growth) -> str:
    """Time and pages of every list in each database, and the ratios of the largest to the smallest."""
    sizes = sorted(growth.curves[0].costs)
    shown = [short(size) for size in sizes]
    head = ["list", "page", "rows", *(f"ms {size}" for size in shown), "ratio"]
    head += [*(f"pages {size}" for size in shown), "ratio", "ms in the database", f"at most {TARGET}"]
    return table(head, (growth_line(curve, sizes) for curve in growth.curves))


def growth_line(curve: Curve, sizes: Sequence[int]) -> list[str]:
    """The cells of one page of a list."""
    costs = [curve.costs[size] for size in sizes]
    times, pages = [f"{cost.ms:.1f}" for cost in costs], [f"{cost.pages:,}" for cost in costs]
    inside = " / ".join(f"{cost.database_ms:.2f}" for cost in costs)
    ratios = f"{curve.time_ratio:.2f}", f"{curve.page_ratio:.2f}"
    line = [curve.title, str(curve.page), str(curve.rows), *times, ratios[0], *pages, ratios[1], inside]
    return [*line, verdict(curve.reached)]


def memory_table(memory: Memory) -> str:
    """Memory of a worker, and whether it is small and stays flat."""
    settled = f"{memory.requests:,} requests vs {int(SETTLED * memory.requests):,}"
    return table(
        ["memory of a worker", "", "at most", "met"],
        [
            ["at the start", f"{memory.start:.0f} MB", "", ""],
            [f"after {memory.requests:,} requests", f"{memory.end:.0f} MB", "", ""],
            ["peak", f"{memory.peak:.0f} MB", f"{LIMIT:.0f} MB", verdict(is_small(memory))],
            [settled, f"{memory.growth:.3f}", f"{FLAT}", verdict(is_flat(memory))],
        ],
    )


def is_small(memory: Memory) -> bool:
    """Whether a worker always stayed below the limit."""
    return memory.peak <= LIMIT


def is_flat(memory: Memory) -> bool:
    """Whether the memory of a worker does not grow, over as many requests as planned."""
    return memory.enough and memory.growth <= FLAT


def filling_table(seconds: dict[str, float]) -> str:
    """Seconds that `pamps demo` took."""
    lines = [
        [kind, f"{took:.0f} s", f"{FILLING_SECONDS:.0f} s", verdict(took <= FILLING_SECONDS)]
        for kind, took in seconds.items()
    ]
    return table(["filling", "took", "at most", "met"], lines)


def short(size: int) -> str:
    """A number of posts, such as 10k or 1M."""
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if size >= unit:
            return f"{size / unit:g}{name}"
    return str(size)
