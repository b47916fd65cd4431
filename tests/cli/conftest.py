"""What tests of the command line share: the command on a database, and what a failure looks like."""

import subprocess
from collections.abc import Callable
from functools import partial

import pytest
from sqlmodel import Session, create_engine

from tests.support.commands import run_pamps
from tests.support.databases import migrate
from tests.support.factories import make_user

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def pamps(database_uri: str) -> Run:
    """`pamps("user-list")` on an empty database; keyword arguments are environment variables."""

    return partial(run_pamps, database_uri)


@pytest.fixture
def migrated(pamps: Run, database_uri: str) -> Run:
    """The same on a database with tables."""
    migrate(database_uri)
    return pamps


@pytest.fixture
def ana(migrated: Run, database_uri: str) -> None:
    """An account there: ana@example.com."""
    engine = create_engine(database_uri)
    with Session(engine) as session:
        make_user(session, "ana")
    engine.dispose()


def assert_one_red_line(run: subprocess.CompletedProcess[str], words: str) -> None:
    assert run.returncode == 1
    assert words in run.stderr
    assert run.stderr.count("\n") == 1
    assert run.stdout == ""
