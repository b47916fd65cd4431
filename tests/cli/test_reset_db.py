"""`pamps reset-db`."""

import os
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlmodel import create_engine

from tests.cli.conftest import Run, assert_one_red_line
from tests.conftest import TEST_URI
from tests.support.server import REPOSITORY


@pytest.mark.once
def test_reset_db_asks_first(migrated: Run) -> None:
    refused = migrated("reset-db", stdin="n\n")
    kept = migrated("user-list")
    agreed = migrated("reset-db", stdin="y\n")

    assert refused.returncode == 1
    assert kept.returncode == 0
    assert agreed.returncode == 0
    assert_one_red_line(migrated("user-list"), "Run `pamps migrate` first.")


def test_reset_db_leaves_a_database_that_can_be_migrated_again(migrated: Run, ana: None) -> None:
    assert migrated("reset-db", "-f").returncode == 0
    assert migrated("reset-db", "--force").returncode == 0
    assert migrated("migrate").returncode == 0
    assert migrated("user-list", "--json").stdout == "[]\n"


def test_reset_db_drops_a_thread(migrated: Run, ana: None) -> None:
    """A reply refers to its post, in the same table."""
    thread = (
        "session.add(Post(user_id=1, text='Hello.')); session.flush()\n"
        "session.add(Post(user_id=1, text='A reply.', parent_id=1)); session.commit()\n"
        "print(len(session.exec(select(Post)).all()), 'posts')\n"
    )
    assert "2 posts" in migrated("shell", stdin=thread).stdout

    reset = migrated("reset-db", "-f")

    assert reset.returncode == 0, reset.stderr
    assert migrated("migrate").returncode == 0
    assert migrated("user-list", "--json").stdout == "[]\n"


@pytest.mark.skipif(bool(TEST_URI), reason="a file of SQLite")
def test_reset_db_asks_with_the_full_path_of_the_file(migrated: Run, database_uri: str) -> None:
    path = Path(str(make_url(database_uri).database))
    relative = f"sqlite:///{os.path.relpath(path, REPOSITORY)}"

    assert str(path.resolve()) in migrated("reset-db", stdin="n\n", PAMPS_DB__uri=relative).stdout


def test_reset_db_does_not_touch_the_tables_of_others(migrated: Run, database_uri: str) -> None:
    engine = create_engine(database_uri)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE theirs (n INTEGER)"))

    migrated("reset-db", "-f")

    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM theirs")).scalar_one() == 0
    engine.dispose()


def test_production_requires_the_database_name_even_with_force(migrated: Run, database_uri: str) -> None:
    production = {"PAMPS_ENV": "production", "PAMPS_SECURITY__secret_key": "k" * 40}
    name = str(create_engine(database_uri).url.database)

    assert_one_red_line(migrated("reset-db", "-f", **production), "This is production")
    assert_one_red_line(migrated("reset-db", "-f", "--database", "other", **production), "This is production")
    assert migrated("reset-db", stdin="other\n", **production).returncode == 1
    assert migrated("user-list", **production).returncode == 0
    assert migrated("reset-db", "-f", "--database", name, **production).returncode == 0
