"""SIGKILL in the middle of many writes: what was acknowledged is there, once, and every count agrees."""

import os
import random
import signal
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from tests.live.ledger import open_ledger, writing, wrong_counts
from tests.support.server import Server, running_server


def family_of(server: Server) -> list[int]:
    """The ids of the server and its workers; itself first, because it replaces a worker that is gone."""
    workers = psutil.Process(server.process.pid).children(recursive=True)
    return [server.process.pid, *(worker.pid for worker in workers)]


@pytest.mark.security(26)
@pytest.mark.parametrize(("workers", "kills"), [("1", 2), ("2", 1)], ids=["one worker", "two workers"])
def test_a_killed_server_loses_nothing_it_acknowledged(
    workers: str, kills: int, database_uri: str, tmp_path: Path
) -> None:
    ledgers = []
    for kill in range(kills):
        with running_server(database_uri, tmp_path, "--workers", workers) as server:
            family, ledger = family_of(server), open_ledger(server, team=f"team{kill}")
            with writing(server, ledger):
                ledger.wait_for(random.randint(10, 100))
                for process in family:
                    os.kill(process, signal.SIGKILL)
            server.process.wait()
            ledgers.append(ledger)

    with running_server(database_uri, tmp_path) as server:
        assert [set(ledger.statuses) for ledger in ledgers] == [{201}] * kills
        assert [ledger.compare(server) for ledger in ledgers] == [[]] * kills
        assert wrong_counts(database_uri) == []
