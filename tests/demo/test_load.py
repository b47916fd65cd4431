"""What a demo leaves in the database: rows and counters as the services would have written them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, func, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from pamps.db import engine
from pamps.demo.load import PASSWORD, OtherUsers, fill
from pamps.demo.recipe import Recipe
from pamps.models import User
from pamps.security.tokens import hash_password
from pamps.services import reindex
from tests.conftest import TEST_URI
from tests.demo.conftest import TABLES, read_tables
from tests.support.factories import make_user
from tests.support.search_index import read_index

SMALL = Recipe(users=20, posts=100, seed=1, until=date(2024, 1, 1))

# Each finds the rows whose counter is wrong.
WRONG_COUNTERS = {
    "user.followers": """SELECT id FROM "user" WHERE followers <>
        (SELECT count(*) FROM social WHERE followed_id = "user".id)""",
    "user.following": """SELECT id FROM "user" WHERE following <>
        (SELECT count(*) FROM social WHERE follower_id = "user".id)""",
    "user.posts": """SELECT id FROM "user" WHERE posts <>
        (SELECT count(*) FROM post WHERE user_id = "user".id AND deleted IS false)""",
    "post.likes": """SELECT id FROM post WHERE likes <>
        (SELECT count(*) FROM "like" WHERE post_id = post.id)""",
    "post.replies_count": """SELECT id FROM post WHERE replies_count <>
        (SELECT count(*) FROM post AS reply WHERE reply.parent_id = post.id AND reply.deleted IS false)""",
}

# Each finds rows that no service would have left.
IMPOSSIBLE = {
    "a reply before its parent": "SELECT id FROM post WHERE parent_id >= id",
    "a tombstone without replies": """SELECT id FROM post WHERE deleted AND NOT EXISTS
        (SELECT 1 FROM post AS reply WHERE reply.parent_id = post.id)""",
    "a tombstone with content": "SELECT id FROM post WHERE deleted AND (text <> '' OR edited_at IS NOT NULL)",
    "a like of a tombstone": """SELECT "like".id FROM "like" JOIN post ON post.id = post_id WHERE deleted""",
    "a text that is empty": "SELECT id FROM post WHERE text = '' AND deleted IS false",
}


@contextmanager
def silence(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """Tell nobody."""
    yield lambda _: None


def fill_silently(connection: Connection, recipe: Recipe = SMALL) -> bool:
    return fill(connection, recipe, hash_password(PASSWORD), silence)


def count_users(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(User)) or 0


def test_as_many_are_there_as_were_asked_for(filled: Engine) -> None:
    counts = {table: len(rows) for table, rows in read_tables(filled).items()}

    assert (counts["user"], counts["post"]) == (200, 12_000)
    assert counts["social"] > 20 * 200
    assert counts["like"] > 10_000


@pytest.mark.parametrize("what", [*WRONG_COUNTERS, *IMPOSSIBLE])
def test_the_rows_are_as_the_services_would_have_left_them(filled: Engine, what: str) -> None:
    with filled.connect() as connection:
        assert connection.execute(text((WRONG_COUNTERS | IMPOSSIBLE)[what])).all() == []


def test_posts_are_found_as_if_the_services_had_written_them(
    session: Session, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`pamps reindex` changes nothing, nor does it where nothing was."""

    @contextmanager
    def inside() -> Iterator[Session]:
        yield session

    monkeypatch.setattr(reindex, "transaction", inside)
    monkeypatch.setattr(reindex, "PAUSE_SECONDS", 0)
    fill_silently(connection, replace(SMALL, posts=2_000))
    found = read_index(connection)

    reindex.index_missing()
    assert read_index(connection) == found
    connection.execute(text("DELETE FROM search_index"))
    connection.execute(text("DELETE FROM tag"))
    reindex.index_missing()

    assert read_index(connection) == found
    assert all(len(rows) > 30 for rows in found.values())


@pytest.mark.skipif(not TEST_URI, reason="about PostgreSQL alone")
def test_the_index_of_words_is_made_as_it_was(connection: Connection) -> None:
    """The same also tells of the index what `alembic check` does not see."""
    definition = text(
        "SELECT indexdef FROM pg_indexes"
        " WHERE indexname = 'ix_search_index_words' AND schemaname = current_schema()"
    )
    before = connection.execute(definition).scalars().all()

    fill_silently(connection)

    assert connection.execute(definition).scalars().all() == before != []


def test_ids_and_dates_rise_together(filled: Engine) -> None:
    for table, rows in read_tables(filled).items():
        dates = [row["created_at" if table == "user" else "date"] for row in rows]

        assert [row["id"] for row in rows] == list(range(1, len(rows) + 1))
        assert dates == sorted(dates)


def test_times_are_utc(session: Session, connection: Connection) -> None:
    fill_silently(connection)

    assert {user.created_at.utcoffset() for user in session.exec(select(User))} == {timedelta(0)}


def test_the_planner_knows_the_tables(filled: Engine) -> None:
    statistics = (
        "SELECT relname FROM pg_class WHERE reltuples > 0 AND relnamespace = current_schema()::regnamespace"
        if TEST_URI
        else "SELECT tbl FROM sqlite_stat1"
    )

    with filled.connect() as connection:
        assert set(TABLES) <= set(connection.execute(text(statistics)).scalars())


@pytest.mark.skipif(not TEST_URI, reason="about PostgreSQL alone")
@pytest.mark.parametrize("table", TABLES)
def test_autovacuum_stays_out(connection: Connection, table: str) -> None:
    """It would take that lock, and then tell the planner that the table is empty."""
    fill_silently(connection)

    with engine.connect() as autovacuum, pytest.raises(OperationalError, match="could not obtain lock"):
        autovacuum.execute(text(f'LOCK TABLE "{table}" IN SHARE UPDATE EXCLUSIVE MODE NOWAIT'))


def test_everybody_can_log_in(client: TestClient, session: Session, connection: Connection) -> None:
    fill_silently(connection)

    for user in session.exec(select(User)):
        answer = client.post("/token", data={"username": user.username, "password": PASSWORD})
        assert answer.status_code == 200


def test_a_demo_is_made_once_whoever_joins_it(session: Session, connection: Connection) -> None:
    assert fill_silently(connection)
    make_user(session)

    assert not fill_silently(connection)
    assert count_users(session) == SMALL.users + 1


@pytest.mark.parametrize("difference", [{"users": 30}, {"posts": 200}, {"seed": 2}])
def test_another_demo_is_refused(connection: Connection, difference: dict[str, Any]) -> None:
    fill_silently(connection)

    with pytest.raises(OtherUsers):
        fill_silently(connection, replace(SMALL, **difference))


def test_other_users_are_left_alone(session: Session, connection: Connection) -> None:
    make_user(session)

    with pytest.raises(OtherUsers):
        fill_silently(connection)
    assert count_users(session) == 1


def test_an_id_is_never_given_twice(session: Session, connection: Connection) -> None:
    """Also where somebody was there before who had a greater one than the demo needs."""
    gone = make_user(session)
    session.delete(gone)
    session.commit()
    fill_silently(connection, replace(SMALL, users=1, posts=0))

    assert make_user(session).id > max(gone.id, 1)
