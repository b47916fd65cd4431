"""The OpenAPI document matches the application."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from pamps.app import app
from pamps.text.reserved_names import RESERVED_NAMES
from tests.conftest import Login
from tests.contracts.permissions import OPTIONAL, SIGNED_IN, fill
from tests.support.factories import make_user

DOCUMENT = app.openapi()
OPERATIONS = [
    (method, path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]
IDS = [f"{method} {path}" for method, path, _ in OPERATIONS]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_every_address_answers_with_and_without_its_slash(
    client: TestClient, method: str, path: str, operation: dict[str, Any]
) -> None:
    with_slash, without = fill(path).rstrip("/") + "/", fill(path).rstrip("/")

    answers = [client.request(method, address, follow_redirects=False) for address in (with_slash, without)]

    assert answers[0].status_code == answers[1].status_code
    assert not answers[0].is_redirect
    assert answers[0].content == answers[1].content
    assert '"not_found"' not in answers[0].text


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_errors_are_documented_in_the_one_shape(method: str, path: str, operation: dict[str, Any]) -> None:
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            schema = answer["content"]["application/json"]["schema"]
            expected = "ValidationErrorResponse" if status == "422" else "ErrorResponse"
            assert schema == {"$ref": f"#/components/schemas/{expected}"}
            assert answer["description"]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_who_needs_to_sign_in_is_documented(method: str, path: str, operation: dict[str, Any]) -> None:
    """tests/contracts/test_permissions.py checks that it is also true."""
    security = operation.get("security", [])

    assert bool(security) is (f"{method} {path}" in SIGNED_IN | OPTIONAL)
    assert ({} in security) is (f"{method} {path}" in OPTIONAL)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_an_invalid_token_is_refused_wherever_tokens_are_read(
    client: TestClient, method: str, path: str, operation: dict[str, Any]
) -> None:
    answer = client.request(method, fill(path), headers={"Authorization": "Bearer nonsense"})

    reads_token = "security" in operation
    assert ('"code":"invalid_token"' in answer.text) is reads_token
    if reads_token:
        assert "401" in operation["responses"]
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_every_first_segment_is_a_reserved_name() -> None:
    segments = {path.split("/")[1] for path in DOCUMENT["paths"]} | {
        "docs",
        "redoc",
        "static",
        "me",
        "timeline",
    }

    assert segments <= RESERVED_NAMES


def test_fields_for_viewers_are_documented_as_optional(
    client: TestClient, login: Login, session: Any
) -> None:
    ana = make_user(session, "ana")
    schemas = DOCUMENT["components"]["schemas"]
    ties = {"followed", "follows_you", "muted", "blocked"}

    for name, fields in (
        ("PostResponse", {"liked"}),
        ("UserResponse", {*ties, "email", "unread_notifications"}),
    ):
        assert set(schemas[name]["properties"]) - set(schemas[name]["required"]) == fields

    assert set(client.get("/user/ana/").json()) == set(schemas["UserResponse"]["required"])
    assert set(login(ana).get("/user/ana/").json()) == {*schemas["UserResponse"]["required"], *ties}
