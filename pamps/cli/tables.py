"""Tables for terminals and pipes."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

# Wider than any row; Rich does not pad lines to the width.
ENDLESS = 2000


def print_table(title: str, headings: Iterable[str], rows: list[list[object]]) -> None:
    """Print one line per row, so that grep finds whole rows; only a narrow terminal wraps cells."""
    table = Table(title=f"{title} ({len(rows)})")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(escape_cell, row))
    Console(width=None if sys.stdout.isatty() else ENDLESS).print(table)


def escape_cell(value: object) -> str:
    """Format a cell: yes or no for booleans, with Rich markup escaped."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(str(value))
