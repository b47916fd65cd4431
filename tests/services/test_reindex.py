"""`pamps reindex`, and the upgrade of a database that knows nothing of search: afterwards everything is found
that is there, and nothing else, whatever was there before and whoever wrote meanwhile."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlmodel import Session, func, select

from pamps.db import use_database
from pamps.models import Post, User
from pamps.models.post import PostPatch, PostRequest
from pamps.models.tag import PostTag
from pamps.services import post as post_service
from pamps.services import reindex as reindex_service
from pamps.services.reindex import index_missing, reindex
from tests.cli.test_cli import type_into_terminal
from tests.conftest import TEST_URI
from tests.support.commands import run_pamps
from tests.support.databases import migrate, open_database
from tests.support.factories import CLIENT, make_post, make_user
from tests.support.search_index import POST_ID, read_index
from tests.support.server import REPOSITORY

TEXTS = ["Bread and #butter.", "#Café in the #rain", "Nothing about anything", "夜の #写真", "#butter again"]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few posts are many."""
    monkeypatch.setattr(reindex_service, "BATCH", 4)
    monkeypatch.setattr(reindex_service, "OLDEST", 2)


@pytest.fixture
def posts(session: Session, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The ids of ana and of her posts, of which one is deleted and one only its place; and the service works
    in the transaction of the test."""

    @contextmanager
    def inside() -> Iterator[Session]:
        yield session
        session.commit()

    monkeypatch.setattr(reindex_service, "transaction", inside)
    monkeypatch.setattr(reindex_service, "PAUSE_SECONDS", 0)
    return write_posts(session)


def write_posts(session: Session) -> dict[str, int]:
    ana = make_user(session, "ana")
    posts = [make_post(session, ana, TEXTS[number % len(TEXTS)]) for number in range(10)]
    make_post(session, ana, "A #reply.", parent=posts[2])
    for number in (2, 4):
        post_service.delete_post(session, ana, posts[number].id, CLIENT)
    session.commit()
    return {"ana": ana.id} | {f"post{number}": post.id for number, post in enumerate(posts)}


@pytest.fixture
def database(database_uri: str) -> Iterator[Engine]:
    """A database with the same, in which transactions are real."""
    migrate(database_uri)
    with use_database(open_database(database_uri)) as own:
        with own.session(writes=True) as session:
            write_posts(session)
        yield own.writing_engine
    own.dispose()


def do_all() -> None:
    for part in reindex():
        for _ in part.steps:
            pass


def look(database: Engine) -> dict[str, list[Any]]:
    with database.connect() as connection:
        return read_index(connection)


def has_lost_something(database: Engine) -> bool:
    """Whether `reindex` finds anything to mend."""
    before = look(database)
    do_all()
    return look(database) != before


OTHER_ROW = "INSERT INTO search_index (INDEX_ID, words, user_id) VALUES"
OTHER_TAG = "INSERT INTO post_tag (post_id, tag_id, user_id) SELECT"
WRECKS = {
    "the index is empty": ["DELETE FROM search_index"],
    "some is missing there": ["DELETE FROM search_index WHERE INDEX_ID IN (:post0, :post6)"],
    "other words are there": ["UPDATE search_index SET words = 'other' WHERE INDEX_ID IN (:post1, :post8)"],
    "another author is there": ["UPDATE search_index SET user_id = 0 WHERE INDEX_ID = :post5"],
    "what is deleted is there": [f"{OTHER_ROW} (:post2, 'no', 1)"],
    "no tag is there": ["DELETE FROM tag"],
    "no post has a tag": ["DELETE FROM post_tag"],
    "a tag is used too often": ["UPDATE tag SET uses = uses + 5"],
    "a tag is not used enough": ["UPDATE tag SET uses = -1"],
    "a tag is used by nobody": ["INSERT INTO tag (name, folded, uses) VALUES ('nobody', 'nobody', 1)"],
    "a tag is folded otherwise": ["UPDATE tag SET folded = 'other'"],
    "a tag has another name": ["UPDATE tag SET name = 'other' WHERE name = 'butter'"],
    "posts have other tags": [
        "DELETE FROM post_tag WHERE post_id = :post0",
        f"{OTHER_TAG} :post0, id, :ana FROM tag WHERE name = 'rain'",
    ],
    "a deleted post has a tag": [f"{OTHER_TAG} :post2, id, :ana FROM tag WHERE name = 'rain'"],
    "posts have no tags, and counts say so": ["DELETE FROM post_tag", "UPDATE tag SET uses = 0"],
}
if not TEST_URI:  # PostgreSQL would not have it
    WRECKS["something is there without a post"] = [f"{OTHER_ROW} (:post4, 'no', 1), (:post9 + 50, 'no', 1)"]


@pytest.mark.parametrize("wreck", WRECKS)
def test_whatever_was_there_it_is_right_afterwards(
    connection: Connection, posts: dict[str, int], wreck: str
) -> None:
    before = read_index(connection)
    for statement in WRECKS[wreck]:
        query = text(statement.replace("INDEX_ID", POST_ID))
        connection.execute(query, {name: posts[name] for name in query.compile().params})
    assert read_index(connection) != before

    do_all()

    assert read_index(connection) == before


def test_what_is_right_stays_as_it_is(connection: Connection, posts: dict[str, int]) -> None:
    before = read_index(connection)

    do_all()

    assert read_index(connection) == before
    assert len(before["index"]) == 9
    assert ("butter", "butter", 3) in before["tags"]


def test_a_part_tells_how_many_there_are(posts: dict[str, int]) -> None:
    parts = [(part.name, part.total, sum(part.steps)) for part in reindex()]

    assert parts == [("tags", 5, 5), ("posts", 10, 10)]


@pytest.mark.once
def test_a_text_full_of_tags_is_no_obstacle(
    session: Session, posts: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many values a statement may have."""
    for number in range(700):
        tags = " ".join(f"#t{number}_{tag}" for tag in range(50))
        session.add(Post(text=tags, user_id=posts["ana"], edited_at=None))
    monkeypatch.setattr(reindex_service, "BATCH", 1_000)

    index_missing()
    do_all()
    assert count_uses(session) > 50 * 700
    post_service.remove_all_posts(session, session.get_one(User, posts["ana"]))

    assert count_uses(session) == 0


def count_uses(session: Session) -> int:
    return session.exec(select(func.count()).select_from(PostTag)).one()


# With others at work


def execute(database: Engine, *statements: str) -> None:
    with database.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def write(database: Engine, rounds: int) -> None:
    """What somebody does who never waits: write, edit, delete."""
    for number in range(rounds):
        with Session(database, expire_on_commit=False) as session:
            ana = session.get_one(User, 1)
            first = make_post(session, ana, f"#first{number} of many")
            second = make_post(session, ana, f"#second{number} of #butter")
            patch = PostPatch(text=f"#{'butter #rain' if number % 2 else 'rain #butter'}{number % 3}")
            for post_id in (second.id, 1, 2):
                post_service.edit_post(session, ana, post_id, patch)
                session.commit()
            post_service.delete_post(session, ana, first.id, CLIENT)
            session.commit()


def test_people_write_meanwhile_and_nothing_is_lost(database: Engine) -> None:
    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(write, database, 15)
        while not writing.done():
            do_all()
        writing.result()

    assert not has_lost_something(database)
    assert len(look(database)["index"]) == 9 + 15


@pytest.mark.skipif(not TEST_URI, reason="it has one writer at a time")
def test_what_comes_between_the_statements_of_a_batch_stays(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids are given before the commit, so it may be among those that the batch is about."""
    hold_posts = reindex_service._lock_posts
    with Session(database, expire_on_commit=False) as other:
        post_service.create_post(other, other.get_one(User, 1), PostRequest(text="#slow to come"))
        with Session(database) as session:
            make_post(session, make_user(session, "bia"), "#quick")

        def hold_and_commit_another(*given: Any) -> Any:
            held = hold_posts(*given)
            other.commit()
            return held

        monkeypatch.setattr(reindex_service, "_lock_posts", hold_and_commit_another)
        do_all()

    words = {row[0]: row[1] for row in look(database)["index"]}
    assert any("slow" in found for found in words.values())
    assert not has_lost_something(database)


@pytest.mark.skipif(not TEST_URI, reason="it has one writer at a time")
def test_who_writes_goes_first(database: Engine) -> None:
    """Even where both wait for what the other one holds."""
    execute(database, "DELETE FROM post_tag WHERE post_id = 1")
    with Session(database) as session, ThreadPoolExecutor(1) as thread:
        parts = reindex()
        list(next(parts).steps)
        session.execute(text("SELECT * FROM tag WHERE name = 'butter' FOR UPDATE"))
        working = thread.submit(sum, next(parts).steps)
        wait_until_somebody_waits(database)
        session.execute(text("SELECT * FROM post ORDER BY id FOR UPDATE"))
        session.commit()
        assert working.result() == 10

    assert not has_lost_something(database)


def wait_until_somebody_waits(database: Engine) -> None:
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with database.connect() as connection:
        while connection.execute(text(waiting)).first() is None:
            connection.rollback()  # inside a transaction, what is seen of others stays as it was


HANGS_IN_THE_SECOND_BATCH = """
import sys
from pamps.cli import main
from pamps.services import reindex

reindex.BATCH, reindex.OLDEST, again = 4, 2, reindex.reindex_posts

def hang(session, texts):
    again(session, texts)
    if min(text.post_id for text in texts) < 5:
        print("hangs", flush=True)
        sys.stdin.read()

reindex.reindex_posts = hang
main()
"""


def kill_in_the_second_batch(uri: str, command: str) -> None:
    """Run `pamps`, and kill it before it commits the second batch."""
    with subprocess.Popen(
        [sys.executable, "-c", HANGS_IN_THE_SECOND_BATCH, command],
        cwd=REPOSITORY,
        env={**os.environ, "PAMPS_DB__uri": uri},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "hangs\n"
        process.send_signal(signal.SIGKILL)


def test_killed_in_the_middle_it_has_done_no_harm(database: Engine, database_uri: str) -> None:
    before = look(database)

    kill_in_the_second_batch(database_uri, "reindex")

    assert look(database) == before
    assert run_pamps(database_uri, "reindex").returncode == 0


# Databases of older versions


# The command


def test_the_command_says_what_it_does(database: Engine, database_uri: str) -> None:
    execute(database, "DELETE FROM search_index", "DELETE FROM tag")

    run = run_pamps(database_uri, "reindex")

    assert run.stdout == "Tags and the search index are up to date.\n"
    assert re.fullmatch(r"tags: 0 in \d+\.\d s\nposts: 10 in \d+\.\d s\n", run.stderr)
    assert not has_lost_something(database)


def test_a_terminal_shows_how_far_it_has_come(database: Engine, database_uri: str) -> None:
    screen = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", type_into_terminal(["reindex"], database_uri, []))

    assert re.search(r"posts +━+ 10/10 .*\d:\d\d:\d\d\r", screen)
    assert max(map(len, re.split(r"[\r\n]+", screen))) <= 80
