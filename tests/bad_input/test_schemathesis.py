"""What schemathesis makes up from the OpenAPI document: no request breaks the server or the document.

It runs the same requests each time. They are sent to the application itself, without a network.
"""

import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.schemas import BaseSchema
from sqlalchemy import Connection

from pamps.app import app
from pamps.routes.notification import MAX_SECONDS
from tests.bad_input.operations import DOCUMENT, GOOD, JSON, OPERATIONS
from tests.contracts.permissions import ALLOWED, PERMISSIONS
from tests.contracts.roles import Stage, open_stage

Case = schemathesis.Case[Any]

# Made up for one operation. The budget is for all of them, so that the suite stays quick when they grow many.
EXAMPLES = max(3, min(20, 300 // len(OPERATIONS)))
# What it cannot make up, or too seldom. Half of a surrogate pair can be sent in JSON alone.
ODD_TEXTS = ["a\0b", "\0", "a\ud800", "\udfff"]
ODD_NUMBERS = [0, -1, 2**63, 10**30, 10**4000]
# Not GET: a page may have the same address.
WRONG_METHODS = ["post", "put", "patch", "delete", "trace", "query"]


def make_schema(*, boundaries: bool) -> BaseSchema:
    """The document, as a source of requests: made up, and with `boundaries` also one for each rule of each
    parameter and field that is just kept or just broken."""
    config = {
        "generation": {
            "deterministic": True,
            "database": "none",
            "max-examples": EXAMPLES,
        },
        "phases": {"coverage": {"enabled": boundaries, "unexpected-methods": WRONG_METHODS}},
        "checks": {
            # A reserved name, a text of blanks: not everything that is refused can be said in a schema.
            "positive_data_acceptance": {"enabled": False},
            # A page may have the same address, and is in `Allow` but not in the document.
            "allow_header_conformance": {"enabled": False},
        },
    }
    schema = schemathesis.openapi.from_dict(DOCUMENT, config=SchemathesisConfig.from_dict(config))
    schema.app = app
    return schema


# Fixtures of a function are fine, because each example is undone. How long it takes is up to the machine.
on_any_machine = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with open_stage() as stage:
        yield stage


@pytest.fixture
def connection(stage: Stage) -> Iterator[Connection]:
    """In place of an empty database."""
    with stage.performance() as connection:
        yield connection


def lead_somewhere(case: Case, good: dict[str, Any]) -> None:
    """Give half of the ids and names in a valid request values that are there, so that it gets past 404."""
    if not is_valid(case):
        return
    for place in (case.path_parameters, case.body):
        if isinstance(place, dict):
            place.update({name: good[name] for name in place.keys() & good.keys() if throw(name, place) % 2})


def end_at_once(case: Case) -> None:
    """Let a stream end when there is no more to tell, instead of after its time."""
    if "seconds" in {parameter.name for parameter in case.operation.query}:
        asked = (case.query or {}).get("seconds", MAX_SECONDS)
        if str(asked).isdigit() and int(asked) <= MAX_SECONDS:
            case.query = (case.query or {}) | {"seconds": 0}


def make_odd(case: Case) -> None:
    """Give some texts and numbers of a valid request odd values."""
    if not is_valid(case):
        return
    case.freeze_metadata()  # what judges the values cannot read surrogates
    for place in (case.path_parameters, case.query, case.body):
        if isinstance(place, dict):
            in_json = place is case.body and case.media_type == JSON
            dice = {name: throw("odd", name, place) for name in place}
            place.update(
                {name: odd(place[name], die // 5, in_json) for name, die in dice.items() if die % 5 == 0}
            )


def odd(value: Any, die: int, in_json: bool) -> Any:
    """Something of the same type that is hard to digest."""
    if isinstance(value, str):
        texts = ODD_TEXTS if in_json else [text for text in ODD_TEXTS if text.isascii()]
        return texts[die % len(texts)]
    if isinstance(value, int) and not isinstance(value, bool):
        return ODD_NUMBERS[die % len(ODD_NUMBERS)]
    return value


def is_valid(case: Case) -> bool:
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE


def throw(*dice: object) -> int:
    """A number that is the same for the same dice."""
    return zlib.crc32(repr(dice).encode())


def key(case: Case) -> str:
    """What the table of permissions calls the operation."""
    return f"{case.operation.method.lower()} {case.operation.path}"


def opener(case: Case) -> str:
    """A role that is let in."""
    policy = PERMISSIONS.get(key(case))
    return "owner" if policy is None or policy.owner is ALLOWED else "superuser"


def send(case: Case, stage: Stage, role: str) -> int:
    """Send the request from that role, and hold the answer to the document; its status. Then undo it."""
    token = stage.roles[role].token
    with stage.performance():
        lead_somewhere(case, GOOD | stage.good | stage.prepare(role, key(case)))
        make_odd(case)
        end_at_once(case)
        answer = case.call_and_validate(headers={"Authorization": f"Bearer {token}"} if token else {})
    return int(answer.status_code)


# The parameter has one value. Without one, all operations of a test had the same id, and of tests with the
# same id pytest-xdist runs just one.
@pytest.mark.security(18)
@make_schema(boundaries=True).parametrize()
@pytest.mark.parametrize("viewer", ["signed in"])
@on_any_machine
def test_requests_of_somebody(case: Case, stage: Stage, client: TestClient, viewer: str) -> None:
    assert send(case, stage, opener(case)) < 500


@pytest.mark.security(18)
@make_schema(boundaries=False).parametrize()
@pytest.mark.parametrize("viewer", ["anonymous"])
@on_any_machine
def test_requests_of_nobody(case: Case, stage: Stage, client: TestClient, viewer: str) -> None:
    assert send(case, stage, viewer) < 500


def test_every_operation_has_a_test_of_its_own(request: pytest.FixtureRequest) -> None:
    ids = [item.nodeid for item in request.session.items]

    assert len(set(ids)) == len(ids)
