"""Processor time, which is steadier than requests per second on a machine that others use too."""

import os
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2

TICKS = os.sysconf("SC_CLK_TCK")  # a second, in /proc/PID/stat
BACKENDS = """SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'
    AND datname = current_database() AND pid <> pg_backend_pid()"""

Times = dict[int, float]  # seconds since the start of each process


@dataclass(frozen=True)
class Process:
    """A process, with the seconds that all its threads have spent in user and kernel mode."""

    pid: int
    name: str
    session: int
    seconds: float


def read_process(pid: int) -> Process | None:
    """The process, or None if it does not exist on this machine."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name is in brackets, and may contain some. See proc_pid_stat(5) for the fields after it.
    before, _, after = text.rpartition(")")
    fields = after.split()
    seconds = (int(fields[11]) + int(fields[12])) / TICKS
    return Process(pid, before.partition("(")[2], int(fields[3]), seconds)


def times_of_session(leader: int) -> Times:
    """Processor time of the process that leads a session and of all its workers."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    found = [process for pid in pids if (process := read_process(pid))]
    return {process.pid: process.seconds for process in found if process.session == leader}


def times_of_backends(uri: str) -> Times:
    """Processor time of the PostgreSQL processes that serve connections to this database. Empty if there are
    none on this machine."""
    if not uri.startswith("postgresql"):
        return {}
    with closing(psycopg2.connect(uri)) as connection, connection.cursor() as cursor:
        cursor.execute(BACKENDS)
        found = [process for (pid,) in cursor.fetchall() if (process := read_process(pid))]
    # The ids may be those of another machine, or of a container.
    return {process.pid: process.seconds for process in found if process.name == "postgres"}


def spent(before: Times, after: Times) -> float | None:
    """Processor seconds between two readings, or None if there was nothing to read."""
    if not after:
        return None
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())
