"""Many rows at once, as each of the two databases likes it best."""

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Any, Protocol

from sqlalchemy import Connection

from pamps.demo.world import Row, Stage
from pamps.models.search_index import NAME as SEARCH_INDEX

TABLES = '"user", post, social, "like", tag, post_tag, search_index'
TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
GIN, GIN_MEMORY = "ix_search_index_words", "256MB"


class Bulk(Protocol):
    """Writes rows with ids into empty tables, within the transaction of a connection."""

    def start(self, stage: Stage) -> None:
        """Before the first row: put off what is done faster at the end, or what the rows bring along."""

    def write(self, stage: Stage, rows: Iterable[Row]) -> None:
        """Insert rows."""

    def finish(self, stage: Stage) -> None:
        """After the last row: let the numbering go on from there, and let the planner know the table."""


def open_bulk(connection: Connection) -> Bulk:
    """The way for this database. From now on nobody else writes until the transaction ends."""
    return SqliteBulk(connection) if connection.dialect.name == "sqlite" else PostgresBulk(connection)


class SqliteBulk:
    """A prepared INSERT; the writing transaction has kept others out since it began."""

    def __init__(self, connection: Connection) -> None:
        # Indexes are written in no order. With the usual 2 MB, pages would go out and in again many times.
        connection.exec_driver_sql("PRAGMA cache_size = -32768")
        self._cursor: Any = connection.connection.cursor()
        self._triggers: list[str] = []

    def start(self, stage: Stage) -> None:
        self._cursor.execute(TRIGGERS, (stage.table,))
        triggers = self._cursor.fetchall()
        self._triggers = [statement for _, statement in triggers]
        for name, _ in triggers:
            self._cursor.execute(f"DROP TRIGGER {name}")

    def write(self, stage: Stage, rows: Iterable[Row]) -> None:
        names, marks = ", ".join(stage.columns), ", ".join("?" for _ in stage.columns)
        insert = f'INSERT INTO "{stage.table}" ({names}) VALUES ({marks})'  # noqa: S608 - names of our own
        self._cursor.executemany(insert, rows)

    def finish(self, stage: Stage) -> None:
        for trigger in self._triggers:
            self._cursor.execute(trigger)
        if stage.table != SEARCH_INDEX:  # which has no rows of its own to look at
            self._cursor.execute(f'ANALYZE "{stage.table}"')  # AUTOINCREMENT has seen every id


class PostgresBulk:
    """COPY, which is several times as fast as INSERT."""

    def __init__(self, connection: Connection) -> None:
        self._cursor: Any = connection.connection.cursor()
        # Also keeps autovacuum out, which sees none of our rows and would tell the planner so. Readers go on.
        self._cursor.execute(f"LOCK TABLE {TABLES} IN SHARE ROW EXCLUSIVE MODE")
        self._cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        self._known: set[str] = set()

    def start(self, stage: Stage) -> None:
        self._cursor.execute(f'ALTER TABLE "{stage.table}" DISABLE TRIGGER USER')
        if stage.table == SEARCH_INDEX:
            self._cursor.execute(f"DROP INDEX {GIN}")

    def write(self, stage: Stage, rows: Iterable[Row]) -> None:
        file = StringIO()
        csv.writer(file).writerows(rows)
        file.seek(0)
        # In this format None and "" look the same; only a text may be the latter.
        empty = ", FORCE_NOT_NULL (text)" if "text" in stage.columns else ""
        names = ", ".join(stage.columns)
        self._cursor.copy_expert(f'COPY "{stage.table}" ({names}) FROM STDIN (FORMAT csv{empty})', file)
        if stage.table not in self._known:
            # Each row is checked against those that it refers to. As long as the planner takes that table for
            # empty, any index looks as good to it as the right one, and the time grows with the square.
            self._analyze(stage)

    def finish(self, stage: Stage) -> None:
        self._cursor.execute(f'ALTER TABLE "{stage.table}" ENABLE TRIGGER USER')
        if "id" in stage.columns:
            self._number_on(stage)
        if stage.table == SEARCH_INDEX:
            self._index_words(stage)
        self._analyze(stage)

    def _number_on(self, stage: Stage) -> None:
        """Unlike setval(), ALTER SEQUENCE is undone with the transaction. Ids once used stay used."""
        self._cursor.execute(
            "SELECT name, nextval(name::regclass) FROM pg_get_serial_sequence(%s, 'id') AS name",
            (f'"{stage.table}"',),
        )
        sequence, following = self._cursor.fetchone()
        self._cursor.execute(f"ALTER SEQUENCE {sequence} RESTART WITH {max(following, stage.total + 1)}")

    def _index_words(self, stage: Stage) -> None:
        """The index of words, which is made in a fraction of the time in one go."""
        self._cursor.execute(f"SET LOCAL maintenance_work_mem = '{GIN_MEMORY}'")
        self._cursor.execute(f"CREATE INDEX {GIN} ON {stage.table} USING gin (words)")

    def _analyze(self, stage: Stage) -> None:
        self._cursor.execute(f'ANALYZE "{stage.table}"')
        self._known.add(stage.table)
