"""Every operation grants every role exactly what tests/contracts/permissions.py says."""

from collections.abc import Iterator, Sequence

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection
from starlette.routing import BaseRoute

from pamps.app import app
from pamps.http.router import RouteTable
from tests.bad_input.operations import DOCUMENT, OPERATIONS, Operation, key
from tests.contracts.permissions import ALLOWED, PERMISSIONS, ROLES, expected
from tests.contracts.roles import Stage, open_stage
from tests.routes import refusal

# Not in the OpenAPI document: HTML pages and their assets, open to everyone.
PAGES = {
    "/",
    "/docs",
    "/docs/oauth2-redirect",
    "/redoc",
    "/openapi.json",
    "/static/docs",
    "/static/pamps",
    "/password_reset/",
    "/email_confirmation/",
}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with open_stage() as stage:
        yield stage


@pytest.fixture
def connection(stage: Stage) -> Iterator[Connection]:
    """The stage instead of an empty database."""
    with stage.performance() as connection:
        yield connection


@pytest.mark.security(10)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("operation", OPERATIONS, ids=key)
def test_an_operation_is_for_whom_the_table_says(
    stage: Stage, client: TestClient, operation: Operation, role: str
) -> None:
    wanted = expected(key(operation), role)

    answer = stage.send(client, role, operation)

    documented = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"]
    assert str(answer.status_code) in documented
    if wanted is ALLOWED:
        assert answer.is_success, answer.text
    else:
        assert not answer.is_success, f"the answer is {answer.status_code}, not {wanted}"
        assert refusal(answer) == wanted


@pytest.mark.security(10)
def test_the_table_names_no_operation_that_is_not_there() -> None:
    assert PERMISSIONS.keys() - {key(operation) for operation in OPERATIONS} == set()


def all_routes(routes: Sequence[BaseRoute]) -> Iterator[BaseRoute]:
    """All routes, including those nested in routers."""
    for route in routes:
        router = getattr(route, "original_router", None)
        yield from all_routes(router.routes) if router else [route]


@pytest.mark.security(10)
def test_undocumented_routes_are_known_exceptions() -> None:
    routes = list(all_routes(app.routes))

    hidden = {
        getattr(route, "path", None)
        for route in routes
        if not getattr(route, "include_in_schema", False) and not isinstance(route, RouteTable)
    }
    assert hidden == PAGES
    assert len(routes) > len(OPERATIONS)  # proves that nested routers were included
