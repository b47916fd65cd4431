"""When sessions end, what stays, and who may end one early."""

import ast
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, UpdateBase
from sqlmodel import Session, col, func, select, update

from pamps.db import (
    UncommittedWrites,
    commit_early,
    get_database,
    own_transaction,
    transaction,
    unit_of_work,
    use_database,
)
from pamps.db.prepared import insert_into, prepared_statement, run
from pamps.models import Tag
from tests.support.databases import DatabaseInside
from tests.support.server import REPOSITORY
from tests.support.statements import counted

PACKAGE = REPOSITORY / "pamps"


@pytest.fixture(autouse=True)
def _inside(connection: Connection) -> Iterator[None]:
    with use_database(DatabaseInside(connection)):
        yield


@pytest.fixture
def tags(session: Session) -> Callable[[], int]:
    """How many tags there are, as others see it."""

    def count() -> int:
        session.rollback()
        return session.exec(select(func.count(col(Tag.id)))).one()

    return count


class Refused(Exception):
    """What a service raises."""


@contextmanager
def refused_request() -> Iterator[Session]:
    """A unit of work that ends with a refusal."""
    with suppress(Refused), unit_of_work(writes=True) as session:
        yield session
        raise Refused


def tag(name: str = "pamps") -> Tag:
    return Tag(name=name, folded=name)


@prepared_statement
def _insert() -> UpdateBase:
    statement: UpdateBase = insert_into(Tag).values(name="pamps", folded="pamps")
    return statement


def test_a_unit_of_work_is_committed_at_its_end(tags: Callable[[], int]) -> None:
    with unit_of_work(writes=True) as session:
        session.add(tag())

    assert tags() == 1


def test_a_unit_of_work_that_fails_leaves_nothing(tags: Callable[[], int]) -> None:
    with refused_request() as session:
        session.add(tag())
        session.flush()

    assert tags() == 0


def test_a_unit_of_work_without_a_transaction_costs_nothing(connection: Connection) -> None:
    with counted(connection) as statements, unit_of_work(writes=False) as session:
        pass

    assert statements == []
    assert not session.in_transaction()


def test_a_transaction_is_committed_at_its_end_or_leaves_nothing(tags: Callable[[], int]) -> None:
    with transaction() as session:
        session.add(tag())
    with suppress(Refused), transaction() as session:
        session.add(tag("other"))
        session.flush()
        raise Refused

    assert tags() == 1


def test_what_is_committed_early_stays_after_a_refusal(tags: Callable[[], int]) -> None:
    with refused_request() as session:
        session.add(tag())
        commit_early(session, because="the test says so")
        session.add(tag("other"))

    assert tags() == 1


def test_an_own_transaction_stays_after_a_refusal(tags: Callable[[], int]) -> None:
    with refused_request() as session:
        session.exec(select(Tag)).all()
        with own_transaction(session) as own:
            own.add(tag())

    assert tags() == 1


def add_object(session: Session) -> None:
    session.add(tag())


def flush_object(session: Session) -> None:
    session.add(tag())
    session.flush()


def update_rows(session: Session) -> None:
    session.execute(update(Tag).values(uses=1))


def run_prepared(session: Session) -> None:
    run(session, _insert())


def end_savepoint(session: Session) -> None:
    savepoint = session.begin_nested()
    session.add(tag())
    savepoint.commit()


@pytest.mark.parametrize("write", [add_object, flush_object, update_rows, run_prepared, end_savepoint])
def test_an_own_transaction_does_not_commit_what_is_half_done(
    write: Callable[[Session], None], tags: Callable[[], int]
) -> None:
    with refused_request() as session:
        write(session)
        with pytest.raises(UncommittedWrites), own_transaction(session):
            pytest.fail("it begins")

    assert tags() == 0


def test_after_a_commit_an_own_transaction_may_begin(tags: Callable[[], int]) -> None:
    with get_database().session(writes=True) as session:
        session.add(tag())
        commit_early(session, because="the test says so")
        with own_transaction(session) as own:
            own.add(tag("other"))

    assert tags() == 2


# Who may end a transaction early, and who may have one beside that of the request. Each is a promise about
# what stays when the request fails later: think about it before you add one.
CALLERS = {
    "commit_early": {
        "services/password_reset.py:reset_password",
        "services/login.py:_check_second_factor",
        "services/login.py:log_in",
        "services/login_guard.py:count_code",
        "services/login_guard.py:wants_code",
        "services/session.py:_end_stolen",
        "services/session.py:refresh",
        "services/user.py:change_password",
        "services/user.py:register",
    },
    "own_transaction": {"services/access_token.py:note_use", "services/search.py:_count"},
}


def functions(folder: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function below a folder, with its file and name."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(PACKAGE)}:{node.name}", node


def called(function: ast.AST) -> set[str]:
    """The names that are called in a function, whatever they are an attribute of."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


@pytest.mark.once
@pytest.mark.parametrize("name", CALLERS)
def test_callers_that_commit_before_the_end_are_known(name: str) -> None:
    found = {where for where, function in functions(PACKAGE) if name in called(function)}

    assert found == CALLERS[name]


@pytest.mark.once
def test_only_the_database_package_commits() -> None:
    committing = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        if re.search(r"\.commit\(\)", path.read_text(encoding="utf-8"))
    }

    assert committing == {"db"}


@pytest.mark.once
def test_queries_neither_write_nor_lock() -> None:
    forbidden = {"add", "delete", "flush", "insert", "insert_into", "merge", "update", "with_for_update"}
    found = {where: called(function) & forbidden for where, function in functions(PACKAGE / "queries")}

    assert {where: names for where, names in found.items() if names} == {}
