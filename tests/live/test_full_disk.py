"""A disk without a free byte: writers are told to come back, nothing is corrupted, nothing acknowledged is
lost."""

import secrets
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.conftest import TEST_URI
from tests.live.ledger import Ledger, open_ledger, wrong_counts
from tests.live.recovery import is_ready, is_unavailable, send_everything, wait_until, world_of
from tests.support.clusters import Cluster, own_cluster
from tests.support.server import running_server
from tests.support.small_disk import small_disk

on_postgresql = pytest.mark.skipif(not TEST_URI, reason="fills the disk of a PostgreSQL of its own")
on_sqlite = pytest.mark.skipif(bool(TEST_URI), reason="fills the disk of a SQLite database")

LENGTH = 20_000
SETTINGS = {"PAMPS_POSTS__max_length": str(LENGTH)}
MANY = 1000  # more writes than the databases have set room aside for


def write(ledger: Ledger, client: httpx2.Client) -> httpx2.Response:
    """Write what cannot be compressed, and so takes new pages every time."""
    return ledger.write(client, secrets.token_hex(LENGTH // 2))


def write_until_refused(ledger: Ledger, client: httpx2.Client) -> httpx2.Response:
    """Use up the room that the database has set aside; returns the first refusal."""
    answers = (write(ledger, client) for _ in range(MANY))
    return next(answer for answer in answers if answer.status_code != 201)


@pytest.mark.security(26)
@on_sqlite
def test_sqlite_on_a_full_disk_serves_readers_and_keeps_everything(tmp_path: Path) -> None:
    with small_disk(megabytes=16) as disk:
        uri = f"sqlite:///{disk.inside}/pamps.db"
        with (
            running_server(uri, tmp_path, python=disk.python, **SETTINGS) as server,
            world_of(server) as world,
        ):
            ledger = open_ledger(server, writers=1)
            with server.client(ledger.tokens[0]) as client:
                assert write(ledger, client).status_code == 201
                disk.fill()

                assert is_unavailable(write_until_refused(ledger, client))
                assert all(is_unavailable(write(ledger, client)) for _ in range(10))
                reads = [client.get(path) for path in ("/ready/", "/post/", "/user/me/")]
                assert [answer.status_code for answer in reads] == [200] * 3
                assert broken(send_everything(world)) == {}

                disk.free()

                assert write(ledger, client).status_code == 201
            assert ledger.compare(server) == []
        copy = shutil.copytree(disk.folder, tmp_path / "copy") / "pamps.db"

    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert wrong_counts(f"sqlite:///{copy}") == []


@pytest.mark.security(26)
@on_postgresql
def test_postgresql_on_a_full_disk_is_a_503_and_keeps_everything(tmp_path: Path) -> None:
    with (
        small_disk(megabytes=100) as disk,
        own_cluster(disk.folder) as cluster,
        running_server(cluster.uri, tmp_path, python=None, **SETTINGS) as server,
        world_of(server) as world,
    ):
        ledger = open_ledger(server, writers=1)
        with server.client(ledger.tokens[0]) as client:
            assert write(ledger, client).status_code == 201
            disk.fill()

            assert is_unavailable(write_until_refused(ledger, client))
            assert all(is_unavailable(write(ledger, client)) for _ in range(10))
            assert broken(send_everything(world)) == {}

            disk.fill()
            crash_at_checkpoint(cluster)
            for _ in range(10):  # recovery may have made a little room
                assert write(ledger, client).status_code in (201, 503)
            disk.fill()
            assert broken(send_everything(world)) == {}

            disk.free()

            wait_until(lambda: is_up(cluster) and is_ready(client))
            assert write(ledger, client).status_code == 201
        assert ledger.compare(server) == []
        assert wrong_counts(cluster.uri) == []


def broken(answers: dict[str, httpx2.Response]) -> dict[str, str]:
    """The answers of a server with a bug: neither carried out nor refused."""
    return {n: a.text for n, a in answers.items() if a.status_code >= 500 and not is_unavailable(a)}


def crash_at_checkpoint(cluster: Cluster) -> None:
    """Ask for what PostgreSQL does by itself every few minutes: where it finds no room, it crashes."""
    engine = create_engine(cluster.uri, isolation_level="AUTOCOMMIT")
    with pytest.raises(DBAPIError), engine.connect() as connection:
        connection.execute(text("CHECKPOINT"))
    engine.dispose()


def is_up(cluster: Cluster) -> bool:
    """True. What crashed for want of room may not have come up again by itself: then somebody starts it."""
    if not cluster.is_running():
        cluster.start()
    return True
