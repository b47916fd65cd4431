"""What a load balancer asks, and what holds for every address."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, text

from pamps.app import app
from pamps.config import settings
from pamps.db import Database, use_database
from tests.routes import refusal
from tests.support.client import Client

PATHS = [re.sub(r"{\w+}", "1", path) for path in app.openapi()["paths"]]


@pytest.fixture
def without_database(tmp_path: Path) -> Iterator[TestClient]:
    """A client of a server whose database does not answer."""
    uri = f"sqlite:///{tmp_path}/no/such/folder/pamps.db"
    with use_database(Database(settings.db.model_copy(update={"uri": uri}))) as database:
        yield Client(app, raise_server_exceptions=False)
    database.dispose()


def test_a_server_that_serves_is_healthy_and_ready(client: TestClient) -> None:
    answers = [client.get(path) for path in ("/health/", "/ready/")]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"status": "ok"})] * 2


@pytest.mark.parametrize(
    "change", ["UPDATE alembic_version SET version_num = '0000'", "DELETE FROM alembic_version"]
)
def test_a_database_that_is_behind_is_not_ready(session: Session, client: TestClient, change: str) -> None:
    session.execute(text(change))
    session.commit()

    health, ready = client.get("/health/"), client.get("/ready/")

    assert health.status_code == 200
    assert (ready.status_code, ready.json()["code"]) == (503, "not_migrated")
    assert ready.headers["Retry-After"] == "1"


def test_a_database_that_does_not_answer_is_not_ready(without_database: TestClient) -> None:
    health, ready = without_database.get("/health/"), without_database.get("/ready/")

    assert health.status_code == 200
    assert ready.status_code == 503
    assert ready.headers["Retry-After"] == "1"
    assert set(ready.json()) == {"detail", "code"}


def test_a_list_without_a_database_is_a_503(without_database: TestClient) -> None:
    answer = without_database.get("/post/")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("path", PATHS)
def test_every_address_answers_with_and_without_its_slash(client: TestClient, path: str) -> None:
    bare = path.removesuffix("/")

    answers = [client.options(address, follow_redirects=False) for address in (bare, bare + "/")]
    reads = [client.get(address, follow_redirects=False) for address in (bare, bare + "/")]

    # The wrong method shows that the address is known and touches nothing.
    assert [refusal(answer) for answer in answers] == [(405, "method_not_allowed")] * 2
    assert reads[0].status_code == reads[1].status_code
    assert reads[0].content == reads[1].content


@pytest.mark.parametrize("path", ["/nothing/", "/user/ana/nothing/", "/post/1/like/2/", "/user//"])
def test_an_unknown_address_is_a_404(client: TestClient, path: str) -> None:
    assert refusal(client.get(path)) == (404, "not_found")


@pytest.mark.parametrize(("method", "path"), [("PUT", "/user/"), ("GET", "/token"), ("POST", "/health/")])
def test_a_wrong_method_is_a_405_that_names_the_right_ones(
    client: TestClient, method: str, path: str
) -> None:
    answer = client.request(method, path)

    assert refusal(answer) == (405, "method_not_allowed")
    assert answer.headers["Allow"]
