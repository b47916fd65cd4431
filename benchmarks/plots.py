"""The pictures of a run."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import matplotlib as mpl
from PIL import Image

mpl.use("Agg")  # no window

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator

from benchmarks.growth import TARGET, Cost, Curve, Growth
from benchmarks.memory import LIMIT, Memory
from benchmarks.tables import short
from benchmarks.throughput import CEILING, Row

DPI = 100
COLOURS = 128  # of a file: as many as a plot needs, for a third of the size
STYLES = ("-", "--", ":")
MARKS = "osD^v"
BLUE, RED, GREY = "#2f6f9f", "#b03030", "#b8b8b8"
THOUSANDS = FuncFormatter(lambda number, _: f"{number:,.0f}")

Look = dict[str, str]
Figures = Callable[[Cost], float]
KINDS: tuple[tuple[str, Figures], ...] = (
    ("milliseconds of a request", lambda cost: cost.ms),
    ("pages touched", lambda cost: float(cost.pages)),
)


def plot_throughput(rows: Sequence[Row], file: Path) -> None:
    """Requests a second of each route, a panel for each server, the ceiling above."""
    servers = list(dict.fromkeys(row.series.server for row in rows))
    counts = [sum(row.series.server == server for row in rows) for server in servers]
    height = 1.2 + 0.45 * sum(counts)
    figure, panels = plt.subplots(
        len(servers), figsize=(9, height), sharex=True, layout="constrained", height_ratios=counts
    )
    panels[-1].set_xlim(0, 1.18 * max(row.series.rate for row in rows))
    for panel, server in zip(panels, servers, strict=True):
        draw_server(panel, server, [row for row in rows if row.series.server == server])
    panels[-1].set_xlabel("requests per second (in brackets: of the ceiling; red: what is wanted)")
    panels[-1].xaxis.set_major_formatter(THOUSANDS)
    save(figure, file)


def draw_server(panel: Axes, server: str, rows: Sequence[Row]) -> None:
    """Bars with their figures, and how long they should be."""
    rates = [row.series.rate for row in rows]
    colours = [GREY if row.series.work == CEILING else BLUE for row in rows]
    panel.barh([plain(row.series.title) for row in rows], rates, color=colours, height=0.66)
    room = 0.17 * panel.get_xlim()[1]  # for a label
    for position, row in enumerate(rows):
        end = row.series.rate
        if row.judged_by:
            wanted = end * row.target / row.ratio
            panel.plot([wanted, wanted], [position - 0.42, position + 0.42], color=RED, linewidth=2)
            if end < wanted < end + room:
                end = wanted
        panel.text(end, position, f"  {row.series.rate:,.0f} ({row.of_ceiling:.2f})", va="center", fontsize=9)
    panel.set_title(server, loc="left", fontsize=10, fontweight="bold")
    panel.invert_yaxis()
    tidy(panel)


def plot_growth(growth: Growth, file: Path) -> None:
    """Time and pages against the number of posts, first pages beside far ones."""
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
    """A colour, a line and a mark for each list, the same in all panels."""
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
    """Lines on two logarithmic axes."""
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
    """The axes of a row of panels, and at their bottom the steepest line that a target allows."""
    sizes = sorted(curves[0].costs)
    values = [value(cost) for curve in curves for cost in curve.costs.values()]
    low, high = min(values) / 2.5, max(values) * 1.5
    for panel in panels:
        panel.set_ylim(low, high)
        panel.plot([sizes[0], sizes[-1]], [low * 1.1, low * 1.1 * TARGET], color=RED, linewidth=1.4)
        note(panel, f"at most so steep: {TARGET} times", (sizes[-1], low * 1.1 * TARGET), align="right")
        panel.xaxis.set_major_locator(FixedLocator(sizes))
        panel.xaxis.set_major_formatter(FuncFormatter(lambda number, _: short(int(number))))
        panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,g}"))
        panel.minorticks_off()
        panel.grid(color="#e4e4e4", linewidth=0.7)


def plot_memory(memory: Memory, file: Path) -> None:
    """Megabytes against requests, from zero on, under the limit."""
    figure, panel = plt.subplots(figsize=(8, 3.6), layout="constrained")
    requests, megabytes = zip(*memory.samples, strict=True)
    panel.plot(requests, megabytes, color=BLUE, marker="o", markersize=4, linewidth=1.6, clip_on=False)
    panel.axhline(LIMIT, color=RED, linewidth=1.4)
    note(panel, f" at most {LIMIT:.0f} MB", (0, LIMIT), align="left")
    panel.set_ylim(0, max(LIMIT, memory.peak) * 1.15)
    panel.set_xlim(0, None)
    panel.xaxis.set_major_formatter(THOUSANDS)
    panel.set_xlabel("requests")
    panel.set_title("MB that a worker holds (RSS)", loc="left", fontsize=10, fontweight="bold")
    tidy(panel)
    save(figure, file)


def note(panel: Axes, text: str, point: tuple[float, float], *, align: Literal["left", "right"]) -> None:
    """A few words just above the end of a line of what is wanted."""
    panel.annotate(text, point, (0, 4), textcoords="offset points", ha=align, color=RED, fontsize=9)


def plain(title: str) -> str:
    """A title without the marks of Markdown."""
    return title.replace("`", "")


def tidy(panel: Axes) -> None:
    """Nothing on the panel but what was measured."""
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=9, length=0)
    panel.set_axisbelow(True)


def save(figure: Figure, file: Path) -> None:
    """A small file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=DPI)
    plt.close(figure)
    with Image.open(file) as image:
        small = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(file, optimize=True)
