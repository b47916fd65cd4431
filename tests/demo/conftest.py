"""Demos, made by real processes."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, text

from pamps.config import settings
from pamps.config.schema import DatabaseSettings
from pamps.db import make_engine
from tests.conftest import TEST_URI
from tests.support.commands import run_pamps
from tests.support.databases import empty_database

TABLES = ("user", "social", "post", "like")
# More posts and likes than one batch holds.
SIZE = ("--users", "200", "--posts", "12000", "--until", "2024-01-01")

Pamps = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def pamps(database_uri: str) -> Pamps:
    """`pamps("demo", "--users", "20")` on the empty database of the test."""
    return partial(run_pamps, database_uri)


@contextmanager
def open_database(uri: str) -> Iterator[Engine]:
    """A look at what is there."""
    engine = make_engine(DatabaseSettings.model_validate({**settings.db.model_dump(), "uri": uri}))
    yield engine
    engine.dispose()


def read_tables(database: Engine) -> dict[str, list[Any]]:
    """Every row of the tables with dates, without hashes of passwords, which never come out the same."""
    found = {}
    with database.connect() as connection:
        for table in TABLES:
            rows = connection.execute(text(f'SELECT * FROM "{table}" ORDER BY id')).mappings()  # noqa: S608
            found[table] = [{**row, "password": None} for row in rows]
    return found


@pytest.fixture
def database(database_uri: str) -> Iterator[Engine]:
    """That database."""
    with open_database(database_uri) as engine:
        yield engine


@pytest.fixture(scope="package")
def filled_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a database with a demo of SIZE. Tests change nothing there."""
    with empty_database(TEST_URI, tmp_path_factory.mktemp("filled")) as uri:
        made = run_pamps(uri, "demo", *SIZE)
        assert made.returncode == 0, made.stderr
        yield uri


@pytest.fixture(scope="package")
def filled(filled_uri: str) -> Iterator[Engine]:
    """That database."""
    with open_database(filled_uri) as engine:
        yield engine
