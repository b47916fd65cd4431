"""Many at once: nobody gets an error, nobody waits for ever."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.live.crowd import CLIENTS, REQUESTS_EACH, prepare, send_crowd
from tests.support.server import Server, running_server

pytestmark = pytest.mark.load

HONEST = {200, 201, 409}  # 409: some of them try to follow themselves


def test_200_clients_on_one_worker_all_get_an_answer(server: Server) -> None:
    report = asyncio.run(send_crowd(server.url, prepare(server.url)))

    assert report.statuses.total() == CLIENTS * REQUESTS_EACH
    assert set(report.statuses) <= HONEST, report


def test_200_clients_on_two_workers_all_get_an_answer(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path, "--workers", "2") as server:
        report = asyncio.run(send_crowd(server.url, prepare(server.url)))

    assert report.statuses.total() == CLIENTS * REQUESTS_EACH
    assert set(report.statuses) <= HONEST, report


@pytest.mark.security(3)
@pytest.mark.once
def test_health_answers_within_a_second_during_50_logins(database_uri: str, tmp_path: Path) -> None:
    with running_server(database_uri, tmp_path, PAMPS_SECURITY__bcrypt_rounds="12") as server:
        server.register("ana")
        with ThreadPoolExecutor(50) as pool, server.client() as probe:
            logins = [pool.submit(_log_in, server) for _ in range(50)]
            waits = []
            while not all(login.done() for login in logins):
                started = time.monotonic()
                assert probe.get("/health/").status_code == 200
                waits.append(time.monotonic() - started)

    assert [login.result() for login in logins] == [200] * 50
    assert max(waits) < 1


def _log_in(server: Server) -> int:
    with server.client() as client:
        form = {"username": "ana", "password": "correct horse"}
        return client.post("/token", data=form).status_code
