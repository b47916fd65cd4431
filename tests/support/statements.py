"""Which statements a piece of work sends to the database, whoever sends them."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event

from pamps.db.observers import observers

# Those that open and close transactions, and the one time that PostgreSQL plans a statement.
UNCOUNTED = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "PREPARE")


@contextmanager
def counted(connection: Connection) -> Iterator[list[str]]:
    """The statements that are sent inside: SQLAlchemy's on this connection, and those of `run` on any."""
    statements: list[str] = []

    def observe(statement: str, _: float) -> None:
        if not statement.startswith(UNCOUNTED):
            statements.append(statement)

    def on_execute(_c: object, _u: object, statement: str, *_: object) -> None:
        observe(statement, 0)

    observers.append(observe)
    event.listen(connection, "before_cursor_execute", on_execute)
    try:
        yield statements
    finally:
        event.remove(connection, "before_cursor_execute", on_execute)
        observers.remove(observe)
