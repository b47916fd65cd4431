"""An upgrade indexes the posts that an older version wrote."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from pamps.models import User
from pamps.models.post import PostPatch
from pamps.services import post as post_service
from pamps.services.reindex import count_missing, index_missing
from tests.db.test_migrations import alembic
from tests.services.test_reindex import (
    TEXTS,
    _small,  # noqa: F401 - a fixture
    database,  # noqa: F401 - a fixture
    execute,
    kill_in_the_second_batch,
    look,
)
from tests.support.commands import run_pamps
from tests.support.server import running_server


def forget_search(uri: str) -> None:
    """Make it a database of the version before search, with what is in it."""
    alembic(uri, "downgrade", "0009")


def test_an_older_database_is_searchable_after_the_upgrade(
    database: Engine, database_uri: str, tmp_path: Path
) -> None:
    before = look(database)
    forget_search(database_uri)

    with running_server(database_uri, tmp_path) as server, server.client() as client:
        hits = client.get("/search/", params={"q": "#butter bread"}).json()
        tags = client.get("/tag/", params={"q": "cafe"}).json()
        log = server.log.read_text()

    assert [hit["id"] for hit in hits] == [6, 1]
    assert tags == [{"name": "café", "uses": 2}]
    assert log.count("Indexing posts of an older version, so that search finds them: 9\n") == 1
    assert look(database) == before


def test_it_is_said_in_one_line_and_done_once(database_uri: str, database: Engine) -> None:
    forget_search(database_uri)

    first, second = (run_pamps(database_uri, "migrate") for _ in range(2))

    assert first.stderr == "Indexing posts of an older version, so that search finds them: 9\n"
    assert (first.returncode, second.returncode, second.stderr) == (0, 0, "")


def test_a_killed_upgrade_continues_at_the_next_start(database: Engine, database_uri: str) -> None:
    before = look(database)
    forget_search(database_uri)

    kill_in_the_second_batch(database_uri, "migrate")
    half = look(database)
    again = run_pamps(database_uri, "migrate")

    assert 0 < len(half["index"]) < 9
    assert re.search(r"finds them: [1-8]\n", again.stderr)
    assert look(database) == before


def test_an_edit_before_an_upgrade_continues_does_not_stop_it(database: Engine) -> None:
    before = look(database)
    execute(database, "DELETE FROM search_index", "DELETE FROM tag")
    with Session(database) as session:
        post_service.edit_post(session, session.get_one(User, 1), 1, PostPatch(text=TEXTS[0]))
        session.commit()

    assert count_missing() == 8
    index_missing()

    assert count_missing() == 0
    assert look(database) == before


def test_several_starters_share_the_work(database: Engine, database_uri: str) -> None:
    before = look(database)
    forget_search(database_uri)

    with ThreadPoolExecutor(3) as threads:
        runs = list(threads.map(lambda _: run_pamps(database_uri, "migrate"), range(3)))

    assert [run.returncode for run in runs] == [0, 0, 0], runs
    assert look(database) == before
