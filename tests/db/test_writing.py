"""A statement that fails in a transaction fails as it would if SQLAlchemy had run it."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session

from pamps.db import reading_engine, writing_engine
from pamps.db.failures import violated_constraint
from pamps.db.prepared import run
from pamps.models.types import utc_now
from pamps.queries.notification import newest_of_all
from pamps.services.post import _insert
from tests.conftest import TEST_URI

NOBODY = 2**40
PROCESS = text("SELECT pg_backend_pid()")
POST: dict[str, Any] = {"wrote": "Hello.", "now": utc_now(), "parent": None}


@pytest.fixture
def writing() -> Iterator[Session]:
    """A session like that of a request, which is rolled back."""
    with Session(writing_engine) as session:
        yield session


def test_a_violated_constraint_has_its_name(writing: Session) -> None:
    with pytest.raises(IntegrityError) as refused:
        run(writing, _insert(), user=NOBODY, **POST)

    assert ("fk_post_user_id" if TEST_URI else "FOREIGN KEY") in violated_constraint(refused.value)
    assert "Hello." not in str(refused.value)


@pytest.mark.skipif(not TEST_URI, reason="nobody ends a connection to a file")
def test_a_connection_that_is_lost_takes_others_with_it(writing: Session) -> None:
    with Session(writing_engine) as idle:
        known = {idle.scalar(PROCESS), writing.scalar(PROCESS)}
        idle.execute(text("SELECT pg_terminate_backend(:process)"), {"process": writing.scalar(PROCESS)})

    with pytest.raises(OperationalError) as lost:
        run(writing, _insert(), user=NOBODY, **POST)

    assert lost.value.connection_invalidated
    with Session(writing_engine) as later:
        assert later.scalar(PROCESS) not in known


@pytest.mark.skipif(not TEST_URI, reason="nobody ends a connection to a file")
def test_a_read_outlives_the_loss_of_every_connection() -> None:
    with Session(reading_engine) as first, Session(reading_engine) as second:
        known = [first.scalar(PROCESS), second.scalar(PROCESS)]
    with Session(writing_engine) as other:
        for process in known:
            if process != other.scalar(PROCESS):
                other.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})

        with Session(reading_engine) as reading:
            assert run(reading, newest_of_all()) == [(0,)]
