"""Common passwords are rejected; for all others only the length matters."""

import pytest
from fastapi.testclient import TestClient

from pamps.security.common_passwords import is_common
from tests.routes import wrong_fields

pytestmark = pytest.mark.once


@pytest.mark.security(4)
@pytest.mark.parametrize(
    "password", ["password", "PassWord", "12345678", "iloveyou", "password123", "qwertyuiop"]
)
def test_the_most_common_ones_are_refused(client: TestClient, password: str) -> None:
    account = {"email": "ana@example.com", "username": "ana", "password": password}

    answer = client.post("/user/", json=account)

    assert wrong_fields(answer) == ["body.password"]
    assert answer.json()["errors"][0]["message"] == "This password is too common"


@pytest.mark.security(4)
@pytest.mark.parametrize("password", ["aaaaaaaaaaaaaaaaaaaaaaaaaaa", "correct horse", "x" * 64, "é" * 8, "#"])
def test_no_rule_of_composition_refuses_another_one(password: str) -> None:
    assert not is_common(password)
