"""The database of the process, and another one in its place."""

import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from pamps import db
from pamps.config import settings
from pamps.db import Database, get_database, use_database

pytestmark = pytest.mark.once


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Database]:
    database = Database(settings.db.model_copy(update={"uri": f"sqlite:///{tmp_path}/other.db"}))
    yield database
    database.dispose()


def test_every_thread_of_a_process_has_the_same_database() -> None:
    found: list[Database] = []
    threads = [threading.Thread(target=lambda: found.append(get_database())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [get_database()] * 4
    assert db.engine is get_database().engine


def test_another_database_stands_in_for_the_own_one(other: Database) -> None:
    own = get_database()

    with use_database(other):
        assert get_database() is other
        assert (db.engine, db.reading_engine) == (other.engine, other.reading_engine)

    assert get_database() is own


def test_the_own_database_comes_back_after_an_error(other: Database) -> None:
    own = get_database()

    with pytest.raises(OSError, match="away"), use_database(other):
        raise OSError("away")

    assert get_database() is own


def test_a_file_is_made_with_the_first_connection_and_private(other: Database, tmp_path: Path) -> None:
    assert list(tmp_path.iterdir()) == []

    with other.session(writes=False) as session:
        session.execute(text("SELECT 1"))

    assert stat.S_IMODE((tmp_path / "other.db").stat().st_mode) == 0o600
