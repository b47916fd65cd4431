"""The database goes away while the server serves, and comes back: no restart, no 500, no long wait."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.conftest import TEST_URI
from tests.live.ledger import open_ledger, writing, wrong_counts
from tests.live.recovery import is_ready, is_unavailable, send_everything, wait_until, world_of
from tests.support.clusters import own_cluster
from tests.support.server import running_server

on_postgresql = pytest.mark.skipif(not TEST_URI, reason="stops a PostgreSQL of its own")
on_sqlite = pytest.mark.skipif(bool(TEST_URI), reason="locks the file of a SQLite database")


@pytest.mark.security(25)
@on_postgresql
def test_postgresql_goes_away_and_comes_back(tmp_path: Path) -> None:
    with own_cluster() as cluster, running_server(cluster.uri, tmp_path) as server, world_of(server) as world:
        with ThreadPoolExecutor(20) as pool:  # so that the server has many connections to lose
            list(pool.map(lambda _: world.client.get("/post/"), range(60)))

        cluster.stop()

        for _ in range(2):  # with the connections it had, and when it asks for new ones
            answers = send_everything(world)
            assert {name: a.text for name, a in answers.items() if not is_unavailable(a)} == {}
            assert world.client.get("/health/").status_code == 200

        cluster.start()

        wait_until(lambda: is_ready(world.client))
        assert world.client.post("/post/", json={"text": "Back again."}).status_code == 201
        assert [post["text"] for post in world.client.get("/post/").json()] == ["Back again.", "Old."]


@pytest.mark.security(26)
@on_postgresql
def test_a_crash_of_postgresql_loses_nothing_acknowledged(tmp_path: Path) -> None:
    with own_cluster() as cluster, running_server(cluster.uri, tmp_path) as server:
        ledger = open_ledger(server)
        with writing(server, ledger):
            for _ in range(2):
                ledger.wait_for(20)
                cluster.stop()
                ledger.wait_for(1, status=503)
                cluster.start()
            ledger.wait_for(20)

        assert set(ledger.statuses) == {201, 503}
        assert ledger.compare(server) == []
        assert wrong_counts(cluster.uri) == []


@pytest.mark.security(25)
@on_sqlite
def test_a_locked_sqlite_refuses_writers_and_serves_readers(database_uri: str, tmp_path: Path) -> None:
    file = str(make_url(database_uri).database)
    with (
        running_server(database_uri, tmp_path, PAMPS_DB__busy_timeout="1") as server,
        world_of(server) as world,
        closing(sqlite3.connect(file, isolation_level=None)) as other,
    ):
        other.execute("BEGIN EXCLUSIVE")

        assert is_unavailable(world.client.post("/post/", json={"text": "Not now."}))
        assert is_unavailable(world.client.delete(f"/post/{world.good['post_id']}/"))
        reads = [world.client.get(path) for path in ("/health/", "/ready/", "/post/", "/user/me/")]
        assert [answer.status_code for answer in reads] == [200] * 4

        other.execute("ROLLBACK")

        assert world.client.post("/post/", json={"text": "Back again."}).status_code == 201
        assert [post["text"] for post in world.client.get("/post/").json()] == ["Back again.", "Old."]
