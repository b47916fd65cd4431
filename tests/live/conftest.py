"""Servers for tests that need real processes and real transactions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import TEST_URI
from tests.support.databases import empty_database, empty_tables
from tests.support.server import Server, running_server


@pytest.fixture(scope="session")
def lasting_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server behind `server`."""
    folder: Path = tmp_path_factory.mktemp("lasting")
    with empty_database(TEST_URI, folder) as uri, running_server(uri, folder) as server:
        yield server


@pytest.fixture
def server(lasting_server: Server) -> Server:
    """One worker on an empty database of the kind under test.

    The next test gets the same one, emptied: who stops it or changes the schema takes `own_server`.
    """
    empty_tables(lasting_server.uri)
    return lasting_server


@pytest.fixture
def own_server(database_uri: str, tmp_path: Path) -> Iterator[Server]:
    """The same for one test alone."""
    with running_server(database_uri, tmp_path) as server:
        yield server
