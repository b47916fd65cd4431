"""Bulk inserts, by the fastest method of each database."""

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
    """Writes rows with ids into empty tables, in the transaction of a connection."""

    def start(self, stage: Stage) -> None:
        """Prepare the table: disable triggers, and drop what is faster to build afterwards."""

    def write(self, stage: Stage, rows: Iterable[Row]) -> None:
        """Insert rows."""

    def finish(self, stage: Stage) -> None:
        """Complete the table: restore what `start` removed, advance its sequence, and analyse it."""


def open_bulk(connection: Connection) -> Bulk:
    """The implementation for this database. Blocks all other writers until the transaction ends."""
    return SqliteBulk(connection) if connection.dialect.name == "sqlite" else PostgresBulk(connection)


class SqliteBulk:
    """Uses a prepared INSERT; the write transaction already excludes other writers."""

    def __init__(self, connection: Connection) -> None:
        # Index pages are written in random order: the default cache of 2 MB would thrash.
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
        if stage.table != SEARCH_INDEX:  # a virtual table, which cannot be analysed
            self._cursor.execute(f'ANALYZE "{stage.table}"')  # AUTOINCREMENT already knows every id


class PostgresBulk:
    """Uses COPY, which is several times faster than INSERT."""

    def __init__(self, connection: Connection) -> None:
        self._cursor: Any = connection.connection.cursor()
        # Also excludes autovacuum, which cannot see these rows and would report empty tables to the planner.
        # Readers are not blocked.
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
        # CSV cannot tell None from ""; only the column `text` may be "".
        empty = ", FORCE_NOT_NULL (text)" if "text" in stage.columns else ""
        names = ", ".join(stage.columns)
        self._cursor.copy_expert(f'COPY "{stage.table}" ({names}) FROM STDIN (FORMAT csv{empty})', file)
        if stage.table not in self._known:
            # Foreign keys are checked row by row. While the planner believes the referenced table is empty,
            # it may pick the wrong index, and the time becomes quadratic.
            self._analyze(stage)

    def finish(self, stage: Stage) -> None:
        self._cursor.execute(f'ALTER TABLE "{stage.table}" ENABLE TRIGGER USER')
        if "id" in stage.columns:
            self._number_on(stage)
        if stage.table == SEARCH_INDEX:
            self._index_words(stage)
        self._analyze(stage)

    def _number_on(self, stage: Stage) -> None:
        """Advance the sequence. Unlike setval(), ALTER SEQUENCE is transactional. Used ids are never
        reused."""
        self._cursor.execute(
            "SELECT name, nextval(name::regclass) FROM pg_get_serial_sequence(%s, 'id') AS name",
            (f'"{stage.table}"',),
        )
        sequence, following = self._cursor.fetchone()
        self._cursor.execute(f"ALTER SEQUENCE {sequence} RESTART WITH {max(following, stage.total + 1)}")

    def _index_words(self, stage: Stage) -> None:
        """Create the full-text index, which is much faster in one go."""
        self._cursor.execute(f"SET LOCAL maintenance_work_mem = '{GIN_MEMORY}'")
        self._cursor.execute(f"CREATE INDEX {GIN} ON {stage.table} USING gin (words)")

    def _analyze(self, stage: Stage) -> None:
        self._cursor.execute(f'ANALYZE "{stage.table}"')
        self._known.add(stage.table)
