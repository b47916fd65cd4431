"""The plots of a run."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import matplotlib as mpl
from PIL import Image

mpl.use("Agg")  # without a window

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator

from benchmarks.growth import TARGET, Cost, Curve, Growth
from benchmarks.lines import CEILING
from benchmarks.memory import LIMIT, Memory
from benchmarks.tables import short
from benchmarks.throughput import Row, Series, Tables

DPI = 100
COLOURS = 128  # of a file: enough for a plot, at a third of the size
STYLES = ("-", "--", ":")
MARKS = "osD^v"
BLUE, LIGHT_BLUE, RED, GREY = "#2f6f9f", "#9cc4e0", "#b03030", "#b8b8b8"
THOUSANDS = FuncFormatter(lambda number, _: f"{number:,.0f}")

Look = dict[str, str]
Figures = Callable[[Cost], float]
KINDS: tuple[tuple[str, Figures], ...] = (
    ("milliseconds of a request", lambda cost: cost.ms),
    ("pages touched", lambda cost: float(cost.pages)),
)


def plot_throughput(tables: Tables, file: Path) -> None:
    """Rate and processor time of every line, with a row of panels for each server."""
    counts = [len(rows) for rows in tables.values()]
    figure, panels = plt.subplots(
        len(tables),
        2,
        figsize=(12, 1.5 + 0.36 * sum(counts)),
        sharex="col",
        sharey="row",
        layout="constrained",
        squeeze=False,
        height_ratios=counts,
        width_ratios=(3, 2),
    )
    every = [row.series for rows in tables.values() for row in rows]
    panels[0][0].set_xlim(0, 1.18 * max(series.rate for series in every))
    panels[0][1].set_xlim(0, 1.3 * max(sum(processor_times(series)) for series in every) or 1)
    for (rates, times), (server, rows) in zip(panels, tables.items(), strict=True):
        draw_rates(rates, rows)
        draw_times(times, rows)
        rates.set_title(server, loc="left", fontsize=10, fontweight="bold")
        rates.invert_yaxis()
    panels[-1][0].set_xlabel("requests per second (in brackets: of the ceiling; red: target)")
    panels[-1][0].xaxis.set_major_formatter(THOUSANDS)
    panels[-1][1].set_xlabel("processor time per request, ms")
    handles = [Patch(color=BLUE, label="server"), Patch(color=LIGHT_BLUE, label="PostgreSQL")]
    panels[0][1].legend(handles=handles, loc="upper right", fontsize=9, frameon=False)
    save(figure, file)


def draw_rates(panel: Axes, rows: Sequence[Row]) -> None:
    """Bars with their figures and targets."""
    rates = [row.series.rate for row in rows]
    panel.barh(titles(rows), rates, color=colours(rows), height=0.66)
    room = 0.17 * panel.get_xlim()[1]  # for a label
    for position, row in enumerate(rows):
        end = row.series.rate
        if row.judged_by:
            target = end * row.target / row.ratio
            panel.plot([target, target], [position - 0.42, position + 0.42], color=RED, linewidth=2)
            if end < target < end + room:
                end = target
        panel.text(end, position, f"  {row.series.rate:,.0f} ({row.of_ceiling:.2f})", va="center", fontsize=9)
    tidy(panel)


def draw_times(panel: Axes, rows: Sequence[Row]) -> None:
    """Bars of the server and, behind them, of PostgreSQL; empty where the times are unknown."""
    times = [processor_times(row.series) for row in rows]
    servers, databases = zip(*times, strict=True)
    panel.barh(titles(rows), servers, color=colours(rows), height=0.66)
    panel.barh(titles(rows), databases, left=servers, color=LIGHT_BLUE, height=0.66)
    for position, (server, database) in enumerate(times):
        if server:
            label = f"{server:.2f} + {database:.2f}" if database else f"{server:.2f}"
            panel.text(server + database, position, f"  {label}", va="center", fontsize=9)
    tidy(panel)


def processor_times(series: Series) -> tuple[float, float]:
    """Milliseconds per request of the server and of PostgreSQL, 0 where they are unknown."""
    return series.server_ms or 0.0, series.postgres_ms or 0.0


def titles(rows: Sequence[Row]) -> list[str]:
    """The labels of the bars."""
    return [plain(row.series.line.title) for row in rows]


def colours(rows: Sequence[Row]) -> list[str]:
    """The ceiling is grey."""
    return [GREY if row.series.line.name == CEILING else BLUE for row in rows]


def plot_growth(growth: Growth, file: Path) -> None:
    """Time and pages against the number of posts, for first pages and far ones."""
    numbers = sorted({curve.page for curve in growth.curves})
    figure, panels = plt.subplots(
        2, len(numbers), figsize=(10, 10), sharex=True, sharey="row", layout="constrained", squeeze=False
    )
    looks = choose_looks(growth.curves)
    for row, (label, value) in zip(panels, KINDS, strict=True):
        for panel, number in zip(row, numbers, strict=True):
            draw_curves(panel, [curve for curve in growth.curves if curve.page == number], value, looks)
            name = "first page" if number == 1 else f"page {number}"
            panel.set_title(f"{label}, {name}", loc="left", fontsize=10, fontweight="bold")
        draw_guide(row, growth.curves, value)
    for panel in panels[-1]:
        panel.set_xlabel("posts in the database")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=9, frameon=False)
    save(figure, file)


def choose_looks(curves: Sequence[Curve]) -> dict[str, Look]:
    """Colour, line and marker of each list, the same in all panels."""
    titles = dict.fromkeys(curve.title for curve in curves)
    return {
        title: {
            "color": f"C{number % 10}",
            "linestyle": STYLES[number // 10 % len(STYLES)],
            "marker": MARKS[number % len(MARKS)],
        }
        for number, title in enumerate(titles)
    }


def draw_curves(panel: Axes, curves: Sequence[Curve], value: Figures, looks: dict[str, Look]) -> None:
    """Lines on logarithmic axes."""
    panel.set_xscale("log")
    panel.set_yscale("log")
    for curve in curves:
        look, sizes = looks[curve.title], sorted(curve.costs)
        panel.plot(
            sizes,
            [value(curve.costs[size]) for size in sizes],
            label=plain(curve.title),
            color=look["color"],
            linestyle=look["linestyle"],
            marker=look["marker"],
            markersize=5,
            linewidth=1.4,
        )
    tidy(panel)


def draw_guide(panels: Sequence[Axes], curves: Sequence[Curve], value: Figures) -> None:
    """The axes of a row of panels, and at the bottom the steepest line that the target allows."""
    sizes = sorted(curves[0].costs)
    values = [value(cost) for curve in curves for cost in curve.costs.values()]
    low, high = min(values) / 2.5, max(values) * 1.5
    for panel in panels:
        panel.set_ylim(low, high)
        panel.plot([sizes[0], sizes[-1]], [low * 1.1, low * 1.1 * TARGET], color=RED, linewidth=1.4)
        note(panel, f"steepest allowed: {TARGET} times", (sizes[-1], low * 1.1 * TARGET), align="right")
        panel.xaxis.set_major_locator(FixedLocator(sizes))
        panel.xaxis.set_major_formatter(FuncFormatter(lambda number, _: short(int(number))))
        panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,g}"))
        panel.minorticks_off()
        panel.grid(color="#e4e4e4", linewidth=0.7)


def plot_memory(memory: Memory, file: Path) -> None:
    """Megabytes against requests, starting at zero, with the limit."""
    figure, panel = plt.subplots(figsize=(8, 3.6), layout="constrained")
    requests, megabytes = zip(*memory.samples, strict=True)
    panel.plot(requests, megabytes, color=BLUE, marker="o", markersize=4, linewidth=1.6, clip_on=False)
    panel.axhline(LIMIT, color=RED, linewidth=1.4)
    note(panel, f" at most {LIMIT:.0f} MB", (0, LIMIT), align="left")
    panel.set_ylim(0, max(LIMIT, memory.peak) * 1.15)
    panel.set_xlim(0, None)
    panel.xaxis.set_major_formatter(THOUSANDS)
    panel.set_xlabel("requests")
    panel.set_title("memory of a worker (RSS), MB", loc="left", fontsize=10, fontweight="bold")
    tidy(panel)
    save(figure, file)


def note(panel: Axes, text: str, point: tuple[float, float], *, align: Literal["left", "right"]) -> None:
    """A few words just above the end of the line of a target."""
    panel.annotate(text, point, (0, 4), textcoords="offset points", ha=align, color=RED, fontsize=9)


def plain(title: str) -> str:
    """A title without its Markdown."""
    return title.replace("`", "")


def tidy(panel: Axes) -> None:
    """Remove everything from the panel that is not data."""
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=9, length=0)
    panel.set_axisbelow(True)


def save(figure: Figure, file: Path) -> None:
    """Write a small file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=DPI)
    plt.close(figure)
    with Image.open(file) as image:
        small = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(file, optimize=True)
