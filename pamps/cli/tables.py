"""Tables on a terminal and in a pipe."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

# No row is as wide; Rich fills no line up.
ENDLESS = 2000


def print_table(title: str, headings: Iterable[str], rows: list[list[object]]) -> None:
    """One line a row, so that grep finds whole ones; only a terminal that is too narrow gets it folded."""
    table = Table(title=f"{title} ({len(rows)})")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(escape_cell, row))
    Console(width=None if sys.stdout.isatty() else ENDLESS).print(table)


def escape_cell(value: object) -> str:
    """A cell of a table: yes and no for booleans, and nothing that Rich would take for markup."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(str(value))
