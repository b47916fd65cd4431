"""The world that bad input is sent to."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, select
from sqlmodel import Session, SQLModel

from pamps.app import app
from tests.bad_input.operations import World
from tests.conftest import Login
from pamps.security import read_token
from tests.factories import make_access_token, make_follow, make_like, make_post, make_session, make_user

Snapshot = Callable[[], dict[str, list[Any]]]
Case = Callable[[object], AbstractContextManager[None]]


@pytest.fixture
def world(session: Session, login: Login) -> Iterator[World]:
    """Two people, `ana` and `bia`, who follow each other, and a post by ana that bia likes.

    A server error is an answer here, not a traceback: the tests look at it."""
    ana, bia = make_user(session, "ana"), make_user(session, "bia")
    make_follow(session, ana, bia)
    make_follow(session, bia, ana)
    post = make_post(session, ana, "Old.")
    make_like(session, bia, post)
    other = make_session(session, ana)
    good = {
        "user_id": bia.id,
        "post_id": post.id,
        "parent_id": post.id,
        "refresh_token": other.refresh_token,
        "session_id": read_token(other.access_token, "access_token").session_id,
        "token_id": make_access_token(session, ana).id,
    }
    headers = {"Authorization": login(ana).headers["Authorization"]}
    # Entered, it keeps one event loop for all its requests, which halves their time.
    with TestClient(app, headers=headers, raise_server_exceptions=False) as client:
        yield World(client, good)


@pytest.fixture
def case(connection: Connection) -> Case:
    """`with case("nul"):` is one of many inputs for one world: named where it fails, undone at its end."""

    @contextmanager
    def undone(name: object) -> Iterator[None]:
        savepoint = connection.begin_nested()
        try:
            yield
        except AssertionError as problem:
            problem.add_note(f"in the case of: {str(name)[:60]}")
            raise
        finally:
            savepoint.rollback()

    return undone


@pytest.fixture
def snapshot(connection: Connection) -> Snapshot:
    """`snapshot()`: every row of every table, as it is now."""

    def read() -> dict[str, list[Any]]:
        tables = SQLModel.metadata.sorted_tables
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))]
            for table in tables
        }

    return read
