"""Read operations: cacheable responses have an ETag and support 304; all others are `no-store`."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection

from tests.bad_input.operations import DOCUMENT, OPERATIONS, Operation, key
from tests.contracts.permissions import ALLOWED, PERMISSIONS
from tests.contracts.roles import Stage, open_stage

READS = [operation for operation in OPERATIONS if operation.method == "GET"]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with open_stage() as stage:
        yield stage


@pytest.fixture
def connection(stage: Stage) -> Iterator[Connection]:
    """The stage instead of an empty database."""
    with stage.performance() as connection:
        yield connection


@pytest.mark.parametrize("operation", READS, ids=key)
def test_all_that_may_be_kept_has_a_tag_and_is_not_sent_twice(
    stage: Stage, client: TestClient, operation: Operation
) -> None:
    role = "owner" if PERMISSIONS[key(operation)].owner is ALLOWED else "superuser"
    documented = DOCUMENT["paths"][operation.path]["get"]["responses"]

    first = stage.send(client, role, operation)
    client.headers["If-None-Match"] = first.headers.get("ETag", "*")
    second = stage.send(client, role, operation)

    assert first.status_code == 200
    if "304" in documented:
        assert "content" not in documented["304"]
        assert first.headers["Cache-Control"] == "private, no-cache"
        assert (second.status_code, second.content) == (304, b"")
    else:
        assert first.headers["Cache-Control"] == "no-store"
        assert "ETag" not in first.headers
        assert second.status_code == 200


def test_public_responses_are_cacheable_and_sessions_are_not() -> None:
    kept = {o.path for o in READS if "304" in DOCUMENT["paths"][o.path]["get"]["responses"]}

    assert {"/post/", "/post/{post_id}/", "/user/", "/user/me/", "/user/timeline/"} <= kept
    assert not {"/session/", "/access_token/", "/user/me/totp/", "/health/", "/ready/"} & kept
