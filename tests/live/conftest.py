"""A server for tests that need real processes and real transactions."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Server, running_server


@pytest.fixture
def server(database_uri: str, tmp_path: Path) -> Iterator[Server]:
    """One worker on an empty database of the kind under test."""
    with running_server(database_uri, tmp_path) as server:
        yield server
