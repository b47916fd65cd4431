"""The world that bad input is sent to."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlmodel import Session, SQLModel

from pamps.app import app
from pamps.models import User
from tests.bad_input.good import PREPARATIONS, make_good
from tests.bad_input.operations import Operation, World, key
from tests.conftest import Login, rolled_back
from tests.contracts.permissions import ALLOWED, PERMISSIONS
from tests.support.client import Client
from tests.support.factories import make_user

Snapshot = Callable[[], dict[str, list[Any]]]
Made = tuple[Connection, int, dict[str, Any]]
Case = Callable[[object], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    """A transaction with what `make_good` made, the id of ana, and the good values."""
    with rolled_back() as connection:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            ana, good = make_good(session)
            session.commit()
            made = ana.id, good
        yield connection, *made


@pytest.fixture
def connection(made: Made) -> Iterator[Connection]:
    """That transaction. What a test does there is undone."""
    savepoint = made[0].begin_nested()
    yield made[0]
    savepoint.rollback()


@pytest.fixture
def world(
    request: pytest.FixtureRequest,
    made: Made,
    session: Session,
    login: Login,
) -> World:
    """What `make_good` made, and a client signed in as ana. If the test is about one operation, there is also
    what PREPARATIONS say, and the client is a superuser's where ana is refused.

    A server error is an answer here, not a traceback: the tests look at it."""
    _, ana, good = made
    viewer, good = session.get_one(User, ana), dict(good)
    operation = key_of(request)
    if operation in PERMISSIONS and PERMISSIONS[operation].owner is not ALLOWED:
        viewer = make_user(session, "zoe", superuser=True)
    if operation in PREPARATIONS:
        good |= PREPARATIONS[operation](session, viewer)
        session.commit()
    headers = {"Authorization": login(viewer).headers["Authorization"]}
    return World(Client(app, headers=headers, raise_server_exceptions=False), good)


def key_of(request: pytest.FixtureRequest) -> str:
    """The operation that the test is about, or nothing."""
    callspec = getattr(request.node, "callspec", None)
    operation = callspec.params.get("operation") if callspec else None
    return key(operation) if isinstance(operation, Operation) else ""


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
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in tables
        }

    return read
