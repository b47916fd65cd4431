"""The lines of the throughput table, measured on a small demo."""

import shutil
from pathlib import Path

import pytest

from benchmarks.databases import run_pamps
from benchmarks.lines import CEILING_LINE, TARGETS, read_lines, write_line
from benchmarks.notifications import add_notifications
from benchmarks.server import running_bare, running_server
from benchmarks.subjects import find_subjects, get
from benchmarks.throughput import take_sample

needs_wrk = pytest.mark.skipif(not shutil.which("wrk"), reason="needs wrk")


@needs_wrk
def test_every_line_can_be_measured(database_uri: str, tmp_path: Path) -> None:
    uri = database_uri.replace("postgresql+psycopg2", "postgresql")
    run_pamps(uri, tmp_path, "demo", "--users=20", "--posts=200", "--until=2026-01-01")
    with running_server(uri, tmp_path / "server") as server:
        subjects = find_subjects(server)
        add_notifications(server, subjects)

        reads, write = read_lines(server, subjects), write_line(server, subjects)
        for line in reads:
            with server.client(line.requests[0].token) as client:
                get(client, line.requests[0].path)
        sample = take_sample(server, write, 1)

    assert {line.name for line in (*reads, write)} < TARGETS.keys()
    assert "`GET /notification/`, 20 notifications" in [line.title for line in reads]
    assert sample.server_ms
    if uri.startswith("sqlite"):
        assert sample.postgres_ms is None


@pytest.mark.once
@needs_wrk
def test_the_bare_application_has_no_database(tmp_path: Path) -> None:
    with running_bare(tmp_path / "bare") as server:
        sample = take_sample(server, CEILING_LINE, 1)

    assert sample.server_ms
    assert sample.postgres_ms is None
