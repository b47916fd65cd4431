"""Errors that no route asks for: bugs, a database that is gone, constraints that nobody explained."""

import sqlite3

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session

from pamps.http.handlers import install_error_handlers
from pamps.http.middleware.request_id import RequestIdMiddleware
from tests.support.client import Client

pytestmark = pytest.mark.once


def client_of_a_route_that_raises(error: Exception) -> TestClient:
    app = FastAPI()
    install_error_handlers(app)
    app.add_middleware(RequestIdMiddleware)

    @app.get("/")
    def fail() -> None:
        raise error

    return Client(app)


@pytest.mark.security(22)
def test_a_bug_answers_500_with_a_number_that_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    answer = client_of_a_route_that_raises(RuntimeError("a secret\nfalse line")).get("/")

    assert answer.status_code == 500
    assert answer.json() == {"detail": "Internal Server Error", "code": "internal_error"}
    assert answer.headers["X-Request-ID"] in caplog.text
    assert r"RuntimeError: 'a secret\nfalse line'" in caplog.text
    assert "in fail" in caplog.text


@pytest.mark.security(22)
def test_the_log_does_not_repeat_what_a_database_quotes(caplog: pytest.LogCaptureFixture) -> None:
    quoting = Exception("Failing row contains (1, ana, $2b$12$...)")

    client_of_a_route_that_raises(DataError("SELECT 'a secret'", {}, quoting)).get("/")

    assert "sqlalchemy.exc.DataError" in caplog.text
    assert "secret" not in caplog.text
    assert "ana" not in caplog.text


def sqlite_error(code: int) -> sqlite3.OperationalError:
    """As the driver raises it: one class, told apart by its code."""
    error = sqlite3.OperationalError("of some kind")
    error.sqlite_errorcode = code
    return error


def read_only_error() -> Exception:
    """As psycopg2 raises it for a write on a standby."""
    error = Exception("cannot execute UPDATE in a read-only transaction")
    error.pgcode = "25006"  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("SELECT 'a secret'", {}, Exception("could not connect to server")),
        OperationalError("SELECT 'a secret'", {}, sqlite_error(sqlite3.SQLITE_BUSY)),
        OperationalError("SELECT 'a secret'", {}, sqlite_error(sqlite3.SQLITE_FULL)),
        OperationalError("SELECT 'a secret'", {}, sqlite_error(sqlite3.SQLITE_PROTOCOL)),
        InternalError("UPDATE 'a secret'", {}, read_only_error()),
        PoolTimeoutError("no connection"),
        DataError("SELECT 1", {}, Exception("terminated"), connection_invalidated=True),
    ],
)
def test_an_unavailable_database_is_a_503_with_retry_after(error: Exception) -> None:
    answer = client_of_a_route_that_raises(error).get("/")

    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"
    assert answer.headers["Retry-After"] == "1"
    assert "secret" not in answer.text


def test_a_constraint_that_nobody_explained_is_a_409() -> None:
    error = IntegrityError("INSERT 'a secret'", {}, Exception("UNIQUE constraint failed"))

    answer = client_of_a_route_that_raises(error).get("/")

    assert answer.status_code == 409
    assert answer.json()["code"] == "conflict"
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "error",
    [
        DataError("SELECT 1", {}, Exception("out of range")),
        OperationalError("SELECT x", {}, sqlite_error(sqlite3.SQLITE_ERROR)),
    ],
)
def test_any_other_error_of_the_database_is_a_bug(error: Exception) -> None:
    answer = client_of_a_route_that_raises(error).get("/")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")


def test_unknown_addresses_and_methods_have_the_same_shape(client: TestClient) -> None:
    nowhere = client.get("/nowhere/")
    wrong_method = client.put("/post/")

    assert nowhere.status_code == 404
    assert nowhere.json() == {"detail": "Not Found", "code": "not_found"}
    assert wrong_method.status_code == 405
    assert wrong_method.json()["code"] == "method_not_allowed"


def test_a_wrong_method_is_told_all_the_right_ones(client: TestClient) -> None:
    assert client.put("/post").headers["Allow"] == "GET, HEAD, POST"
    assert client.post("/post/1/").headers["Allow"] == "DELETE, GET, HEAD, PATCH, PUT"
    assert client.post("/docs").headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/health/", "/post", "/user/nobody/"])
def test_head_answers_like_get(client: TestClient, path: str) -> None:
    head, get = client.head(path), client.get(path)

    assert head.status_code == get.status_code
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


@pytest.mark.security(22)
def test_what_is_sent_to_the_database_stays_out_of_the_log(session: Session) -> None:
    with pytest.raises(DBAPIError) as failure:
        session.connection().execute(text("SELECT :word FROM nowhere"), {"word": "a secret"})

    assert failure.value.hide_parameters is True
    assert "[parameters" not in str(failure.value)
