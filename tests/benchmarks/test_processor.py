"""Processor time of processes."""

import os
import subprocess
import sys
import time
from contextlib import closing

import psycopg2
import pytest

from benchmarks.processor import read_process, spent, times_of_backends, times_of_session
from pamps.config import settings

on_postgres = pytest.mark.skipif(settings.db.uri.startswith("sqlite"), reason="asks PostgreSQL")


@pytest.mark.once
def test_work_is_counted_in_seconds() -> None:
    before, started = times_of_session(os.getsid(0)), time.process_time()

    while time.process_time() < started + 0.2:
        pass

    process = read_process(os.getpid())
    assert process
    assert 0.15 < process.seconds - before[os.getpid()] < 0.4


@pytest.mark.once
def test_workers_of_another_session_are_not_counted() -> None:
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as other:
        own, others = times_of_session(os.getsid(0)), times_of_session(other.pid)
        other.communicate()

    assert other.pid not in own
    assert list(others) == [other.pid]


@pytest.mark.once
def test_a_process_that_is_gone_has_no_time() -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()

    assert read_process(gone.pid) is None


@pytest.mark.once
def test_new_processes_count_from_their_start() -> None:
    assert spent({1: 2.0, 2: 9.0}, {1: 2.5, 3: 0.25}) == pytest.approx(0.75)


@pytest.mark.once
def test_nothing_to_read_is_unknown_and_not_zero() -> None:
    assert spent({1: 2.0}, {}) is None
    assert times_of_backends("sqlite:///pamps.db") == {}


@on_postgres
def test_connections_count_where_postgresql_runs_here(database_uri: str) -> None:
    plain = database_uri.replace("postgresql+psycopg2", "postgresql")
    with closing(psycopg2.connect(plain)) as connection:
        pid = connection.info.backend_pid
        backend, found = read_process(pid), times_of_backends(plain)

    assert (pid in found) == (backend is not None and backend.name == "postgres")
