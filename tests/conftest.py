"""Fixtures of all tests. PAMPS_TEST_URI names the PostgreSQL to run on; without it, the suite runs on a
SQLite file of its own."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.client import Client
from tests.support.schemas import drop_schema, own_schema

# Settings are read once, at their first use, so this comes before any import of pamps.
TEST_URI = GIVEN_URI = os.environ.get("PAMPS_TEST_URI", "")
OWN_SCHEMA = ""
for name in [name for name in os.environ if name.startswith("PAMPS_") and name != "PAMPS_TEST_URI"]:
    del os.environ[name]  # workers of pytest-xdist read PAMPS_TEST_URI afterwards
if GIVEN_URI and "PYTEST_XDIST_WORKER" in os.environ:
    # In one schema, parallel tests that create the same name would wait for each other.
    OWN_SCHEMA = f"test_{os.environ['PYTEST_XDIST_WORKER']}"
    TEST_URI = own_schema(GIVEN_URI, OWN_SCHEMA)
_folder = tempfile.TemporaryDirectory(prefix="pamps-test-")
os.environ["PAMPS_ENV"] = "testing"
os.environ["PAMPS_DB__uri"] = TEST_URI or f"sqlite:///{_folder.name}/pamps.db"

import pytest
from anyio.from_thread import start_blocking_portal
from fastapi.testclient import TestClient
from sqlalchemy import Connection
from sqlmodel import Session

from pamps.app import app
from pamps.db import engine, use_database, writing_engine
from pamps.models import User
from pamps.services import schema
from tests.support.databases import DatabaseInside, count_at_once, empty_database
from tests.support.factories import make_session

Login = Callable[..., TestClient]


@pytest.fixture(scope="session", autouse=True)
def _migrated() -> Iterator[None]:
    """Create the schema with the same migrations that users run."""
    schema.upgrade()
    yield
    engine.dispose()
    if OWN_SCHEMA:
        drop_schema(GIVEN_URI, OWN_SCHEMA)


@pytest.fixture(scope="session", autouse=True)
def _one_event_loop() -> Iterator[None]:
    """Share one event loop among all clients; otherwise each would start a thread with its own loop,
    twice."""
    with start_blocking_portal() as portal:
        TestClient.portal = portal
        yield


@contextmanager
def rolled_back() -> Iterator[Connection]:
    """A connection in a transaction that is rolled back at the end."""
    with writing_engine.connect() as connection:
        outer = connection.begin()
        count_at_once(connection)
        yield connection
        outer.rollback()


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A connection in a transaction that is rolled back, which isolates tests from each other."""
    with rolled_back() as connection:
        yield connection


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    """A session inside that transaction; its commits are savepoints."""
    with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
        yield session


@pytest.fixture
def client(connection: Connection) -> Iterator[TestClient]:
    """A client that is not signed in. Every request has a session of its own, as in production."""
    with use_database(DatabaseInside(connection)):
        yield Client(app)


@pytest.fixture
def login(session: Session, client: TestClient) -> Login:
    """`login(user)`: a client signed in as that user, with a fresh token unless `fresh=False`."""

    def make_client(user: User, *, fresh: bool = True) -> TestClient:
        token = make_session(session, user, fresh=fresh).access_token
        return Client(app, headers={"Authorization": f"Bearer {token}"})

    return make_client


@pytest.fixture
def database_uri(tmp_path: Path) -> Iterator[str]:
    """The URI of an empty database of the kind under test, for real processes and real transactions."""
    with empty_database(TEST_URI, tmp_path) as uri:
        yield uri
