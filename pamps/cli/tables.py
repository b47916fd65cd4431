"""Tables on a terminal and in a pipe."""

from rich.markup import escape

# No row is as wide; Rich fills no line up.
ENDLESS = 2000


def escape_cell(value: object) -> str:
    """A cell of a table: yes and no for booleans, and nothing that Rich would take for markup."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(str(value))
